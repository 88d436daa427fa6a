// What an operator sees of buffered writes and does about them: status, flush, dead letters, gauges.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const event = (operation, more = {}) => ({ ...exampleRow('llm_events'), operation, ...more });

let sandbox;
let engine;
let client;
const settings = () => engine.settings({ CHIMERA_BUFFER: `sqlite:${sandbox.folder}/buffer/writes.sqlite` });
const run = (...args) => sandbox.run(['ingest', ...args], { env: settings() });
const start = (env = {}) => sandbox.serveHttp([], { env: { ...settings(), ...env } });
const kill = async () => {
  client.child.kill('SIGKILL');
  await once(client.child, 'exit');
};
const write = (row) => client.answer('insert.llm_events', { data: row, mode: 'buffered' });
const countOf = async (operation) =>
  Number(await engine.ask(`SELECT count() FROM llm_events WHERE operation = '${operation}'`));
const statusOf = async (table = 'chimera_metrics.llm_events') => {
  const { stdout } = await run('status', '--json');
  return JSON.parse(stdout).tables.find((entry) => entry.table === table);
};

before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
  await engine.applySchema();
  client = await start({ CHIMERA_FLUSH_MS: '3600000' });
});
after(() => sandbox.close());

test('status tells what waits', async () => {
  assert.match((await run('status')).stdout, /nothing was ever buffered/);
  await write(event('waits'));
  await write(event('waits', { tokens_in: 1 }));
  const { code, stdout } = await run('status');
  assert.equal(code, 0);
  assert.match(stdout, /writes\.sqlite/);
  assert.match(stdout, /chimera_metrics\.llm_events +2 /);
  const status = await statusOf();
  assert.deepEqual([status.pending_rows, status.pending_writes, status.dead_letters, status.on_its_way], [2, 2, 0, false]);
  assert.ok(status.pending_bytes > 100);
  assert.equal(status.watermark, null);
});

test('the metrics page tells it, too', async () => {
  const page = await (await fetch(client.url.replace('/mcp', '/metrics'))).text();
  assert.match(page, /^timestore_hot_tail_rows\{table="chimera_metrics.llm_events"\} 2$/m);
  assert.match(page, /^timestore_pending_bytes\{table="chimera_metrics.llm_events"\} [1-9]\d*$/m);
  const age = Number(page.match(/^timestore_replica_age_ms\{.*\} (\S+)$/m)[1]);
  assert.ok(age > 0 && age < 60_000, `${age}`);
});

test('flush stores it now, beside a server that runs', async () => {
  const { code, stdout, stderr } = await run('flush', 'llm_events');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^2 rows that waited are stored$/m);
  assert.equal(await countOf('waits'), 2);
  const status = await statusOf();
  assert.equal(status.pending_rows, 0);
  assert.match(status.watermark, /^20.*Z$/);
  const other = await run('flush', 'bench_runs');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /nothing was ever buffered for a table `bench_runs`/);
});

test('rows that do not fit are dead letters, and are stored when what kept them out is mended', async () => {
  await engine.ask('ALTER TABLE llm_events RENAME COLUMN tokens_in TO tokens_incoming');
  await write(event('dead'));
  await write(event('dead', { tokens_in: 1 }));
  assert.equal((await run('flush')).code, 0);
  const status = await run('status');
  assert.equal(status.code, 1, 'dead letters are a reason to look');
  const { stdout } = await run('dead-letter');
  assert.match(stdout, /^1 {2}chimera_metrics\.llm_events {2}unknown_column: .*`tokens_in`/m);
  const letters = (await run('dead-letter', '--json')).stdout.trim().split('\n').map(JSON.parse);
  assert.equal(letters.length, 2);
  assert.equal(letters[0].row.operation, 'dead');
  assert.equal(await countOf('dead'), 0);
  await engine.ask('ALTER TABLE llm_events RENAME COLUMN tokens_incoming TO tokens_in');
  assert.match((await run('replay', '--id', String(letters[0].id))).stdout, /^1 rows wait again/);
  assert.equal((await run('flush')).code, 0);
  assert.equal(await countOf('dead'), 1);
  assert.match((await run('dead-letter', 'llm_events', '--discard')).stdout, /^1 rows are discarded$/m);
  assert.equal((await run('dead-letter')).stdout, '');
  assert.equal((await run('status')).code, 0);
});

test('a table grows for new fields where that is allowed', async () => {
  await kill();
  client = await start({ CHIMERA_EVOLVE: 'chimera_metrics' });
  await write(event('grown', { temperature: 0.5, provider: 'x', extra: { a: [1] } }));
  await until(async () => (await countOf('grown')) === 1, 'the row is stored');
  assert.equal((await engine.ask("SELECT temperature, provider, extra FROM llm_events WHERE operation = 'grown'")).trim(),
    '0.5\tx\t{"a":[1]}');
  const sync = await client.refusal('insert.llm_events', { data: event('sync', { other: 1 }) });
  assert.match(sync, /other: is not a known field.*mode buffered/s);
  const name = await client.refusal('insert.llm_events', { data: event('bad', { 'no name': 1 }), mode: 'buffered' });
  assert.match(name, /cannot become a column/);
});

test('flushes are counted', async () => {
  const metrics = async () => (await fetch(client.url.replace('/mcp', '/metrics'))).text();
  // A row can be read before its batch is finished.
  await until(async () => /^timestore_flushes_total\{outcome="ok"\} [1-9]/m.test(await metrics()), 'a flush is counted');
  const page = await metrics();
  assert.match(page, /^timestore_rows_flushed_total [1-9]/m);
  assert.match(page, /^timestore_flush_duration_seconds_count [1-9]/m);
});

test('without a buffer, the commands say which setting names it', async () => {
  const { code, stderr } = await sandbox.run(['ingest', 'status'], { env: engine.settings() });
  assert.equal(code, 1);
  assert.match(stderr, /CHIMERA_BUFFER/);
});
