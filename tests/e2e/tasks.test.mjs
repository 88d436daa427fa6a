// A query that takes longer than a caller wants to wait: the product makes it a task, which can be cancelled.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { askEngine, until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const meta = (clientCapabilities) => ({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': clientCapabilities,
});
const MARK = `mark_task_${process.pid}`;
const SLOW = `SELECT count() AS ${MARK} FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))`;
const SOON_MS = 2000;

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serve();
  await client.value('SELECT 1');
});
after(() => sandbox.close());

const ask = (method, params, capabilities = TASKS) => client.request(method, { ...params, _meta: meta(capabilities) });
const query = (sql) => ask('tools/call', { name: 'query', arguments: { sql, timeout_seconds: 60 } });

test('a quick query is answered as ever', async () => {
  const result = await query('SELECT 7 AS seven');
  assert.equal(result.resultType, 'complete');
  assert.deepEqual(result.structuredContent.rows, [[7]]);
});

test('a slow one becomes a task; cancelling that kills the query', async () => {
  const { socket } = await sandbox.oneEngine();
  const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${MARK}%' AND query NOT LIKE '%processes%'`;
  const isRunning = async () => Number(await askEngine(socket, sql)) > 0;
  const { resultType, taskId } = await query(SLOW);
  assert.equal(resultType, 'task');
  assert.ok(await isRunning());
  assert.equal((await ask('tasks/get', { taskId })).status, 'working');
  await ask('tasks/cancel', { taskId });
  await until(async () => !(await isRunning()), 'the query is killed', SOON_MS);
  assert.equal((await ask('tasks/get', { taskId })).status, 'cancelled');
});
