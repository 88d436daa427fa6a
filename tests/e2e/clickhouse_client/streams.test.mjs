// Streams of the official client in both directions, aborts, and the smaller parts of its interface.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, rowsOf, startEngine, until } from './engine.mjs';

let engine;
let client;

before(async () => {
  engine = await startEngine();
  client = clientOf(engine);
  await client.command({ query: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
});

after(async () => {
  await client?.close();
  assert.equal(await engine?.stop(), 0);
});

const counted = async (where = '1') =>
  (await rowsOf(client, `SELECT count() AS n FROM t WHERE ${where}`))[0].n;

test('inserts of streams in several formats', async () => {
  await client.command({ query: 'TRUNCATE TABLE t' });
  const csv = Array.from({ length: 3000 }, (_, a) => `${a},"x,y"\n`);
  await client.insert({ table: 't', values: Readable.from(csv, { objectMode: false }), format: 'CSV' });
  const objects = Array.from({ length: 3000 }, (_, a) => ({ a: 10_000 + a, b: 'é' }));
  await client.insert({ table: 't', values: Readable.from(objects), format: 'JSONEachRow' });
  const arrays = [[20_000, 'one'], [20_001, 'two']];
  await client.insert({ table: 't', values: Readable.from(arrays), format: 'JSONCompactEachRow' });
  await client.insert({ table: 't', values: [{ a: 30_000 }], format: 'JSONEachRow', columns: ['a'] });
  assert.deepEqual([await counted("b = 'x,y'"), await counted("b = 'é'"), await counted()], [3000, 3000, 6003]);
});

test('Parquet out and in again', async () => {
  await client.command({ query: 'TRUNCATE TABLE t' });
  const query = "SELECT number::UInt32 AS a, 'p' AS b FROM numbers(10000) FORMAT Parquet";
  const { stream } = await client.exec({ query });
  await client.exec({ query: 'INSERT INTO t FORMAT Parquet', values: stream });
  assert.equal(await counted("b = 'p'"), 10_000);
});

test('exec takes values and gives a summary', async () => {
  await client.command({ query: 'TRUNCATE TABLE t' });
  const values = Readable.from(['1\tone\n', '2\ttwo\n'], { objectMode: false });
  const { summary } = await client.exec({ query: 'INSERT INTO t FORMAT TSV', values });
  assert.equal(summary.written_rows, '2');
  const { stream } = await client.exec({ query: 'SELECT b FROM t ORDER BY a FORMAT CSV' });
  assert.equal(await text(stream), '"one"\n"two"\n');
});

test('a stream of results in other formats, text and JSON', async () => {
  const query = 'SELECT number AS n FROM numbers(100000)';
  const lines = await client.query({ query, format: 'CSVWithNames' });
  let count = 0;
  for await (const rows of lines.stream()) count += rows.length;
  assert.equal(count, 100_001);
  assert.equal((await (await client.query({ query, format: 'JSONCompact' })).json()).rows, 100_000);
  assert.equal((await (await client.query({ query, format: 'TabSeparated' })).text()).length, 588_890);
});

test('parameters in a form, and too many for a URL', async () => {
  const query = 'SELECT length({list:Array(String)}) AS n, {text:String} AS text';
  const query_params = { list: Array.from({ length: 5000 }, (_, i) => `é${i}\t"'`), text: 'a\n--b' };
  const forms = [{ use_multipart_params: true }, { use_multipart_params_auto: true }];
  for (const form of forms)
    assert.deepEqual(await rowsOf(client, query, { query_params, ...form }), [{ n: 5000, text: 'a\n--b' }]);
  await assert.rejects(rowsOf(client, 'SELECT nothing', { query_params, ...forms[0] }), { code: '47' });
  const body = new FormData();
  body.append('outside', new Blob(['1\n']), 'data.tsv');
  assert.equal((await fetch(`${engine.url}/?query=SELECT+1`, { method: 'POST', body })).status, 501);
});

test('roles are refused, other headers are not in the way', async () => {
  await assert.rejects(rowsOf(client, 'SELECT 1', { role: 'admin' }), { code: '48' });
  const http_headers = { 'X-Forwarded-For': '10.0.0.1', 'X-Custom': 'é'.normalize('NFD').slice(0, 1) };
  assert.deepEqual(await rowsOf(client, 'SELECT 1 AS a', { http_headers }), [{ a: 1 }]);
});

test('everything in the URL', async () => {
  const { host } = new URL(engine.url);
  const url = `http://default:@${host}/system?application=e2e&clickhouse_setting_max_block_size=7`;
  const other = clientOf({ url });
  const query = "SELECT currentDatabase() AS d, getSetting('max_block_size') AS s";
  assert.deepEqual(await rowsOf(other, query), [{ d: 'system', s: 7 }]);
  await other.close();
});

test('connections are kept and used again', async () => {
  const one = clientOf(engine, { max_open_connections: 1 });
  const connections = async () =>
    (await rowsOf(one, "SELECT value AS n FROM system.metrics WHERE metric = 'Query'")).length;
  for (let i = 0; i < 20; ++i) assert.equal(await connections(), 1);
  await one.close();
  const impatient = clientOf(engine, { keep_alive: { enabled: false } });
  assert.deepEqual(await rowsOf(impatient, 'SELECT 1 AS a'), [{ a: 1 }]);
  await impatient.close();
});

test('an insert that is aborted or cut stores nothing', async () => {
  await client.command({ query: 'TRUNCATE TABLE t' });
  async function* slowly() {
    for (let a = 0; a < 1000; ++a) yield { a, b: 'x'.repeat(1000) };
    await sleep(30_000, null, { ref: false });
  }
  const abort = new AbortController();
  const values = Readable.from(slowly());
  const query_id = 'cut-insert';
  const inserted = client.insert({ table: 't', values, format: 'JSONEachRow', abort_signal: abort.signal, query_id });
  const refused = assert.rejects(inserted);
  const listed = () => rowsOf(client, `KILL QUERY WHERE query_id = '${query_id}' TEST`);
  await until(async () => (await listed()).length, 'the insert has begun');
  abort.abort();
  await refused;
  await until(async () => (await listed()).length === 0, 'the insert has ended');
  await cutInsert('Content-Length: 1000', '1\ta\n2\tb\n');
  await cutInsert('Transfer-Encoding: chunked', '8\r\n1\ta\n2\tb\n\r\n');
  assert.equal(await counted(), 0);
});

// An insert whose connection breaks in the middle of its body.
async function cutInsert(header, body) {
  const socket = net.connect(engine.port, '127.0.0.1');
  const query_id = `cut-${header.slice(0, 7)}`;
  const target = `/?query_id=${query_id}&query=INSERT+INTO+t+FORMAT+TSV`;
  socket.write(`POST ${target} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n${body}`);
  const listed = () => rowsOf(client, `KILL QUERY WHERE query_id = '${query_id}' TEST`);
  await until(async () => (await listed()).length, 'the insert has begun');
  socket.destroy();
  await until(async () => (await listed()).length === 0, 'the insert has ended');
}

test('who leaves a stream ends its query; a query told to stay stays', async () => {
  const listed = (id) => rowsOf(client, `KILL QUERY WHERE query_id = '${id}' TEST`);
  const endless = { query: 'SELECT number FROM numbers(100000000000)', format: 'JSONEachRow', query_id: 'endless' };
  const result = await client.query(endless);
  for await (const rows of result.stream()) {
    assert.ok(rows.length);
    break;
  }
  result.close();
  await until(async () => (await listed('endless')).length === 0, 'the query ends');
  const abort = new AbortController();
  const stays = client.query({
    query: 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3',
    query_id: 'stays',
    abort_signal: abort.signal,
    clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 0 },
  });
  const left = assert.rejects(stays);
  await until(async () => (await listed('stays')).length, 'the query runs');
  abort.abort();
  await left;
  await sleep(300);
  assert.equal((await listed('stays')).length, 1);
  await rowsOf(client, "KILL QUERY WHERE query_id = 'stays' ASYNC");
  await until(async () => (await listed('stays')).length === 0, 'it was killed');
});
