// What an operator is told who set something wrong, or whose database is in trouble: the setting to change, in words
// that mean something to the reader of a single command.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const WRITER = 'filler-of-rows-7';
const VIEWER = 'looks-only-8';

let sandbox;
let engine; // by TLS, without the datasets' database
let plain; // without TLS
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { users: [`viewer:${VIEWER}:readonly`, `filler:${WRITER}`] });
  plain = await RemoteEngine.start(sandbox, { secure: false, name: 'plain' });
});
after(() => sandbox.close());

async function failed(args, env) {
  const began = performance.now();
  const { code, stdout, stderr } = await sandbox.run(args, { env });
  assert.equal(code, 1, stdout + stderr);
  return { said: stdout + stderr, seconds: (performance.now() - began) / 1000 };
}

const QUERY = ['call', 'query', 'sql=SELECT 1'];
const viewer = () => engine.settings({ CH_USERNAME: 'viewer', CH_PASSWORD: VIEWER });

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, close: () => server.close() };
}

test('a port that says nothing is given up after one handshake, and the hint names it and CH_SECURE', async () => {
  const silent = await listening(createServer((socket) => socket.on('error', () => {})));
  const env = { CH_HOST: '127.0.0.1', CH_PORT: String(silent.port), CH_CONNECT_TIMEOUT: '2' };
  for (const args of [QUERY, ['schema', 'apply'], ['status']]) {
    const { said, seconds } = await failed(args, env);
    assert.ok(seconds < 5, `${args}: ${seconds} s`);
    assert.ok(said.includes(`if port ${silent.port} speaks no TLS, set CH_SECURE=false`), said);
    assert.doesNotMatch(said, /circuit/);
  }
  silent.close();
});

