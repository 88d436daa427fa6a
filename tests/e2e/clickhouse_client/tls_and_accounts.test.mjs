// The official client over TLS, as several accounts; clients that must be refused.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Authority, clientOf, failingEngine, rowsOf, startEngine, until } from './engine.mjs';

let authority;
let server;
let engine;
const clients = [];

const flags = () => ['--tls-cert', server.cert, '--tls-key', server.key];

function connect(username, password, more = {}) {
  const client = clientOf(engine, { username, password, tls: { ca_cert: authority.read('ca.crt') }, ...more });
  clients.push(client);
  return client;
}

before(async () => {
  authority = await Authority.create();
  server = authority.issue('server');
  const users = authority.path('users');
  writeFileSync(users, '# the file\nfiled:in:a:file\n');
  const accounts = ['--user', 'writer:w', '--user', 'reader:r:readonly', '--users-file', users];
  engine = await startEngine([...flags(), ...accounts]);
  await connect('writer', 'w').command({ query: 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a' });
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  assert.equal(await engine?.stop(), 0);
  authority?.remove();
});

test('queries, inserts and large results over TLS', async () => {
  const client = connect('writer', 'w');
  const values = Array.from({ length: 20_000 }, (_, a) => ({ a }));
  await client.insert({ table: 't', values, format: 'JSONEachRow' });
  const rows = await rowsOf(client, 'SELECT number AS a FROM numbers(200000)');
  assert.equal(rows.length, 200_000);
  assert.equal((await rowsOf(client, 'SELECT count() AS n FROM t'))[0].n, 20_000);
});

test('a certificate of an unknown authority, and a plain client, get nothing', async () => {
  const stranger = connect('writer', 'w', { tls: undefined });
  assert.equal((await stranger.ping()).success, false);
  const plain = connect('writer', 'w', { tls: undefined, url: engine.url.replace('https', 'http') });
  const { success, error } = await plain.ping();
  assert.equal(success, false);
  assert.notEqual(error.message, 'Timeout error.');
});

for (const [name, options] of [
  ['TLS 1.2', { maxVersion: 'TLSv1.2' }],
  ['TLS 1.3', { minVersion: 'TLSv1.3' }],
]) {
  test(`${name} is spoken, and its sessions are resumed`, async () => {
    const first = await handshake(options);
    assert.equal(first.protocol, name.replace(' ', 'v'));
    assert.equal(first.reused, false);
    assert.equal((await handshake({ ...options, session: first.session })).reused, true);
  });
}

test('TLS 1.1 is refused', async () => {
  await assert.rejects(handshake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
});

// One request on a connection of its own, and what the connection was.
function handshake(options, { port } = engine) {
  const where = { host: '127.0.0.1', port, ca: authority.read('ca.crt') };
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ ...where, ...options });
    const facts = {};
    socket.on('session', (session) => Object.assign(facts, { session }));
    socket.on('secureConnect', () => {
      Object.assign(facts, { protocol: socket.getProtocol(), reused: socket.isSessionReused() });
      socket.write('GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
    socket.on('data', () => setImmediate(() => resolve(facts)));
    socket.on('error', reject);
  });
}

test('silent connections do not hold up others', async () => {
  const silent = Array.from({ length: 20 }, () => net.connect(engine.port, '127.0.0.1'));
  assert.equal((await connect('writer', 'w').ping()).success, true);
  for (const socket of silent) socket.destroy();
});

test('names and passwords, by headers and by Basic', async () => {
  const wrong = { code: '516', type: 'AUTHENTICATION_FAILED' };
  assert.deepEqual(await rowsOf(connect('filed', 'in:a:file'), 'SELECT 1 AS a'), [{ a: 1 }]);
  await assert.rejects(rowsOf(connect('writer', 'x'), 'SELECT 1'), wrong);
  await assert.rejects(rowsOf(connect('nobody', 'x'), 'SELECT 1'), wrong);
  await assert.rejects(rowsOf(connect('default', ''), 'SELECT 1'), wrong);
  const [plain] = clients;
  const auth = { username: 'nobody', password: 'x' };
  await assert.rejects(rowsOf(plain, 'SELECT 1', { auth }), wrong);
  assert.deepEqual(await rowsOf(plain, 'SELECT 1 AS a', { auth: { username: 'reader', password: 'r' } }), [{ a: 1 }]);
});

test('a read-only account reads, and neither writes nor sets anything', async () => {
  const reader = connect('reader', 'r');
  const refused = { code: '164', type: 'READONLY' };
  assert.deepEqual(await rowsOf(reader, "SELECT value FROM system.settings WHERE name = 'readonly'"), [{ value: '1' }]);
  await assert.rejects(reader.insert({ table: 't', values: [{ a: 1 }], format: 'JSONEachRow' }), refused);
  await assert.rejects(reader.command({ query: 'INSERT INTO t SELECT 1' }), refused);
  await assert.rejects(reader.command({ query: 'DROP TABLE t' }), refused);
  await assert.rejects(reader.command({ query: 'SET max_block_size = 7' }), refused);
  await assert.rejects(rowsOf(reader, 'SELECT 1 SETTINGS max_block_size = 7'), refused);
  const setting = (clickhouse_settings) => rowsOf(reader, 'SELECT 1 AS a', { clickhouse_settings });
  await assert.rejects(setting({ max_block_size: 7 }), { ...refused, message: /Cannot modify 'max_block_size' setting/ });
  await assert.rejects(setting({ readonly: 0 }), refused);
  await assert.rejects(setting({ readonly: 2 }), refused);
  assert.deepEqual(await setting({ readonly: 1, max_block_size: 65409 }), [{ a: 1 }], 'what is in force may be said');
  assert.equal((await reader.ping({ select: true })).success, true);
});

test('a query is ended whose client leaves, with or without saying goodbye', async () => {
  const client = connect('writer', 'w');
  const query = 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3';
  const authorization = Buffer.from('writer:w').toString('base64');
  for (const leave of ['end', 'destroy']) {
    const socket = tls.connect({ host: '127.0.0.1', port: engine.port, ca: authority.read('ca.crt') });
    socket.on('error', () => {});
    const head = `Host: localhost\r\nAuthorization: Basic ${authorization}\r\nContent-Length: ${query.length}`;
    socket.write(`POST /?query_id=${leave} HTTP/1.1\r\n${head}\r\n\r\n${query}`);
    const listed = () => rowsOf(client, `KILL QUERY WHERE query_id = '${leave}' TEST`);
    await until(async () => (await listed()).length, 'the query runs');
    socket[leave]();
    await until(async () => (await listed()).length === 0, `the query ends after ${leave}`);
  }
});

test('a read-only account ends its own queries only', async () => {
  const query = 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3';
  const [writer, reader] = [connect('writer', 'w'), connect('reader', 'r')];
  const running = assert.rejects(writer.query({ query, query_id: 'of-writer' }), { code: '394' });
  const own = assert.rejects(reader.query({ query, query_id: 'of-reader' }), { code: '394' });
  const kill = (client, id, how) => rowsOf(client, `KILL QUERY WHERE query_id = '${id}' ${how}`);
  await until(async () => (await kill(writer, 'of-writer', 'TEST')).length, 'the query runs');
  await until(async () => (await kill(reader, 'of-reader', 'TEST')).length, 'the other runs');
  await assert.rejects(kill(reader, 'of-writer', 'ASYNC'), { code: '497' });
  assert.equal((await kill(reader, 'of-reader', 'ASYNC'))[0].user, 'reader');
  await own;
  await kill(writer, 'of-writer', 'ASYNC');
  await running;
});

test('mutual TLS lets in who has a certificate of the authority', async (t) => {
  const mutual = await startEngine([...flags(), '--tls-client-ca', authority.path('ca.crt')]);
  t.after(() => mutual.stop());
  const { cert, key } = authority.issue('client');
  const ca_cert = authority.read('ca.crt');
  const known = clientOf(mutual, { tls: { ca_cert, cert: readFileSync(cert), key: readFileSync(key) } });
  const unknown = clientOf(mutual, { tls: { ca_cert } });
  assert.deepEqual(await rowsOf(known, 'SELECT 1 AS a'), [{ a: 1 }]);
  assert.equal((await unknown.ping()).success, false);
  const first = await handshake({ cert: readFileSync(cert), key: readFileSync(key) }, mutual);
  const again = { cert: readFileSync(cert), key: readFileSync(key), session: first.session };
  assert.equal((await handshake(again, mutual)).reused, true);
  await Promise.all([known.close(), unknown.close()]);
});

test('files and accounts that cannot be used are named, and passwords are not', async () => {
  const other = authority.issue('other');
  authority.openssl('ec', '-in', 'other.key', '-aes256', '-passout', 'pass:x', '-out', 'locked.key');
  const cases = [
    [['--tls-cert', '/nowhere.crt', '--tls-key', server.key], 1, /certificate \/nowhere\.crt cannot be read/],
    [['--tls-cert', server.cert, '--tls-key', other.key], 1, /key .*other\.key is refused: key values mismatch/],
    [['--tls-cert', server.key, '--tls-key', server.key], 1, /certificate .*server\.key is refused: no start line/],
    [['--tls-cert', server.cert, '--tls-key', authority.path('locked.key')], 1, /locked\.key is refused/],
    [[...flags(), '--tls-client-ca', server.key], 1, /client CA .*server\.key is refused/],
    [['--tls-cert', server.cert], 2, /--tls-key/],
    [['--user', 'hunter2'], 1, /--user number 1 is not an account/],
    [['--users-file', '/nowhere'], 1, /\/nowhere cannot be read/],
  ];
  for (const [args, code, message] of cases) {
    const failed = await failingEngine(args);
    assert.deepEqual([failed.code, message.test(failed.said)], [code, true], failed.said);
    assert.doesNotMatch(failed.said, /hunter2/);
  }
  const { said } = await failingEngine([], engine.folder);
  assert.match(said, /is held by process \d+ \(.* --user \*\*\* --user \*\*\* .*\), which listens on https:/);
});
