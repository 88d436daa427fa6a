// gzip between the official client and the engine, both ways.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { clientOf, rowsOf, startEngine } from './engine.mjs';

let engine;
let client;

before(async () => {
  engine = await startEngine();
  client = clientOf(engine, { compression: { request: true, response: true } });
  await client.command({ query: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
});

after(async () => {
  await client?.close();
  assert.equal(await engine?.stop(), 0);
});

test('rows in and out', async () => {
  const values = Readable.from(Array.from({ length: 5000 }, (_, a) => ({ a, b: 'x'.repeat(20) })));
  await client.insert({ table: 't', values, format: 'JSONEachRow' });
  const rows = await rowsOf(client, 'SELECT a FROM t ORDER BY a');
  assert.equal(rows.length, 5000);
  assert.deepEqual(rows.at(-1), { a: 4999 });
});

test('every kind of answer is compressed when it is asked for, and only then', async () => {
  const queries = { small: 'SELECT 1', streamed: 'SELECT * FROM t', whole: 'SELECT * FROM t FORMAT JSON' };
  for (const [kind, query] of Object.entries(queries)) {
    const packed = await client.exec({ query });
    assert.equal(packed.response_headers['content-encoding'], 'gzip', kind);
    packed.stream.destroy();
    const clickhouse_settings = { enable_http_compression: 0 };
    const plain = await client.exec({ query, clickhouse_settings, decompress_response_stream: false });
    assert.equal(plain.response_headers['content-encoding'], undefined, kind);
    plain.stream.destroy();
  }
});

test('an error has its code, also one in the middle of the rows', async () => {
  await assert.rejects(rowsOf(client, 'SELECT * FROM nothing'), { code: '60' });
  // Decompression cuts the body anew, so that the client does not always recognize the exception as such.
  const late = "SELECT number, throwIf(number = 1900000, 'too far') AS ok FROM numbers(2000000)";
  await assert.rejects(async () => {
    const result = await client.query({ query: late, format: 'JSONEachRow' });
    for await (const batch of result.stream()) assert.ok(batch.length > 0);
  });
});

test('the exception block of a compressed stream arrives whole', async () => {
  const query = "SELECT number, throwIf(number = 1900000, 'too far') AS ok FROM numbers(2000000)";
  const { stream, response_headers } = await client.exec({ query });
  let tail = '';
  await assert.rejects(async () => {
    for await (const chunk of stream) tail = (tail + chunk.toString('latin1')).slice(-2000);
  });
  const tag = response_headers['x-clickhouse-exception-tag'];
  assert.match(tail, new RegExp(`__exception__\\r\\n${tag}\\r\\nCode: 395[^]*too far[^]*${tag}\\r\\n__exception__\\r\\n$`));
});

test('a cut, damaged or foreign compressed body stores nothing', async () => {
  const count = async () => (await rowsOf(client, 'SELECT count() AS n FROM t'))[0].n;
  const stored = await count();
  const body = gzipSync(Array.from({ length: 10_000 }, (_, a) => `${a}\tx\n`).join(''));
  const insert = async (bytes, encoding = 'gzip') => {
    const url = `${engine.url}/?query=${encodeURIComponent('INSERT INTO t FORMAT TSV')}`;
    const response = await fetch(url, { method: 'POST', body: bytes, headers: { 'Content-Encoding': encoding } });
    return { status: response.status, text: await response.text() };
  };
  assert.match((await insert(body.subarray(0, -1))).text, /^Code: 354\./);
  assert.match((await insert(body.subarray(0, 1000))).text, /^Code: 354\./);
  assert.match((await insert(Buffer.concat([body, Buffer.from('x')]))).text, /^Code: 354\./);
  assert.equal((await insert(body, 'zstd')).status, 501);
  assert.equal(await count(), stored);
  assert.equal((await insert(body)).status, 200);
  assert.equal(await count(), stored + 10_000);
});

test('a bomb is refused long before it is unpacked', async () => {
  const response = await fetch(engine.url, {
    method: 'POST',
    body: gzipSync(Buffer.alloc(50_000_000, ' ')),
    headers: { 'Content-Encoding': 'gzip' },
  });
  assert.equal(response.status, 413);
});
