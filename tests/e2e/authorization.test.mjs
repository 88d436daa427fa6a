// Who gets in over HTTP, with real tokens: static ones, and those of an authorization server.
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { post } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

const ISSUER = 'https://login.example.com';
const AUDIENCE = 'https://mcp.example.com/mcp';
const WRITE = { name: 'insert.deployments', arguments: {} };

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// Keys for each algorithm, published at a URL of their own.
class AuthorizationServer {
  static async start() {
    const server = new AuthorizationServer();
    server.http = createServer((_, response) => {
      server.fetches += 1;
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: server.published }));
    }).listen(0, '127.0.0.1');
    await once(server.http, 'listening');
    server.url = `http://127.0.0.1:${server.http.address().port}/jwks.json`;
    return server;
  }

  constructor() {
    this.fetches = 0;
    this.keys = {
      RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
      ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      EdDSA: generateKeyPairSync('ed25519'),
    };
    this.published = Object.entries(this.keys)
      .map(([alg, { publicKey }]) => ({ ...publicKey.export({ format: 'jwk' }), kid: alg, use: 'sig' }));
  }

  // `alg` signs; `header` may lie about it.
  token(alg, claims = {}, header = {}) {
    const now = Math.floor(Date.now() / 1000);
    const whole = { iss: ISSUER, aud: AUDIENCE, sub: 'ana', exp: now + 300, scope: 'read write', ...claims };
    const text = `${base64url({ alg, kid: alg, typ: 'at+jwt', ...header })}.${base64url(whole)}`;
    const key = { key: this.keys[alg].privateKey, dsaEncoding: 'ieee-p1363' };
    return `${text}.${sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  close() {
    return new Promise((resolve) => this.http.close(resolve));
  }
}

let sandbox;
let idp;
let tokensFile;
let tokens;
let url;
let child;
before(async () => {
  sandbox = await Sandbox.create();
  idp = await AuthorizationServer.start();
  tokensFile = join(sandbox.folder, 'tokens');
  tokens = { reader: await newToken('reader', 'read'), writer: await newToken('writer', 'read,write'), admin: await newToken('admin', 'admin') };
  await writeTokens(tokens);
  ({ url, child } = await sandbox.startHttp([], {
    env: {
      CHIMERA_TOKENS_FILE: tokensFile, CHIMERA_JWKS_URL: idp.url, CHIMERA_JWT_ISSUER: ISSUER, CHIMERA_JWT_AUDIENCE: AUDIENCE,
    },
  }));
});
after(async () => {
  await sandbox.close();
  await idp.close();
});

async function newToken(name, scopes) {
  const { code, stdout, stderr } = await sandbox.run(['token', 'new', name, '--scopes', scopes]);
  assert.equal(code, 0, stderr);
  return { value: stdout.trim(), line: stderr.split('\n').find((line) => line.startsWith(`${name} `)) };
}

async function writeTokens(all) {
  await writeFile(`${tokensFile}.new`, ['# who may call', ...Object.values(all).map(({ line }) => line), ''].join('\n'), { mode: 0o600 });
  await rename(`${tokensFile}.new`, tokensFile);
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const initialize = (headers, to = url) => post(to, { jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE }, headers);

async function open(token) {
  const answer = await initialize(bearer(token));
  assert.equal(answer.status, 200, await answer.clone().text());
  return { ...bearer(token), 'Mcp-Session-Id': answer.headers.get('mcp-session-id') };
}

async function connect(token) {
  const client = new Client({ name: 'authorization-test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: bearer(token) } }));
  return client;
}

test('a fresh token has 256 bits and a prefix, and its line holds its hash alone', () => {
  const { value, line } = tokens.writer;
  assert.match(value, /^chimera_[A-Za-z0-9_-]{43}$/);
  assert.equal(line, `writer ${createHash('sha256').update(value).digest('hex')} read,write`);
});

test('without a token: where to get one', async () => {
  const answer = await initialize({});
  assert.equal(answer.status, 401);
  const metadata = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate'))[1];
  const document = await (await fetch(metadata)).json();
  assert.equal(document.resource, url);
  assert.deepEqual(document.authorization_servers, [ISSUER]);
  assert.deepEqual(document.scopes_supported, ['read', 'write', 'admin']);
  assert.equal((await fetch(new URL('/.well-known/oauth-protected-resource', url))).status, 200);
});

test('the official client works with tokens of each kind', async () => {
  const all = [tokens.writer.value, ...['RS256', 'ES256', 'EdDSA'].map((alg) => idp.token(alg))];
  for (const token of all) {
    const client = await connect(token);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    assert.ok(names.includes('query') && names.includes('insert.bench_runs'));
    const answer = await client.callTool({ name: 'query', arguments: { sql: 'SELECT 1 AS one' } });
    assert.deepEqual(answer.structuredContent.rows, [[1]]);
    await client.close();
  }
  assert.equal(idp.fetches, 1);
});

test('tokens that do not count', async () => {
  const now = Math.floor(Date.now() / 1000);
  const rsa = idp.token('RS256');
  const [head, body] = rsa.split('.');
  const hmac = (secret) => {
    const text = `${base64url({ alg: 'HS256', kid: 'RS256' })}.${body}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const cases = {
    'another audience': [idp.token('ES256', { aud: 'https://other.example' }), /aud/],
    'another issuer': [idp.token('ES256', { iss: 'https://evil.example' }), /iss/],
    expired: [idp.token('ES256', { exp: now - 120 }), /expired/],
    'without an end': [idp.token('ES256', { exp: undefined }), /exp/],
    'not valid yet': [idp.token('ES256', { nbf: now + 120 }), /nbf/],
    'alg none': [`${base64url({ alg: 'none' })}.${body}.`, /alg/],
    'alg none, with a signature': [`${base64url({ alg: 'none', kid: 'RS256' })}.${rsa.split('.').slice(1).join('.')}`, /alg/],
    'swapped key type': [idp.token('ES256', {}, { kid: 'RS256' }), /alg/],
    'swapped algorithm': [idp.token('ES256', {}, { alg: 'RS256', kid: 'RS256' }), /signature/],
    'HS256 with the public key as PEM': [hmac(idp.keys.RS256.publicKey.export({ type: 'spki', format: 'pem' })), /alg/],
    'HS256 with the public key as JWK': [hmac(JSON.stringify(idp.published[0])), /alg/],
    'unknown key': [idp.token('ES256', {}, { kid: 'elsewhere' }), /kid/],
    'critical extension': [idp.token('ES256', {}, { crit: ['b64'], b64: false }), /crit/],
    'other claims under the signature': [`${head}.${base64url({ sub: 'root' })}.${rsa.split('.')[2]}`, /signature/],
    'a static token that is none': [`chimera_${'A'.repeat(43)}`, /no token of this server/],
    'the hash of a token': [tokens.writer.line.split(' ')[1], /no token of this server/],
  };
  for (const [name, [token, reason]] of Object.entries(cases)) {
    const answer = await initialize(bearer(token));
    const said = `${answer.headers.get('www-authenticate')} ${await answer.text()}`;
    assert.equal(answer.status, 401, `${name}: ${said}`);
    assert.match(said, /error="invalid_token"/, name);
    assert.match(said, reason, name);
    assert.ok(!said.includes(token), `${name}: the token is not shown`);
  }
});

