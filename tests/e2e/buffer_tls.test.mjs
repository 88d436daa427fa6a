// A buffer in a Redis that speaks TLS alone and asks its clients for certificates.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { makeCertificate, RemoteEngine } from './support/remote_engine.mjs';

let sandbox;
let engine;
let files;
let port;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address();
  server.close();
  await once(server, 'close');
  return free;
}

const settings = (more) => engine.settings({ CHIMERA_BUFFER: `rediss://localhost:${port}/0`, ...more });
const trusted = () => settings({
  CHIMERA_BUFFER_CA_FILE: files.cert,
  CHIMERA_BUFFER_CLIENT_CERT_FILE: files.cert,
  CHIMERA_BUFFER_CLIENT_KEY_FILE: files.key,
});
const status = (env) => sandbox.run(['ingest', 'status'], { env });

before(async () => {
  sandbox = await Sandbox.create();
  const folder = join(sandbox.folder, 'redis');
  await mkdir(folder);
  files = await makeCertificate(sandbox, folder);
  port = await freePort();
  const redis = sandbox.spawn('redis-server', ['--port', '0', '--tls-port', `${port}`, '--tls-cert-file', files.cert,
    '--tls-key-file', files.key, '--tls-ca-cert-file', files.cert, '--tls-auth-clients', 'yes', '--dir', folder,
    '--save', '']);
  let said = '';
  redis.stdout.on('data', (chunk) => (said += chunk));
  await until(() => said.includes('Ready to accept connections'), 'Redis listens');
  engine = await RemoteEngine.start(sandbox, { secure: false });
  await engine.applySchema();
});
after(() => sandbox.close());

test('rows go through it', async () => {
  const client = await sandbox.serveHttp([], { env: trusted() });
  const row = { ...exampleRow('llm_events'), operation: 'secured' };
  const answer = await client.answer('insert.llm_events', { data: row, mode: 'buffered' });
  assert.match(answer.position, /Z$/);
  await until(async () => (await engine.ask("SELECT count() FROM llm_events WHERE operation = 'secured'")).trim() === '1',
    'the row is stored');
  const { code, stdout, stderr } = await status(trusted());
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`rediss://localhost:${port}/0`));
});

test('an authority that is not trusted ends it, and so does a client without a certificate', async () => {
  const untrusted = await status(settings({}));
  assert.equal(untrusted.code, 1);
  assert.match(untrusted.stderr, /not trusted/);
  const nameless = await status(settings({ CHIMERA_BUFFER_CA_FILE: files.cert }));
  assert.equal(nameless.code, 1);
  const plain = await status(settings({ CHIMERA_BUFFER: `redis://localhost:${port}/0` }));
  assert.equal(plain.code, 1);
});

test('files that cannot be used are named at the start', async () => {
  const { code, stderr } = await status(settings({ CHIMERA_BUFFER_CA_FILE: files.key }));
  assert.equal(code, 1);
  assert.match(stderr, /key\.pem/);
});
