// stdin and stdout: one message a line, nothing else on stdout, whatever comes in; a clean end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';
import { StdioClient } from './support/stdio_client.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

const MALFORMED = [
  ['{', PARSE_ERROR],
  ['{"jsonrpc":"2.0","id":1,"method":"ping"', PARSE_ERROR],
  ['not json', PARSE_ERROR],
  [Buffer.from([0x22, 0xff, 0xfe, 0x22]), PARSE_ERROR],
  ['['.repeat(100_000), PARSE_ERROR],
  ['null', INVALID_REQUEST],
  ['42', INVALID_REQUEST],
  ['"text"', INVALID_REQUEST],
  ['[]', INVALID_REQUEST],
  ['{}', INVALID_REQUEST],
  ['{"jsonrpc":"1.0","id":90,"method":"ping"}', INVALID_REQUEST],
  ['{"jsonrpc":"2.0","id":91}', INVALID_REQUEST],
  ['{"jsonrpc":"2.0","id":92,"method":7}', INVALID_REQUEST],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', INVALID_REQUEST],
  ['{"jsonrpc":"2.0","id":{},"method":"ping"}', INVALID_REQUEST],
];

test('each malformed line is answered with its error, and the session goes on', async () => {
  const client = await sandbox.serve();
  for (const [line, code] of MALFORMED) {
    client.unasked.length = 0;
    client.sendLine(line);
    assert.deepEqual(await client.request('ping'), {});
    const got = `${String(line).slice(0, 60)}: ${JSON.stringify(client.unasked)}`;
    assert.equal(client.unasked[0]?.error?.code, code, got);
  }
  for (const line of ['', '   ', '\r']) client.sendLine(line);
  assert.deepEqual(await client.request('ping'), {});
  assert.equal(await client.end(), 0);
  assert.deepEqual(client.impure, []);
});

test('wrong requests get the code that the protocol names', async () => {
  const client = await sandbox.serve();
  const fails = (method, params, code) => assert.rejects(client.request(method, params), { code });
  await fails('no/such', {}, METHOD_NOT_FOUND);
  await fails('tools/call', { name: 'no.such', arguments: {} }, INVALID_PARAMS);
  await fails('tools/call', { arguments: {} }, INVALID_PARAMS);
  await fails('tools/call', { name: 'query', arguments: [1] }, INVALID_PARAMS);
  await fails('tools/list', { cursor: 'made up' }, INVALID_PARAMS);
  client.notify('notifications/no_such');
  client.notify('notifications/cancelled', { requestId: 'unknown' });
  assert.deepEqual(await client.request('ping'), {});
  assert.deepEqual(client.unasked, []);
});

test('every published version is negotiated, an unknown one is answered with the newest', async () => {
  const offered = { '2024-11-05': '2024-11-05', '2025-03-26': '2025-03-26', '2025-06-18': '2025-06-18',
    '2025-11-25': '2025-11-25', '2026-07-28': '2025-11-25', '1999-01-01': '2025-11-25' };
  for (const [asked, expected] of Object.entries(offered)) {
    const client = new StdioClient(sandbox.spawn(BIN, ['serve']));
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'e2e', version: '1' } };
    assert.equal((await client.request('initialize', params)).protocolVersion, expected);
    assert.equal(await client.end(), 0);
  }
});

test('stdout holds protocol only, also when logging is at its loudest', async () => {
  const client = await sandbox.serve({ env: { CHIMERA_LOG_LEVEL: 'debug' } });
  await client.answer('list.tables', {});
  await client.refusal('query', { sql: "SELECT throwIf(1, 'x')" });
  assert.equal(await client.end(), 0);
  assert.deepEqual(client.impure, []);
});

test('a server without any request ends at end of input', async () => {
  const { code, stdout } = await sandbox.run(['serve']);
  assert.deepEqual([code, stdout], [0, '']);
});

test('SIGTERM and SIGINT end it cleanly', async () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const client = await sandbox.serve();
    client.child.kill(signal);
    assert.equal(await client.exitCode(), 0, signal);
  }
});

test('what was asked before the end of input is still answered', async () => {
  const params = { name: 'query', arguments: { sql: 'SELECT sleep(0.3)' } };
  const lines = [
    { jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
  ];
  const input = lines.map((line) => JSON.stringify(line)).join('\n');
  const { code, stdout } = await sandbox.run(['serve'], { input });
  assert.equal(code, 0);
  const [, last] = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(last.result.structuredContent.rows, [[0]]);
});

test('a host that never reads the log still gets its answers', async () => {
  const client = await sandbox.serve({ env: { CHIMERA_LOG_LEVEL: 'debug' } });
  client.child.stderr.pause();
  for (let i = 0; i < 2000; i++) await client.refusal('query', { sql: '' });
});

test('a last line without a newline is still answered', async () => {
  const { stdout } = await sandbox.run(['serve'], { input: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  assert.deepEqual(JSON.parse(stdout), { jsonrpc: '2.0', id: 1, result: {} });
});