test('a token counts in its header alone', async () => {
  const token = tokens.writer.value;
  const inUrl = await initialize({}, `${url}?access_token=${token}`);
  assert.equal(inUrl.status, 400);
  assert.match(inUrl.headers.get('www-authenticate'), /error="invalid_request"/);
  assert.equal((await initialize(bearer(token), `${url}?access_token=${token}`)).status, 400);
  assert.equal((await initialize({ Cookie: `access_token=${token}; Authorization=Bearer ${token}` })).status, 401);
  assert.equal((await initialize({ Authorization: `Basic ${base64url(`x:${token}`)}` })).status, 401);
});

test("another principal's session does not exist", async () => {
  const writer = await open(tokens.writer.value);
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  assert.equal((await post(url, list, writer)).status, 200);
  for (const token of [tokens.reader.value, idp.token('ES256', { sub: 'eve' })]) {
    const headers = { ...writer, ...bearer(token) };
    assert.equal((await post(url, list, headers)).status, 404);
    const events = { ...headers, Accept: 'text/event-stream' };
    assert.equal((await fetch(url, { headers: events })).status, 404);
    assert.equal((await fetch(url, { headers: { ...events, 'Last-Event-ID': '0-1' } })).status, 404);
    assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 404);
  }
  assert.equal((await fetch(url, { method: 'DELETE', headers: writer })).status, 204);
});

