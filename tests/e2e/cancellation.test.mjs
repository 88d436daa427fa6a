// A query that is no longer wanted stops using the database.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { askEngine, ended, until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';

const SOON_MS = 2000;
let marks = 0;
const slowQuery = () => {
  const mark = `mark_${process.pid}_${++marks}`;
  return { mark, sql: `SELECT count() AS ${mark} FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))` };
};

let sandbox;
let stdio;
let http;
let socket;
before(async () => {
  sandbox = await Sandbox.create();
  [stdio, http] = await Promise.all([sandbox.serve(), sandbox.serveHttp()]);
  await stdio.value('SELECT 1');
  ({ socket } = await sandbox.oneEngine());
});
after(() => sandbox.close());

const isRunning = async (mark) => {
  const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${mark}%' AND query NOT LIKE '%processes%'`;
  return Number(await askEngine(socket, sql)) > 0;
};
const runs = (mark) => until(() => isRunning(mark), `${mark} runs`);
const isFreed = (mark) => until(async () => !(await isRunning(mark)), `${mark} is freed`, SOON_MS);

test('notifications/cancelled over stdio', async () => {
  const { mark, sql } = slowQuery();
  const params = { name: 'query', arguments: { sql, timeout_seconds: 60 } };
  stdio.sendLine(JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params }));
  await runs(mark);
  stdio.notify('notifications/cancelled', { requestId: 'slow', reason: 'not needed' });
  await isFreed(mark);
  assert.equal(Number(await stdio.value('SELECT 7')), 7);
  assert.deepEqual(stdio.unasked, [], 'nothing is sent for a cancelled request');
});

test('notifications/cancelled over HTTP', async () => {
  const { mark, sql } = slowQuery();
  const running = http.call('query', { sql, timeout_seconds: 60 }).catch((error) => error);
  await runs(mark);
  await http.notify('notifications/cancelled', { requestId: http.lastId });
  await isFreed(mark);
  await running;
  assert.equal(Number(await http.value('SELECT 7')), 7);
});

test('a deadline of its own', async () => {
  const { mark, sql } = slowQuery();
  const began = Date.now();
  const text = await stdio.refusal('query', { sql, timeout_seconds: 1 });
  assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
  assert.match(text, /timeout/i);
  await isFreed(mark);
});

test('the server is stopped by SIGTERM while a query runs', async () => {
  const other = await sandbox.serve();
  const { mark, sql } = slowQuery();
  other.call('query', { sql, timeout_seconds: 60 }).catch(() => {});
  await runs(mark);
  other.child.kill('SIGTERM');
  assert.equal(await other.exitCode(), 0);
  await isFreed(mark);
});

test('the client ends while a query runs', async () => {
  const other = await sandbox.serve();
  const { mark, sql } = slowQuery();
  other.call('query', { sql, timeout_seconds: 60 }).catch(() => {});
  await runs(mark);
  for (const pipe of other.child.stdio) pipe.destroy();
  await isFreed(mark);
  await ended(other.child.pid);
});

test('the server is killed while a query runs', async () => {
  const other = await sandbox.serve();
  const { mark, sql } = slowQuery();
  other.call('query', { sql, timeout_seconds: 60 }).catch(() => {});
  await runs(mark);
  other.child.kill('SIGKILL');
  await once(other.child, 'exit');
  await isFreed(mark);
});
