// A read sees what was just written when it asks for that, and says how fresh it is in any case.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { post } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const PAIRS = 200;
const POSITION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let sandbox;
let engine;
let client;
// Rows wait for a minute unless a read asks for them.
const start = (extra = {}) => sandbox.serveHttp([], {
  env: engine.settings({
    CHIMERA_BUFFER: `sqlite:${sandbox.folder}/buffer/writes.sqlite`, CHIMERA_FLUSH_MS: '60000', ...extra,
  }),
});
const restart = async (extra) => {
  client.child.kill('SIGTERM');
  await once(client.child, 'exit');
  client = await start(extra);
};
const write = (operation) => client.answer('insert.llm_events', {
  rows: [{ ...exampleRow('llm_events'), operation }], mode: 'buffered',
});
const read = (operation, more = {}) => client.answer('query', {
  sql: 'SELECT count() FROM llm_events WHERE operation = {o:String}', params: { o: operation }, ...more,
});
const countOf = (answer) => Number(answer.rows[0][0]);

before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
  await engine.applySchema();
  client = await start();
});
after(() => sandbox.close());

test('reads take the arguments, writes do not', async () => {
  const { tools } = await client.request('tools/list');
  for (const { name, inputSchema, annotations } of tools) {
    const takes = ['require_fresh', 'min_watermark', 'strict'].every((key) => key in inputSchema.properties);
    assert.equal(takes, annotations.readOnlyHint, name);
  }
});

test('a plain read tells what it may lack', async () => {
  const { position } = await write('waits');
  const answer = await read('waits');
  assert.equal(countOf(answer), 0);
  const { mode, age_ms: age, watermark, pending_rows: pending } = answer.freshness;
  assert.deepEqual([mode, pending], ['database', 1]);
  assert.ok(age >= 0 && age < 10_000, `${age} ms`);
  assert.ok(watermark < position, `${watermark} is before ${position}`);
});

test('require_fresh sees what was written, and other tables do not matter', async () => {
  const { position } = await write('seen');
  const other = await client.answer('query.aggregate', { table: 'bench_runs', metrics: [{ function: 'count' }], require_fresh: true });
  assert.equal(other.freshness.pending_rows, 0);
  assert.equal(countOf(await read('seen')), 0);
  const answer = await read('seen', { require_fresh: true, strict: true });
  assert.equal(countOf(answer), 1);
  assert.deepEqual(answer.freshness, { mode: 'database', age_ms: 0, watermark: position, pending_rows: 0 });
});

test('so do the other kinds of read, and the text says it, too', async () => {
  await write('kinds');
  const trend = await client.call('query.aggregate', {
    table: 'llm_events', metrics: [{ function: 'count' }], filters: [{ column: 'operation', op: '=', value: 'kinds' }],
    require_fresh: true,
  });
  assert.equal(Number(trend.structuredContent.rows[0][0]), 1);
  const repeated = trend.content[0].text.split('\n').at(-1); // as bytes: 11.0 is not what JavaScript prints
  assert.deepEqual(JSON.parse(repeated), trend.structuredContent);
  await write('analysed');
  const analysis = await client.answer('get.performance_summary', { require_fresh: true });
  assert.equal(analysis.freshness.pending_rows, 0);
  assert.equal(countOf(await read('analysed')), 1);
});

test('min_watermark waits for that write and is repeatable', async () => {
  const { position } = await write('marked');
  const answer = await read('marked', { min_watermark: position });
  assert.equal(countOf(answer), 1);
  assert.match(answer.freshness.watermark, POSITION);
  await read('marked', { min_watermark: answer.freshness.watermark, strict: true });
  assert.match((await read('marked', { min_watermark: '2999-01-01T00:00:00Z' })).freshness.note, /^stale: min_watermark is newer/);
});

test('arguments that do not fit are refused with what to send', async () => {
  assert.match(await client.refusal('query', { sql: 'SELECT 1', min_watermark: 'now' }), /min_watermark.*such as 20/);
  assert.match(await client.refusal('query', { sql: 'SELECT 1', require_fresh: 'yes' }), /require_fresh/);
});

test('HTTP says it in headers', async () => {
  const { position } = await write('headers');
  const headersOf = async (args) => {
    const body = { jsonrpc: '2.0', id: 77, method: 'tools/call', params: { name: 'query', arguments: args } };
    const response = await post(client.url, body, client.headers);
    assert.equal((await response.json()).result.isError, false);
    return ['replica-age-ms', 'freshness-mode', 'latest-ingest-watermark'].map((name) => response.headers.get(`x-timestore-${name}`));
  };
  const [age, mode, watermark] = await headersOf({ sql: 'SELECT count() FROM llm_events' });
  assert.match(age, /^\d+$/);
  assert.ok(mode === 'replica-only' && watermark < position);
  assert.deepEqual(await headersOf({ sql: 'SELECT count() FROM llm_events', require_fresh: true }), ['0', 'replica-only', position]);
});

test(`of ${PAIRS} pairs of write and read none misses its row`, async () => {
  const costs = { plain: [], fresh: [] };
  const timed = async (kind, ...args) => {
    const began = performance.now();
    const answer = await read(...args);
    costs[kind].push(performance.now() - began);
    return answer;
  };
  await Promise.all(Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; i < PAIRS / 4; ++i) {
      const operation = `pair-${writer}-${i}`;
      await write(operation);
      assert.equal(countOf(await timed('fresh', operation, { require_fresh: true, strict: true })), 1, operation);
      assert.equal(countOf(await timed('plain', operation)), 1, operation);
    }
  }));
  const median = (list) => list.sort((a, b) => a - b)[PAIRS / 2].toFixed(1);
  console.log(`a fresh read behind a write takes ${median(costs.fresh)} ms, a plain one ${median(costs.plain)} ms (medians)`);
});

test('what is not stored in time is said, or with strict refused', async () => {
  await restart({ CHIMERA_FRESH_MS: '0' });
  await write('late');
  const answer = await read('late', { require_fresh: true });
  assert.equal(countOf(answer), 0);
  assert.equal(answer.freshness.pending_rows, 1);
  assert.match(answer.freshness.note, /^stale: buffered rows were not stored within 0 ms/);
  const refused = await client.call('query', { sql: 'SELECT count() FROM llm_events', require_fresh: true, strict: true });
  const { code, retry_after_s: after } = refused._meta['chimera/error'];
  assert.deepEqual([refused.isError, code, after], [true, 'timeout', 1]);
});

test('with the database away, strict is refused at once or in time, and works again later', async () => {
  await restart();
  await engine.kill();
  await write('away');
  const began = performance.now();
  const refused = await client.refusal('query', { sql: 'SELECT count() FROM llm_events', require_fresh: true, strict: true });
  assert.match(refused, /^(unavailable|timeout): buffered rows /);
  assert.ok(performance.now() - began < 5000);
  await engine.restart();
  await until(async () => {
    const result = await client.call('query', {
      sql: "SELECT count() FROM llm_events WHERE operation = 'away'", require_fresh: true, strict: true });
    return !result.isError && countOf(result.structuredContent) === 1;
  }, 'the row is read', 20_000);
});