test('scopes decide what is listed and what can be called', async () => {
  const reader = await connect(tokens.reader.value);
  const { tools } = await reader.listTools();
  assert.ok(tools.some(({ name }) => name === 'query'));
  assert.ok(tools.every(({ name }) => !name.startsWith('insert')));
  await reader.close();
  const headers = await open(tokens.reader.value);
  for (const name of ['insert.deployments', 'insert_deployments']) {
    const call = await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...WRITE, name } }, headers);
    assert.equal(call.status, 403);
    assert.match(call.headers.get('www-authenticate'), /error="insufficient_scope", scope="write"/);
    const { error } = await call.json();
    assert.deepEqual(error.data, { error: 'insufficient_scope', missingScopes: ['write'] });
  }
  const writer = await connect(tokens.writer.value);
  const written = await writer.callTool(WRITE);
  assert.match(written.content[0].text, /^invalid_argument/, 'it gets as far as the arguments');
  await writer.close();
  const none = await open(idp.token('ES256', { scope: 'openid' }));
  const query = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'query', arguments: { sql: 'SELECT 1' } } };
  assert.equal((await post(url, query, none)).status, 403);
  // The scopes of each request count, not those that the session was opened with.
  const session = await open(idp.token('ES256', { sub: 'carl' }));
  assert.equal((await post(url, query, session)).status, 200);
  assert.equal((await post(url, query, { ...session, ...bearer(idp.token('ES256', { sub: 'carl', scope: '' })) })).status, 403);
});

test('pages tell as much as they may', async () => {
  const get = (path, token) => fetch(new URL(path, url), { headers: token ? bearer(token) : {} });
  assert.equal((await get('/healthz')).status, 200);
  const ready = await get('/readyz');
  assert.equal(await ready.text(), 'ok\n');
  assert.match(await (await get('/readyz', tokens.admin.value)).text(), /"ready":true/);
  assert.equal((await get('/metrics')).status, 401);
  assert.equal((await get('/metrics', tokens.writer.value)).status, 403);
  assert.match(await (await get('/metrics', tokens.admin.value)).text(), /chimera_build_info/);
});

test('the token file is read again when it changes', async () => {
  const late = await newToken('late', 'read');
  assert.equal((await initialize(bearer(late.value))).status, 401);
  await writeTokens({ ...tokens, late });
  assert.equal((await initialize(bearer(late.value))).status, 200);
  await writeTokens(tokens);
  assert.equal((await initialize(bearer(late.value))).status, 401);
});

test('the log names the principal and no token', async () => {
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const headers = await open(tokens.reader.value);
  await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list.databases', arguments: {} } }, headers);
  await initialize(bearer(`chimera_${'B'.repeat(43)}`));
  await initialize({}, `${url}?access_token=SECRETSECRET`);
  assert.match(log, /tool=list\.databases .* principal=reader/);
  assert.match(log, /refused 127\.0\.0\.1: invalid_token/);
  for (const secret of [tokens.reader.value, 'BBBBBBBB', 'SECRETSECRET']) assert.ok(!log.includes(secret));
});

test('addresses that are not named are not let in', async () => {
  const loopback = await sandbox.startHttp(['--chimera-allowed-clients', '127.0.0.0/8,2001:db8::/32']);
  assert.equal((await initialize({}, loopback.url)).status, 200);
  const elsewhere = await sandbox.startHttp(['--chimera-allowed-clients', '10.0.0.0/8']);
  await assert.rejects(initialize({}, elsewhere.url));
  const wrong = await sandbox.run(['serve', '--http', '127.0.0.1:0', '--chimera-allowed-clients', '10.0.0.1/8']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /CHIMERA_ALLOWED_CLIENTS.*10\.0\.0\.1\/8/);
});

