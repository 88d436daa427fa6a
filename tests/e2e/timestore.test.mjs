// Datasets that callers make by writing: rows of any fields, read at once, over a flush, a kill and a new field.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { post } from './support/http_client.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

let sandbox;
let engine;
let client;
const settings = () => engine.settings({
  CHIMERA_BUFFER: `sqlite:${sandbox.folder}/buffer/writes.sqlite`,
  CHIMERA_DATASETS: 'chimera_metrics,timestore',
});
const start = (env = {}) => sandbox.serveHttp([], { env: { ...settings(), CHIMERA_FLUSH_MS: '3600000', ...env } });
const climate = { dataset: 'sensors', table: 'climate' };
const write = (rows, more = {}) => client.answer('timestore.write', { ...climate, rows, ...more });
const read = (more = {}) => client.answer('timestore.read', { ...climate, ...more });
const flush = async () => {
  const { code, stderr } = await sandbox.run(['ingest', 'flush'], { env: settings() });
  assert.equal(code, 0, stderr);
};

before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
  await engine.applySchema();
  client = await start();
});
after(() => sandbox.close());

test('without a buffer the server says what to set', async () => {
  const { code, stderr } = await sandbox.run(['tools'], { env: { ...settings(), CHIMERA_BUFFER: 'off' } });
  assert.notEqual(code, 0);
  assert.match(stderr, /CHIMERA_DATASETS.*buffer[\s\S]*CHIMERA_BUFFER=sqlite:/);
});

test('what was written is read at once, and once', async () => {
  const answer = await write([{ timestamp: '2026-01-01T00:00:02Z', celsius: 21.5 }, { timestamp: '2026-01-01T00:00:01Z', room: 'kitchen' }]);
  assert.equal(answer.accepted_rows, 2);
  const rows = [['', '2026-01-01T00:00:01.000Z', null, 'kitchen'], ['', '2026-01-01T00:00:02.000Z', 21.5, null]];
  const columns = ['partition_key', 'timestamp', 'celsius', 'room'];
  const waiting = await read({ columns });
  assert.deepEqual(waiting.rows, rows);
  assert.deepEqual([waiting.from_buffer, waiting.freshness.mode, waiting.freshness.watermark], [2, 'database+buffer', answer.position]);
  await flush();
  const stored = await read({ columns });
  assert.deepEqual([stored.rows, stored.from_buffer], [rows, 0]);
  const { rows: counted } = await client.answer('query', { sql: 'SELECT count() FROM timestore.sensors__climate WHERE celsius > 21' });
  assert.deepEqual(counted, [['1']]);
});

test('HTTP says in headers how fresh a read is', async () => {
  const params = { name: 'timestore.read', arguments: climate };
  const response = await post(client.url, { jsonrpc: '2.0', id: 77, method: 'tools/call', params }, client.headers);
  const { freshness } = (await response.json()).result.structuredContent;
  const headers = ['replica-age-ms', 'freshness-mode', 'latest-ingest-watermark'].map((name) => response.headers.get(`x-timestore-${name}`));
  assert.deepEqual(headers, [String(freshness.age_ms), 'replica+hot-buffer', freshness.watermark]);
  assert.ok(freshness.watermark);
});

test('an export holds what was written, and comes back from every format', async () => {
  const run = async (args) => {
    const { code, stdout, stderr } = await sandbox.run(args, { env: settings() });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const header = (await run(['export', 'timestore.sensors__climate'])).split('\n')[0];
  assert.equal(header, 'partition_key,timestamp,celsius,room');
  assert.match(await run(['export', 'timestore.sensors__climate', '--columns', 'dataset_slug,ingest_position']), /^sensors,20/m);
  const rows = (await read()).rows;
  for (const name of ['climate.csv', 'climate.jsonl.gz', 'climate.parquet']) {
    await engine.ask('CREATE OR REPLACE TABLE timestore.sensors__copy AS timestore.sensors__climate');
    await run(['export', 'timestore.sensors__climate', '--to', `${sandbox.folder}/${name}`]);
    await run(['import', 'timestore.sensors__copy', `${sandbox.folder}/${name}`]);
    const copy = await client.answer('timestore.read', { dataset: 'sensors', table: 'copy' });
    assert.deepEqual(copy.rows, rows, name);
    const own = name.endsWith('parquet') ? ['sensors', 'climate', '1'] : ['sensors', 'copy', '0'];
    assert.deepEqual((await client.answer('query', { sql: 'SELECT DISTINCT dataset_slug, table_name, toUInt8(ingest_position > 0) FROM timestore.sensors__copy' })).rows.map((row) => row.map(String)), [own], name);
  }
  await engine.ask('DROP TABLE timestore.sensors__copy SYNC');
});

test('a repeat stores nothing, another write under its key is refused', async () => {
  const first = await write([{ n: 1 }], { idempotency_key: 'once' });
  const again = await write([{ n: 1 }], { idempotency_key: 'once' });
  assert.deepEqual([again.repeated, again.position], [true, first.position]);
  const other = await client.refusal('timestore.write', { ...climate, rows: [{ n: 2 }], idempotency_key: 'once' });
  assert.match(other, /^conflict/);
  assert.equal((await read({ filters: [{ column: 'n', op: 'is_not_null' }] })).row_count, 1);
});

test('rows outlive a kill', async () => {
  await write([{ timestamp: '2026-02-01', color: 'red' }]);
  client.child.kill('SIGKILL');
  await once(client.child, 'exit');
  client = await start();
  const { rows, from_buffer: waiting } = await read({ columns: ['color'], since: '2026-02-01', until: '2026-02-01' });
  assert.deepEqual([rows, waiting], [[['red']], 1]);
});

test('the lists tell what there is and what waits', async () => {
  const list = await client.answer('timestore.datasets', { dataset: 'sensors' });
  assert.deepEqual(list.rows.map((row) => row.slice(0, 5)), [['sensors', 'climate', false, 'timestore.sensors__climate', 2]]);
  assert.deepEqual(list.rows[0][9], ['celsius Float64', 'room String']);
  assert.equal(list.rows[0][8], 2);
  const status = await client.answer('get.ingest_status', {});
  const of = Object.fromEntries(status.columns.map((name, i) => [name, status.rows[0][i]]));
  assert.deepEqual([of.dataset, of.table, of.pending_rows, of.dead_letters, of.trouble], ['sensors', 'climate', 2, 0, null]);
  assert.equal(of.last_rows, 2);
});

test('other tools have the rows when they ask for it', async () => {
  await client.answer('timestore.write', { dataset: 'sensors', table: 'doors', rows: [{ open: true }, { open: false }] });
  const sql = 'SELECT countIf(open) FROM timestore.sensors__doors';
  const { rows, freshness } = await client.answer('query', { sql, require_fresh: true });
  assert.deepEqual([rows, freshness.pending_rows], [[['1']], 0]);
});

test('what is switched off cannot be written by another name', async () => {
  const other = await start({ CHIMERA_TOOLS_DENY: 'insert.episodes' });
  const refused = await other.refusal('timestore.write', { dataset: 'chimera_metrics', table: 'episodes', rows: [{}] });
  assert.match(refused, /^unknown_tool.*CHIMERA_TOOLS_DENY/s);
  const { tools } = await (await start({ CHIMERA_MODE: 'read-only' })).request('tools/list', {});
  const names = tools.map(({ name }) => name);
  assert.ok(names.includes('timestore.read') && !names.includes('timestore.write'), names.join());
});
