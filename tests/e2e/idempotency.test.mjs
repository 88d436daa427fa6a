// A batch repeated is stored once: at once, after the server died, after the engine restarted, 1,000 batches later.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const LATER_BATCHES = 1000;
const PARALLEL = 8;
const DAY_MS = 86_400_000;

const event = (operation, ts = '2025-10-07T12:30:00.000Z') => ({ ...exampleRow('llm_events'), operation, ts });
const BATCH = { rows: [event('first'), event('second'), event('other day', '2025-10-08T01:00:00Z')] };

let sandbox;
let client;
const countOf = async (operation) =>
  Number((await client.rows('SELECT count() FROM llm_events WHERE operation = {o:String}', { o: operation }))[0][0]);
const assertStoredOnce = async () => {
  for (const { operation } of BATCH.rows) assert.equal(await countOf(operation), 1, operation);
};

before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serveHttp();
  await client.answer('insert.llm_events', BATCH);
});
after(() => sandbox.close());

test('at once', async () => {
  await client.answer('insert.llm_events', BATCH);
  await assertStoredOnce();
});

test('sent eight times at the same moment', async () => {
  const batch = { rows: [event('parallel')] };
  await Promise.all(Array.from({ length: 8 }, () => client.answer('insert.llm_events', batch)));
  assert.equal(await countOf('parallel'), 1);
});

test('after kill -9 of the server', async () => {
  client.child.kill('SIGKILL');
  await once(client.child, 'exit');
  client = await sandbox.serveHttp();
  await client.answer('insert.llm_events', BATCH);
  await assertStoredOnce();
});

test('after the engine was stopped and started again', async () => {
  const { pid } = await sandbox.oneEngine();
  await sandbox.stopEngines('SIGTERM');
  await client.answer('insert.llm_events', BATCH);
  assert.notEqual((await sandbox.oneEngine()).pid, pid);
  await assertStoredOnce();
});

test(`after ${LATER_BATCHES} later batches`, async () => {
  let next = 0;
  const insertSome = async () => {
    while (next < LATER_BATCHES) {
      const i = next++;
      const ts = new Date(Date.UTC(2025, 0, 1) + (i % 50) * DAY_MS + i).toISOString(); // few parts a partition
      await client.answer('insert.llm_events', { data: event('later', ts) });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, insertSome));
  assert.equal(await countOf('later'), LATER_BATCHES);
  await client.answer('insert.llm_events', BATCH);
  await assertStoredOnce();
});

test('rows of the same run_id are different rows', async () => {
  await client.answer('insert.llm_events', { rows: [event('same run'), { ...event('same run'), tokens_in: 1 }] });
  await client.answer('insert.llm_events', { data: { ...event('same run'), tokens_in: 2 } });
  assert.equal(await countOf('same run'), 3);
});

test('an idempotency key makes a batch with another time the same batch', async () => {
  const { ts: _, ...untimed } = event('keyed');
  await client.answer('insert.llm_events', { data: untimed, idempotency_key: 'run-1' });
  await client.answer('insert.llm_events', { data: untimed, idempotency_key: 'run-1' });
  assert.equal(await countOf('keyed'), 1);
  await client.answer('insert.llm_events', { data: untimed, idempotency_key: 'run-2' });
  assert.equal(await countOf('keyed'), 2);
});

test('a benchmark run sent again replaces the older row', async () => {
  const run = exampleRow('bench_runs');
  await client.answer('insert.bench_runs', { data: run });
  await client.answer('insert.bench_runs', { data: { ...run, ts: '2025-10-07T13:00:00Z', latency_p50_ms: 1 } });
  assert.deepEqual(await client.rows('SELECT latency_p50_ms FROM bench_runs FINAL'), [[1]]);
});

test('dry_run checks and stores nothing', async () => {
  await client.answer('insert.llm_events', { data: event('dry'), dry_run: true });
  assert.equal(await countOf('dry'), 0);
  await client.answer('insert.llm_events', { data: event('dry') });
  assert.equal(await countOf('dry'), 1);
});