test('an address that others reach is not bound without a word about who may call', async () => {
  const bare = await sandbox.run(['serve', '--http', '0.0.0.0:0']);
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /nothing says who may call.*\n?.*CHIMERA_TOKENS_FILE/);
  for (const [args, env] of [[['--insecure'], {}], [[], { CHIMERA_TOKENS_FILE: tokensFile }]]) {
    const server = await sandbox.startHttp(args, { env, address: '0.0.0.0:0' });
    server.child.kill();
  }
});

test('what is missing or contradicts itself is named at the start', async () => {
  const fails = async (env, message) => {
    const { code, stderr } = await sandbox.run(['serve', '--http', '127.0.0.1:0'], { env });
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  };
  await fails({ CHIMERA_TOKENS_FILE: '/nowhere/tokens' }, /\/nowhere\/tokens cannot be read/);
  await fails({ CHIMERA_JWKS_URL: idp.url }, /CHIMERA_JWKS_URL.* is set without CHIMERA_JWT_ISSUER/);
  await fails({ CHIMERA_JWKS_URL: 'http://login.example.com/k', CHIMERA_JWT_ISSUER: 'i', CHIMERA_JWT_AUDIENCE: 'a' }, /is not https/);
  await fails({ CHIMERA_JWKS_FILE: tokensFile, CHIMERA_JWT_ISSUER: 'i', CHIMERA_JWT_AUDIENCE: 'a' }, /is no JWK Set/);
  await fails({ CHIMERA_JWT_ISSUER: 'i' }, /CHIMERA_JWT_ISSUER.* is set without/);
});

test("a caller's own account of the database runs his statements", async () => {
  const password = 'correct-horse-9';
  const users = ['--user', `server:${password}`, '--user', `reader:${password}:readonly`];
  const engine = sandbox.spawn(BIN, ['engine', '--data', join(sandbox.folder, 'remote'), '--listen', '127.0.0.1:0', ...users]);
  let said = '';
  engine.stderr.on('data', (chunk) => (said += chunk));
  await until(() => /listening on \S+:\d+/.test(said), 'the engine listens');
  const remote = { CH_HOST: '127.0.0.1', CH_PORT: /listening on \S+:(\d+)/.exec(said)[1], CH_SECURE: 'false', CH_USERNAME: 'server', CH_PASSWORD: password };
  const applied = await sandbox.run(['schema', 'apply'], { env: remote });
  assert.equal(applied.code, 0, applied.stderr);
  const passwordFile = join(sandbox.folder, 'reader_password');
  await writeFile(passwordFile, `${password}\n`);
  const [own, bound, wrong] = [await newToken('own', 'read,write'), await newToken('bound', 'read,write'), await newToken('wrong', 'read')];
  bound.line += ` account=reader password_file=${passwordFile}`;
  wrong.line += ' account=reader';
  const file = join(sandbox.folder, 'accounts');
  await writeFile(file, [own, bound, wrong].map(({ line }) => `${line}\n`).join(''), { mode: 0o600 });
  const call = async (server, token, name, args) => {
    const headers = { ...bearer(token.value), 'Mcp-Session-Id': (await initialize(bearer(token.value), server.url)).headers.get('mcp-session-id') };
    const answer = await post(server.url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }, headers);
    return (await answer.json()).result.content[0].text;
  };
  const server = await sandbox.startHttp([], { env: { ...remote, CHIMERA_TOKENS_FILE: file } });
  const row = GOOD_ARGUMENTS['insert.bench_runs'];
  assert.doesNotMatch(await call(server, own, 'insert.bench_runs', row), /^access_denied/);
  assert.match(await call(server, bound, 'insert.bench_runs', row), /^access_denied/);
  assert.match(await call(server, bound, 'query', { sql: 'SELECT count() FROM bench_runs' }), /\[\[/);
  assert.match(await call(server, wrong, 'query', { sql: 'SELECT 1' }), /^access_denied/);
  const embedded = await sandbox.startHttp([], { env: { CHIMERA_TOKENS_FILE: file } });
  assert.match(await call(embedded, bound, 'query', { sql: 'SELECT 1' }), /^access_denied: the embedded engine has no account `reader`/);
});