test('an unreachable database is told without circuits', async () => {
  const env = { CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false' };
  for (const args of [QUERY, ['schema', 'apply'], ['schema', 'status'], ['status']]) {
    const { said } = await failed(args, env);
    assert.match(said, /no connection to 127\.0\.0\.1:1 \(Connection refused\)/);
    assert.match(said, /check that ClickHouse runs there and the port/);
    assert.doesNotMatch(said, /circuit|calls go through/);
  }
  const { said } = await failed(QUERY, { ...env, CH_HOST: '127.0.0.1:1,127.0.0.1:2' });
  assert.match(said, /no connection to 127\.0\.0\.1:1 .* since .*; no connection to 127\.0\.0\.1:2 .* since /);
  assert.doesNotMatch(said, /circuit/);
});

test("a proxy's 403 is no wrong password", async () => {
  const proxy = await listening(createHttpServer((request, response) => response.writeHead(403).end('host not allowed')));
  const { said } = await failed(QUERY, { CH_HOST: '127.0.0.1', CH_PORT: String(proxy.port), CH_SECURE: 'false' });
  assert.match(said, /refused the request \(HTTP 403 "host not allowed"\)/);
  assert.doesNotMatch(said, /CH_PASSWORD|login/);
  proxy.close();
});

test('a statement that went to the wrong port is not killed in vain', async () => {
  const { said } = await failed(QUERY, engine.settings({ CH_SECURE: 'false' }));
  assert.match(said, /expects TLS/);
  assert.doesNotMatch(said, /could not be stopped/);
});

test('schema apply by an account that only reads is sent to another account', async () => {
  const { said } = await failed(['schema', 'apply'], viewer());
  assert.match(said, /the account `viewer` only reads/);
  assert.match(said, /name it in CH_USERNAME/);
  const both = { ...viewer(), CH_WRITE_USERNAME: 'filler', CH_WRITE_PASSWORD: WRITER };
  assert.match((await failed(['schema', 'apply'], both)).said, /`viewer` only reads/, 'it runs as CH_USERNAME');
});

test('the datasets\' database is made by schema apply; another one is not', async () => {
  assert.match((await failed(QUERY, plain.settings())).said, /schema apply/);
  const other = await failed(QUERY, plain.settings({ CH_DATABASE: 'elsewhere' }));
  assert.match(other.said, /CH_DATABASE names it/);
  assert.doesNotMatch(other.said, /schema apply/);
});

test('a wrong password is told with where it came from, and never itself', async () => {
  const file = join(sandbox.folder, 'password');
  const conf = join(sandbox.folder, 'password.conf');
  await writeFile(file, 'wr0ng-one ', { mode: 0o600 });
  await writeFile(conf, '# mine\nCH_PASSWORD=wr0ng-one\n', { mode: 0o600 });
  const base = engine.settings({ CH_PASSWORD: '' });
  for (const [args, env, source] of [
    [[], { CH_PASSWORD: 'wr0ng-one' }, /came from CH_PASSWORD \(environment\);/],
    [['--config', conf], {}, /came from CH_PASSWORD \(\S+password\.conf:2\);/],
    [[], { CH_PASSWORD_FILE: file }, /came from CH_PASSWORD_FILE \(environment\), and begins or ends with white space;/],
    [[], {}, /no password was given for `agent` \(CH_USERNAME, environment\): set CH_PASSWORD or CH_PASSWORD_FILE/],
  ]) {
    const { said } = await failed([...args, ...QUERY], { ...base, ...env });
    assert.match(said, source);
    assert.doesNotMatch(said, /wr0ng/);
  }
});

test('a byte order mark before a password does not count', async () => {
  const file = join(sandbox.folder, 'marked');
  await writeFile(file, `\uFEFF${VIEWER}\r\n`, { mode: 0o600 });
  const env = engine.settings({ CH_USERNAME: 'viewer', CH_PASSWORD: '', CH_PASSWORD_FILE: file });
  const { code, stderr } = await sandbox.run(['schema', 'status'], { env });
  assert.equal(code, 1, 'its migrations are pending');
  assert.equal(stderr, '');
});

test('an insert by an account that only reads names the account, and no setting', async () => {
  await engine.applySchema();
  const insert = ['call', 'insert.bench_runs', '--json', JSON.stringify(GOOD_ARGUMENTS['insert.bench_runs'])];
  const { said } = await failed(insert, viewer());
  assert.match(said, /the account `viewer` only reads/);
  assert.doesNotMatch(said, /async_insert/);
  const { stdout } = await sandbox.run(['status'], { env: viewer() });
  assert.match(stdout, /^ok {4}login +as viewer \(CH_USERNAME, environment\).*; ClickHouse /m);
  assert.match(stdout, /^note {2}access .*the account `viewer` only reads/m);
  const env = { ...viewer(), CH_WRITE_USERNAME: 'filler', CH_WRITE_PASSWORD: WRITER };
  const both = await sandbox.run(['status'], { env });
  assert.match(both.stdout, /writes 7 of 7 tables as filler \(CH_WRITE_USERNAME, environment\)/);
});

test('the log names the statements of calls that succeed', async () => {
  const { url, child } = await sandbox.startHttp([], { env: engine.settings() });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const { HttpClient } = await import('./support/http_client.mjs');
  const client = await HttpClient.connect(url, child);
  const { query_id } = await client.answer('query', { sql: 'SELECT 1' });
  await client.answer('list.tables', {});
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.match(log, new RegExp(`tool=query outcome=ok query=${query_id} ms=`));
  assert.match(log, /tool=list\.tables outcome=ok query=[0-9a-f-]{36}\S* ms=/);
});

// Both at once: they mostly wait.
test('a database that hangs has one answer at /readyz, with and without TLS', () => Promise.all([engine, plain].map(async (database) => {
  await database.applySchema();
  const { url, child } = await sandbox.startHttp([], { env: database.settings() });
  const ready = new URL('/readyz', url);
  const look = async () => {
    const reply = await fetch(ready);
    return [reply.status, await reply.text()];
  };
  assert.equal((await look())[0], 200);
  database.child.kill('SIGSTOP');
  const answers = new Set();
  try {
    await sleep(1100); // what is known is fresh for a second
    for (let i = 0; i < 5; ++i) {
      answers.add(JSON.stringify(await look()));
      await sleep(1100);
    }
  } finally {
    database.child.kill('SIGCONT');
  }
  assert.equal(answers.size, 1, [...answers].join('\n'));
  const [status, body] = JSON.parse([...answers][0]);
  const { code, message, hint } = JSON.parse(body);
  assert.deepEqual([status, code], [503, 'unavailable']);
  assert.match(message, /did not answer within 2 seconds/);
  assert.doesNotMatch(hint, /read less/);
  child.kill('SIGKILL');
})));

test('engine --help shows how it is used', async () => {
  const { stdout } = await sandbox.run(['engine', '--help']);
  for (const part of ['Examples:', '--listen 127.0.0.1:8123', '--tls-cert cert.pem', '--socket', 'curl ']) {
    assert.ok(stdout.includes(part), part);
  }
});
