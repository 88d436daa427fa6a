// A query on a remote database that is no longer wanted is stopped there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const SOON_MS = 2000; // make bench measures it

let sandbox;
let engine;
let stdio;
let http;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox);
  await engine.applySchema();
  const env = engine.settings({ CH_TIMEOUT: '60' });
  [stdio, http] = await Promise.all([sandbox.serve({ env }), sandbox.serveHttp([], { env })]);
});
after(() => sandbox.close());

let marks = 0;
const slowQuery = () => {
  const mark = `remote_mark_${++marks}`;
  return { mark, sql: `SELECT count() AS ${mark} FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))` };
};
const isRunning = async (mark) => {
  const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${mark}%' AND query NOT LIKE '%processes%'`;
  return Number(await engine.ask(sql)) > 0;
};
const runs = (mark) => until(() => isRunning(mark), `${mark} runs`);
const isGone = (mark) => until(async () => !(await isRunning(mark)), `${mark} is gone`, SOON_MS);

test('notifications/cancelled over stdio', async () => {
  const { mark, sql } = slowQuery();
  const params = { name: 'query', arguments: { sql } };
  stdio.sendLine(JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params }));
  await runs(mark);
  stdio.notify('notifications/cancelled', { requestId: 'slow' });
  await isGone(mark);
  assert.equal(await stdio.value('SELECT 7'), 7);
  assert.deepEqual(stdio.unasked, [], 'nothing is sent for a cancelled request');
});

test('notifications/cancelled over HTTP', async () => {
  const { mark, sql } = slowQuery();
  const running = http.call('query', { sql }).catch((error) => error);
  await runs(mark);
  await http.notify('notifications/cancelled', { requestId: http.lastId });
  await isGone(mark);
  await running;
  assert.equal(await http.value('SELECT 7'), 7);
});

// One request that needs no session. In its revision of the protocol leaving cancels; before, it did not.
function callStateless(url, sql, signal) {
  const version = '2026-07-28';
  const meta = { protocolVersion: version, clientInfo: { name: 'e2e', version: '1' }, clientCapabilities: {} };
  const _meta = Object.fromEntries(Object.entries(meta).map(([key, value]) => [`io.modelcontextprotocol/${key}`, value]));
  const params = { name: 'query', arguments: { sql }, _meta };
  const headers = { 'MCP-Protocol-Version': version, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'query' };
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    signal,
  });
}

test('a client over HTTP leaves', async () => {
  const { mark, sql } = slowQuery();
  const leaving = new AbortController();
  const running = callStateless(http.url, sql, leaving.signal);
  await runs(mark);
  leaving.abort();
  await assert.rejects(running, { name: 'AbortError' });
  await isGone(mark);
});

test('a deadline', async () => {
  const { mark, sql } = slowQuery();
  const text = await stdio.refusal('query', { sql, timeout_seconds: 1 });
  assert.match(text, /^timeout: /);
  await isGone(mark);
});

test('the server is stopped', async () => {
  const other = await sandbox.serve({ env: engine.settings({ CH_TIMEOUT: '60' }) });
  const { mark, sql } = slowQuery();
  other.call('query', { sql }).catch(() => {});
  await runs(mark);
  other.child.kill('SIGTERM');
  assert.equal(await other.exitCode(), 0);
  await isGone(mark);
});
