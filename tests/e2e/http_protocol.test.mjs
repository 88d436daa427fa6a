// Streamable HTTP as a browser, a stranger and a confused client would use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { post } from './support/http_client.mjs';
import { Sandbox } from './support/product.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const INITIALIZE_REQUEST = { jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE };

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serveHttp();
});
after(() => sandbox.close());

const statusOf = async (body, headers) => (await post(client.url, body, headers)).status;

test('a session lives from initialize to DELETE', async () => {
  const opened = await post(client.url, INITIALIZE_REQUEST);
  const session = opened.headers.get('mcp-session-id');
  assert.match(session, /^[\x21-\x7e]{16,}$/);
  const headers = { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': INITIALIZE.protocolVersion };
  assert.equal(await statusOf(PING, headers), 200);
  const ended = await fetch(client.url, { method: 'DELETE', headers });
  assert.ok(ended.ok, `${ended.status}`);
  assert.equal(await statusOf(PING, headers), 404);
});

test('without, or with an unknown session', async () => {
  assert.equal(await statusOf(PING), 400);
  assert.equal(await statusOf(PING, { 'Mcp-Session-Id': 'unknown' }), 404);
  assert.equal(await statusOf(PING, { ...client.headers, 'MCP-Protocol-Version': '1999-01-01' }), 400);
});

test('a page of another origin, or another host name, is turned away', async () => {
  assert.equal(await statusOf(INITIALIZE_REQUEST, { Origin: 'http://evil.example' }), 403);
  assert.equal(await statusOf(INITIALIZE_REQUEST, { Origin: 'null' }), 403);
  assert.equal(await statusOf(INITIALIZE_REQUEST, { Origin: new URL(client.url).origin }), 200);
});

test('malformed bodies get an error, not a closed connection', async () => {
  for (const body of ['{', '', 'null', '42', '['.repeat(100_000)]) {
    const response = await post(client.url, body, client.headers);
    assert.equal(response.status, 400, body.slice(0, 20));
    assert.ok((await response.json()).error.message);
  }
  assert.deepEqual(await client.request('ping'), {});
});

test('other methods and paths', async () => {
  assert.equal((await fetch(client.url, { method: 'PUT', body: 'x' })).status, 405);
  assert.equal((await fetch(new URL('/other', client.url))).status, 404);
});

test('one request without a session, as 2026-07-28 has it', async () => {
  const params = {
    name: 'query',
    arguments: { sql: 'SELECT 1' },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'query' };
  const response = await post(client.url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, headers);
  assert.equal(response.status, 200);
  const { result } = await response.json();
  assert.deepEqual(result.structuredContent.rows, [[1]]);
  assert.equal(result.resultType, 'complete');
});

test('SIGTERM ends the server cleanly', async () => {
  client.child.kill('SIGTERM');
  const [code] = await new Promise((resolve) => client.child.on('exit', (...all) => resolve(all)));
  assert.equal(code, 0);
});
