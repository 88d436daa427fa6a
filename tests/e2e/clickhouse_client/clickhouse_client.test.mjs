// The official Node client of ClickHouse, unchanged, against the embedded engine.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from './engine.mjs';

let engine;
let client;

// Errors are wanted here; the client would print each of them.
const connect = (more = {}) => createClient({ url: engine.url, log: { level: ClickHouseLogLevel.OFF }, ...more });

before(async () => {
  engine = await startEngine();
  client = connect();
  await client.command({ query: 'CREATE DATABASE shop' });
  await client.command({
    query: 'CREATE TABLE shop.items (id UInt64, name String, price Decimal(10, 2)) ENGINE = MergeTree ORDER BY id',
  });
});

after(async () => {
  await client?.close();
  assert.equal(await engine?.stop(), 0, 'SIGTERM is a clean end');
});

const rows = async (query, more = {}) => (await client.query({ query, format: 'JSONEachRow', ...more })).json();

test('ping, by /ping and by a query', async () => {
  assert.deepEqual(await client.ping(), { success: true });
  assert.deepEqual(await client.ping({ select: true }), { success: true });
});

test('select in a streamed and in a whole format', async () => {
  assert.deepEqual(await rows('SELECT number FROM numbers(3)'), [{ number: 0 }, { number: 1 }, { number: 2 }]);
  const whole = await (await client.query({ query: 'SELECT 1 AS one', format: 'JSON' })).json();
  assert.equal(whole.rows, 1);
  assert.deepEqual(whole.data, [{ one: 1 }]);
});

test('parameters are bound by the server, whatever they hold', async () => {
  const text = "it's \\ a\ttab\nand {braces} é";
  const query = 'SELECT {text:String} AS text, {list:Array(UInt8)} AS list, {none:Nullable(String)} AS none';
  const query_params = { text, list: [1, 2], none: null };
  assert.deepEqual(await rows(query, { query_params }), [{ text, list: [1, 2], none: null }]);
});

test('settings of a request take effect; unknown ones are refused', async () => {
  const clickhouse_settings = { output_format_json_quote_64bit_integers: 1 };
  const [row] = await rows('SELECT 1::UInt64 AS n', { clickhouse_settings });
  assert.equal(row.n, '1');
  await assert.rejects(rows('SELECT 1', { clickhouse_settings: { no_such_setting: 1 } }), {
    code: '115',
    type: 'UNKNOWN_SETTING',
  });
});

test('insert of rows and of a stream, with what was written', async () => {
  const values = [
    { id: 1, name: 'tea', price: '2.50' },
    { id: 2, name: 'FORMAT CSV; DROP TABLE shop.items', price: '3.00' },
  ];
  const { summary } = await client.insert({ table: 'shop.items', values, format: 'JSONEachRow' });
  assert.equal(summary.written_rows, '2');
  await client.insert({
    table: 'shop.items',
    format: 'JSONEachRow',
    values: Readable.from(Array.from({ length: 5000 }, (_, i) => ({ id: 100 + i, name: 'x'.repeat(50), price: '1' }))),
  });
  const [{ n }] = await rows('SELECT count() AS n FROM shop.items');
  assert.equal(n, 5002);
});

test('the database of the client takes effect, an unknown one is error 81', async () => {
  const shop = connect({ database: 'shop' });
  const found = await shop.query({ query: 'SELECT name FROM items WHERE id = 1', format: 'JSONEachRow' });
  assert.deepEqual(await found.json(), [{ name: 'tea' }]);
  await shop.close();
  const nowhere = connect({ database: 'nowhere' });
  await assert.rejects(nowhere.query({ query: 'SELECT 1' }), { code: '81', type: 'UNKNOWN_DATABASE' });
  await nowhere.close();
});

test('a large result streams, its header once', async () => {
  const result = await client.query({
    query: 'SELECT number, toString(number) AS text FROM numbers(300000)',
    format: 'JSONCompactEachRowWithNamesAndTypes',
  });
  assert.ok(result.query_id);
  let count = 0;
  const head = [];
  for await (const batch of result.stream()) {
    for (const row of batch) if (count++ < 3) head.push(row.json());
  }
  assert.deepEqual(head, [['number', 'text'], ['UInt64', 'String'], [0, '0']]);
  assert.equal(count, 300000 + 2);
});

test('an error before the first row has its code, one in the middle of the rows, too', async () => {
  await assert.rejects(rows('SELECT * FROM shop.nothing'), { code: '60', type: 'UNKNOWN_TABLE' });
  await assert.rejects(rows('SELECT 1; SELECT 2'), { code: '62', type: 'SYNTAX_ERROR' });
  const { seen, error } = await lateError();
  assert.equal(error.code, '395');
  assert.match(error.message, /too far/);
  assert.ok(seen > 0, 'rows came before the error');
});

// The client finds the exception only when its block arrives in one piece, which TCP does not promise; a torn one is
// still an error, of its own parser.
async function lateError() {
  for (let attempt = 1; ; ++attempt) {
    const late = await client.query({
      query: "SELECT number, throwIf(number = 1900000, 'too far') AS ok FROM numbers(2000000)",
      format: 'JSONEachRow',
    });
    let seen = 0;
    try {
      for await (const batch of late.stream()) seen += batch.length;
      assert.fail('the stream ended as if it were complete');
    } catch (error) {
      if (attempt === 5 || !/failed to parse/.test(error.message)) return { seen, error };
    }
  }
}

test('a query whose client leaves is ended', async () => {
  const abort = new AbortController();
  const query_id = 'left-alone';
  const query = 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3';
  const left = assert.rejects(client.query({ query, query_id, abort_signal: abort.signal }));
  const listed = `SELECT 1 FROM system.processes WHERE Settings['cluster_for_parallel_replicas'] = '${query_id}'`;
  const running = () => rows(listed);
  while ((await running()).length === 0) await sleep(20);
  abort.abort();
  await left;
  const until = Date.now() + 5000;
  while ((await running()).length > 0) {
    assert.ok(Date.now() < until, 'still running 5 s after its client left');
    await sleep(20);
  }
});

test('KILL QUERY by query_id, and a query_id that is taken', async () => {
  const query_id = 'to-be-killed';
  const query = 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3';
  const killed = assert.rejects(client.query({ query, query_id }), { code: '394' });
  await sleep(200);
  await assert.rejects(client.query({ query: 'SELECT 1', query_id }), { code: '216' });
  const [row] = await rows(`KILL QUERY WHERE query_id = '${query_id}' ASYNC`);
  assert.deepEqual(row, { kill_status: 'waiting', query_id, user: 'default', query: `${query} \nFORMAT JSON` });
  await killed;
  assert.deepEqual(await rows(`KILL QUERY WHERE query_id = '${query_id}' ASYNC`), []);
});
