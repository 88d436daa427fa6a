// A real server decides what an account may do: the product must give the same answers to one that may set nothing, and
// tell a server that is too old what is missing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { until } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const PASSWORD = 'correct-horse-9';
const READS = Object.entries({
  ...GOOD_ARGUMENTS,
  query: { sql: 'SELECT * FROM bench_runs ORDER BY ALL LIMIT 20' },
}).filter(([tool]) => !tool.startsWith('insert.'));

let sandbox;
let port;
const clients = {};

function environment(user, env = {}) {
  return { env: { CH_HOST: '127.0.0.1', CH_PORT: String(port), CH_SECURE: 'false', CH_USERNAME: user, CH_PASSWORD: PASSWORD, ...env } };
}

async function startEngine() {
  const users = ['writer', 'reader'].flatMap((name) => ['--user', `${name}:${PASSWORD}${name === 'reader' ? ':readonly' : ''}`]);
  const child = sandbox.spawn(BIN, ['engine', '--data', join(sandbox.folder, 'remote'), '--listen', '127.0.0.1:0', ...users]);
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  await until(() => /listening on \S+:\d+/.test(said) || child.exitCode !== null, 'the engine listens');
  assert.equal(child.exitCode, null, said);
  return said.match(/listening on \S+:(\d+)/)[1];
}

before(async () => {
  sandbox = await Sandbox.create();
  port = await startEngine();
  for (const command of [['schema', 'apply'], ['demo', 'load']]) {
    const { code, stderr } = await sandbox.run(command, environment('writer'));
    assert.equal(code, 0, stderr);
  }
  for (const user of ['writer', 'reader']) clients[user] = await sandbox.serve(environment(user));
});
after(() => sandbox.close());

// What two answers to one question may differ in: when they were given, and what they say of the account.
const VARYING = /^(statistics|query_id|notes|.*lag_seconds|checked_at|as_of)$/;
const unaged = (value) => (typeof value === 'string' ? value.replace(/\d+ s old/g, 'N s old') : value);
const comparable = (answer) =>
  JSON.parse(JSON.stringify(answer, (key, value) => (VARYING.test(key) ? undefined : unaged(value))));

for (const [tool, args] of READS) {
  test(`${tool} answers an account with readonly = 1 as it answers one that may set everything`, async () => {
    const [free, bound] = [await clients.writer.answer(tool, args), await clients.reader.answer(tool, args)];
    assert.deepEqual(comparable(bound), comparable(free));
    assert.equal(free.notes?.length ?? 0, tool === 'list.tables' ? free.notes.length : 0);
  });
}

test('values that the account cannot ask for arrive all the same', async () => {
  const sql = `SELECT toUInt64(18446744073709551615) AS u, toDecimal64(1.5, 2) AS d, [toInt64(-1)] AS a,
    (toUInt64(1) AS x, 'y' AS y) AS t, map('k', toUInt64(2)) AS m, toDateTime('2026-01-02 03:04:05', 'UTC') AS at,
    toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') AS at64, '2026-01-02 03:04:05' AS s, toUInt32(7) AS n,
    '{"a": 42}'::JSON AS j, toLowCardinality(toNullable(toUInt64(4))) AS l, toIntervalDay(5) AS i`;
  const expected = ['18446744073709551615', '1.5', ['-1'], ['1', 'y'], { k: '2' }, '2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05.678Z', '2026-01-02 03:04:05', 7, { a: '42' }, '4', '5'];
  for (const client of Object.values(clients)) assert.deepEqual(await client.rows(sql), [expected]);
});

test('what cannot be mended is told', async () => {
  const sql = "SELECT nan AS f, toDateTime('2026-01-02 03:04:05', 'Asia/Tokyo') AS t";
  assert.deepEqual(await clients.writer.rows(sql), [['nan', '2026-01-01T18:04:05Z']]);
  const result = await clients.reader.call('query', { sql });
  assert.deepEqual(result.structuredContent.rows, [[null, '2026-01-02 03:04:05']]);
  assert.match(result.structuredContent.notes.join(), /Asia\/Tokyo.*NaN/);
  assert.match(result.content[0].text, /Asia\/Tokyo.*NaN/);
});

test('caps and times are kept without a setting', async () => {
  const { rows, truncated } = await clients.reader.answer('query', { sql: 'SELECT number FROM numbers(1000000)', max_rows: 10 });
  assert.deepEqual([rows.length, truncated], [10, true]);
  const late = await clients.reader.refusal('query', { sql: 'SELECT count() FROM numbers(1e12) WHERE NOT ignore(sipHash64(number))', timeout_seconds: 1 });
  assert.match(late, /^timeout: /);
  await until(async () => (await ask("SELECT count() FROM system.processes WHERE query LIKE '%1e12%' AND query NOT LIKE '%processes%'")) === '0', 'the query is gone');
});

async function ask(sql) {
  const headers = { 'X-ClickHouse-User': 'writer', 'X-ClickHouse-Key': PASSWORD };
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: sql, headers });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text.trim();
}

test('a setting of the SQL is refused by the server, and the hint says whose limit it is', async () => {
  assert.match(await clients.reader.refusal('query', { sql: 'SELECT 1 SETTINGS max_threads = 1' }), /may not change settings/);
  assert.deepEqual(await clients.writer.rows('SELECT 1 SETTINGS max_threads = 1'), [[1]]);
});

test('an insert by an account that only reads names the setting for one that writes', async () => {
  const args = GOOD_ARGUMENTS['insert.bench_runs'];
  assert.match(await clients.reader.refusal('insert.bench_runs', args), /CH_WRITE_USERNAME/);
  const both = await sandbox.serve(environment('reader', { CH_WRITE_USERNAME: 'writer', CH_WRITE_PASSWORD: PASSWORD }));
  await both.answer('insert.bench_runs', args);
});

test('a wrong password is told, and never printed', async () => {
  const { code, stderr, stdout } = await sandbox.run(['call', 'query', 'sql=SELECT 1'], environment('reader', { CH_PASSWORD: 'wrong-horse-8' }));
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /CH_PASSWORD/);
  assert.doesNotMatch(stdout + stderr, /wrong-horse-8/);
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address();
  server.close();
  return free;
}

// Debian's clickhouse-server, 18.16, with an account without a password.
async function startOldServer() {
  const folder = join(sandbox.folder, 'old');
  await mkdir(folder);
  const [http, tcp] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'config.xml'), `<yandex><logger><level>none</level><console>1</console></logger>
    <http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
    <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><users_config>users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
    <mark_cache_size>1000000</mark_cache_size></yandex>`);
  await writeFile(join(folder, 'users.xml'), `<yandex><profiles><default/></profiles><quotas><default/></quotas>
    <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
    <quota>default</quota></default></users></yandex>`);
  sandbox.spawn('clickhouse-server', [`--config-file=${folder}/config.xml`]);
  await until(() => fetch(`http://127.0.0.1:${http}/ping`).then((reply) => reply.ok, () => false), 'the old server listens');
  return http;
}

test('a server that is too old is told from every other trouble', async () => {
  const old = await startOldServer();
  for (const args of [['call', 'query', 'sql=SELECT 1'], ['call', 'list.tables'], ['schema', 'status']]) {
    const { code, stdout, stderr } = await sandbox.run(args, environment('default', { CH_PORT: String(old), CH_PASSWORD: '' }));
    assert.notEqual(code, 0, args);
    assert.match(stdout + stderr, /the database is ClickHouse 18\.16\.1; chimera-mcp needs 22\.8 or newer \(tested with 26\.7\)/);
    assert.match(stdout + stderr, /upgrade the server/);
  }
});
