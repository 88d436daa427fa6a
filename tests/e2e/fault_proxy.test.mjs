// The proxy that the fault tests stand on does what it says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultProxy } from './support/fault_proxy.mjs';
import { until } from './support/processes.mjs';

const ENOUGH_MS = 100; // for what should not happen

let echo;
let proxy;
let received; // by the server, of all connections
before(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received += bytes.length;
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: echo.address().port });
});
after(async () => {
  await proxy.close();
  echo.close();
});

const sockets = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

async function open() {
  received = 0;
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.got = Buffer.alloc(0);
  socket.on('data', (bytes) => (socket.got = Buffer.concat([socket.got, bytes])));
  socket.on('end', () => (socket.ended = true));
  socket.on('error', (error) => (socket.failure = error.code));
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

// Opens a connection under `fault` and sends 1,000 bytes.
async function send(fault) {
  proxy.use(fault);
  const socket = await open();
  socket.write(Buffer.alloc(1000, 'a'));
  return socket;
}

test('no fault: everything passes, and an end passes too', async () => {
  const socket = await send({});
  await until(() => socket.got.length === 1000, 'the echo');
  socket.end();
  await until(() => socket.ended, 'the end comes back');
  await until(() => proxy.passages.size === 0, 'nothing is left open');
});

test('delay', async () => {
  const began = performance.now();
  const socket = await send({ delayMs: 50 });
  await until(() => socket.got.length === 1000, 'the echo');
  assert.ok(performance.now() - began >= 95);
});

test('cut on the way to the server', async () => {
  const socket = await send({ cut: { up: 300 } });
  await until(() => socket.ended || socket.failure, 'the connection ends');
  await until(() => received === 300, `300 bytes arrive`);
});

test('cut on the way to the client', async () => {
  const socket = await send({ cut: { down: 300 } });
  await until(() => socket.ended, 'the connection ends');
  assert.equal(socket.got.length, 300);
  assert.equal(received, 1000);
});

test('cut before the first byte, by a reset', async () => {
  const socket = await send({ cut: { down: 0 }, reset: true });
  await until(() => socket.failure, 'the connection is reset');
  assert.equal(socket.failure, 'ECONNRESET');
  assert.equal(socket.got.length, 0);
});

test('half-close: the client sees the end, the server still hears', async () => {
  const socket = await send({ halfClose: 300 });
  await until(() => socket.ended, 'the end');
  assert.equal(socket.got.length, 300);
  socket.write('more');
  await until(() => received === 1004, 'the server hears more');
});

test('black hole', async () => {
  const socket = await send({ blackHole: true });
  await sleep(ENOUGH_MS);
  assert.equal(socket.got.length, 0);
  assert.equal(received, 0);
  assert.ok(!socket.ended && !socket.failure);
});

test('flip', async () => {
  const socket = await send({ flip: { down: 500 } });
  await until(() => socket.got.length === 1000, 'the echo');
  const changed = [...socket.got].flatMap((byte, at) => (byte === 'a'.charCodeAt(0) ? [] : [at]));
  assert.deepEqual(changed, [500]);
});

test('drip', async () => {
  const socket = await send({ drip: { bytes: 100, everyMs: 10 } });
  await until(() => socket.got.length > 0, 'the first bytes');
  assert.ok(socket.got.length < 1000);
  await until(() => socket.got.length === 1000, 'the rest');
});

test('refuse, and accept again on the same port', async () => {
  const socket = await send({});
  await proxy.refuse();
  await until(() => socket.ended || socket.failure, 'the open connection ends');
  await assert.rejects(open(), { code: 'ECONNREFUSED' });
  await proxy.accept();
  await until(async () => (await send({})).writable, 'it accepts');
});

test('a fault changes under an open connection', async () => {
  const socket = await send({});
  await until(() => socket.got.length === 1000, 'the echo');
  proxy.use({ cut: { down: 10 } });
  socket.write(Buffer.alloc(1000, 'b'));
  await until(() => socket.ended, 'the connection ends');
  assert.equal(socket.got.length, 1010);
});

test('a function gives every connection a fault of its own', async () => {
  let next = 0;
  proxy.use(() => ({ cut: { down: ++next } }));
  for (const length of [1, 2, 3]) {
    const socket = await open();
    socket.write('abcdef');
    await until(() => socket.ended, 'the connection ends');
    assert.equal(socket.got.length, length);
  }
});

test('once', async () => {
  const socket = await send({ cut: { down: 10 }, once: true });
  await until(() => socket.ended, 'the first connection ends');
  const next = await open();
  next.write('abcdefghijklmnop');
  await until(() => next.got.length === 16, 'the next one is whole');
});
