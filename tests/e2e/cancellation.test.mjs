// A query that is no longer wanted stops using the database.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { ended } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { SlowQuery } from './support/slow_query.mjs';

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

test('notifications/cancelled over stdio', async () => {
  const slow = new SlowQuery(socket);
  const params = { name: 'query', arguments: slow.arguments };
  stdio.sendLine(JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params }));
  await slow.runs();
  stdio.notify('notifications/cancelled', { requestId: 'slow', reason: 'not needed' });
  await slow.isFreed();
  assert.equal(Number(await stdio.value('SELECT 7')), 7);
  assert.deepEqual(stdio.unasked, [], 'nothing is sent for a cancelled request');
});

test('notifications/cancelled over HTTP', async () => {
  const slow = new SlowQuery(socket);
  const running = http.call('query', slow.arguments).catch((error) => error);
  await slow.runs();
  await http.notify('notifications/cancelled', { requestId: http.lastId });
  await slow.isFreed();
  await running;
  assert.equal(Number(await http.value('SELECT 7')), 7);
});

test('a deadline of its own', async () => {
  const slow = new SlowQuery(socket);
  const began = Date.now();
  const text = await stdio.refusal('query', { sql: slow.sql, timeout_seconds: 1 });
  assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
  assert.match(text, /timeout/i);
  await slow.isFreed();
});

test('the server is stopped by SIGTERM while a query runs', async () => {
  const other = await sandbox.serve();
  const slow = new SlowQuery(socket);
  const failure = other.call('query', slow.arguments).catch((error) => error);
  await slow.runs();
  const began = Date.now();
  other.child.kill('SIGTERM');
  assert.equal(await other.exitCode(), 0);
  assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  assert.equal((await failure).code, -32000, 'it was answered, and may be tried again');
  await slow.isFreed();
});

test('a call that ends soon after SIGTERM, or after the input, gets its answer', async () => {
  for (const end of [(client) => client.child.kill('SIGTERM'), (client) => client.child.stdin.end()]) {
    const other = await sandbox.serve();
    const slow = new SlowQuery(socket);
    const answer = other.value(`SELECT sleep(2) AS ${slow.mark}`);
    await slow.runs();
    end(other);
    assert.equal(Number(await answer), 0);
    assert.equal(await other.exitCode(), 0);
  }
});

test('the client ends while a query runs', async () => {
  const other = await sandbox.serve();
  const slow = new SlowQuery(socket);
  other.call('query', slow.arguments).catch(() => {});
  await slow.runs();
  for (const pipe of other.child.stdio) pipe.destroy();
  await slow.isFreed();
  await ended(other.child.pid);
});

test('the server is killed while a query runs', async () => {
  const other = await sandbox.serve();
  const slow = new SlowQuery(socket);
  other.call('query', slow.arguments).catch(() => {});
  await slow.runs();
  other.child.kill('SIGKILL');
  await once(other.child, 'exit');
  await slow.isFreed();
});
