// The HTTP listener among many: TLS, clients that only listen, and clients that hold what others need.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import https from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { HttpClient, post } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { makeCertificate } from './support/remote_engine.mjs';
import { residentKb } from './support/resources.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

const INITIALIZE_REQUEST = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE });
const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

let sandbox;
beforeEach(async () => (sandbox = await Sandbox.create()));
afterEach(() => sandbox.close());

async function certificateOf(name) {
  const folder = join(sandbox.folder, name);
  await mkdir(folder);
  const files = await makeCertificate(sandbox, folder);
  return { ...files, certText: await readFile(files.cert), keyText: await readFile(files.key) };
}

async function initializeOverTls(url, tls) {
  const request = https.request(url, { method: 'POST', headers: HEADERS, ...tls });
  request.end(INITIALIZE_REQUEST);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: JSON.parse(await text(response)), socket: response.socket };
}

test('HTTPS with a certificate of ours', async () => {
  const server = await certificateOf('server');
  const env = { CHIMERA_TLS_CERT_FILE: server.cert, CHIMERA_TLS_KEY_FILE: server.key };
  const { url } = await sandbox.startHttp([], { env });
  assert.match(url, /^https:/);
  const answer = await initializeOverTls(url, { ca: server.certText });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.result.serverInfo.name, 'chimera-mcp');
  await assert.rejects(initializeOverTls(url, {}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await assert.rejects(initializeOverTls(url, { ca: server.certText, maxVersion: 'TLSv1.1' }));
  await assert.rejects(fetch(url.replace('https', 'http')), 'plain text is not answered');
});

test('mutual TLS lets in whose certificate is signed by the authority', async () => {
  const [server, client, stranger] = [await certificateOf('server'), await certificateOf('client'), await certificateOf('stranger')];
  const args = ['--chimera-tls-cert-file', server.cert, '--chimera-tls-key-file', server.key];
  const { url } = await sandbox.startHttp([...args, '--chimera-tls-client-ca-file', client.cert]);
  const ca = server.certText;
  assert.equal((await initializeOverTls(url, { ca, cert: client.certText, key: client.keyText })).status, 200);
  await assert.rejects(initializeOverTls(url, { ca }));
  await assert.rejects(initializeOverTls(url, { ca, cert: stranger.certText, key: stranger.keyText }));
});

test('a TLS file that cannot be used is named', async () => {
  const server = await certificateOf('server');
  const missing = await sandbox.run(['serve', '--http', '127.0.0.1:0', '--chimera-tls-cert-file', '/nowhere.pem']);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /\/nowhere\.pem cannot be read/);
  const alone = await sandbox.run(['serve', '--http', '127.0.0.1:0', '--chimera-tls-key-file', server.key]);
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /CHIMERA_TLS_CERT_FILE/);
});

test('streams on which nothing happens do not keep callers waiting', async () => {
  const { url, child } = await sandbox.startHttp();
  const listener = await HttpClient.connect(url, child);
  const streams = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const session = (await post(url, INITIALIZE_REQUEST)).headers.get('mcp-session-id');
      return fetch(url, { headers: { ...listener.headers, 'Mcp-Session-Id': session, Accept: 'text/event-stream' } });
    }),
  );
  assert.ok(streams.every((stream) => stream.status === 200));
  const answers = await Promise.all(Array.from({ length: 100 }, () => listener.call('query', { sql: 'SELECT 1 AS one' })));
  assert.ok(answers.every((answer) => answer.structuredContent.rows[0][0] === 1));
  assert.ok(residentKb(child.pid) < 150 * 1024, `${residentKb(child.pid)} kB`);
  for (const stream of streams) await stream.body.cancel();
});

// A client that says part of what it has to say, and then a byte now and then.
function dripping(port, beginning) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
  socket.resume();
  socket.write(beginning);
  const timer = setInterval(() => socket.write('a'), 500);
  return socket;
}

test('clients that do not finish their requests are cut, and keep nobody else out', async () => {
  const { url, child } = await sandbox.startHttp();
  const { port } = new URL(url);
  const slow = [
    ...Array.from({ length: 150 }, () => dripping(port, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')),
    ...Array.from({ length: 150 }, () => dripping(port, 'POST /m')),
  ];
  const client = await HttpClient.connect(url, child);
  await client.call('query', { sql: 'SELECT 1 AS one' });
  await until(() => slow.every((socket) => socket.destroyed), 'every slow one was cut', 30_000);
  await client.call('query', { sql: 'SELECT 2 AS two' });
});

test('told to end, the server does not wait for who does not finish', async () => {
  const { url, child } = await sandbox.startHttp();
  const head = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{';
  const slow = dripping(new URL(url).port, head);
  await once(slow, 'connect');
  await HttpClient.connect(url, child);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
