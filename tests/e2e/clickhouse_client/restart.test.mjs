// The engine killed and started again under the official client; its end when its folder is removed.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { test } from 'node:test';
import { clientOf, rowsOf, startEngine } from './engine.mjs';

test('killed with open connections, it comes back on its port with every acknowledged row', async () => {
  let engine = await startEngine();
  const client = clientOf(engine);
  await client.command({ query: 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a' });
  for (let round = 1; round <= 3; ++round) {
    await client.insert({ table: 't', values: [{ a: round }], format: 'JSONEachRow' });
    const idle = net.connect(engine.port, '127.0.0.1');
    await new Promise((resolve) => idle.on('connect', resolve));
    await engine.end('SIGKILL');
    engine = await startEngine([], engine);
    idle.destroy();
    const retried = () => rowsOf(client, 'SELECT count() AS n FROM t').catch(() => retried());
    assert.deepEqual(await retried(), [{ n: round }]);
  }
  await client.close();
  assert.equal(await engine.stop(), 0);
});

test('it leaves when its folder is removed', async () => {
  const engine = await startEngine();
  rmSync(`${engine.folder}/data`, { recursive: true, force: true });
  assert.equal(await engine.ended, 0);
  await rm(engine.folder, { recursive: true, force: true });
});

test('a client that neither reads nor writes does not keep it from leaving', async () => {
  const engine = await startEngine();
  const sockets = ['GET /pi', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nSELECT'].map((begun) => {
    const socket = net.connect(engine.port, '127.0.0.1');
    socket.write(begun);
    socket.on('error', () => {});
    return socket;
  });
  const query = 'SELECT * FROM numbers(10000000000)';
  const stuck = net.connect(engine.port, '127.0.0.1');
  stuck.pause();
  stuck.on('error', () => {});
  stuck.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${query.length}\r\n\r\n${query}`);
  const client = clientOf(engine);
  await rowsOf(client, 'SELECT 1');
  await client.close();
  const start = Date.now();
  assert.equal(await engine.stop(), 0);
  assert.ok(Date.now() - start < 15_000, 'each of them would hold it for 30 s');
  for (const socket of [...sockets, stuck]) socket.destroy();
});
