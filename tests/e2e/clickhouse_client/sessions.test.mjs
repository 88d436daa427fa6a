// What the official client's documentation says of session_id.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { clientOf, rowsOf, startEngine, until } from './engine.mjs';

let engine;
let shared;

before(async () => {
  engine = await startEngine(['--user', 'default:', '--user', 'reader:r:readonly']);
  shared = clientOf(engine);
});

after(async () => {
  await shared?.close();
  assert.equal(await engine?.stop(), 0);
});

async function inSession(more, body) {
  const client = clientOf(engine, { session_id: randomUUID(), max_open_connections: 1, ...more });
  try {
    await body(client);
  } finally {
    await client.close();
  }
}

test('a temporary table lives in its session', () =>
  inSession({}, async (client) => {
    await client.command({ query: 'CREATE TEMPORARY TABLE mine (i Int32)' });
    await client.insert({ table: 'mine', values: [{ i: 42 }, { i: 144 }], format: 'JSONEachRow' });
    assert.deepEqual(await rowsOf(client, 'SELECT * FROM mine'), [{ i: 42 }, { i: 144 }]);
    await assert.rejects(rowsOf(shared, 'SELECT * FROM mine'), { code: '60' });
    await assert.rejects(rowsOf(shared, 'SELECT * FROM mine', { session_id: randomUUID() }), { code: '60' });
  }));

test('SET stays for the session, a setting of a request for the request', () =>
  inSession({}, async (client) => {
    const query = 'SELECT toInt64(42) AS n';
    const set = 'SET output_format_json_quote_64bit_integers = 1';
    await client.command({ query: set, clickhouse_settings: { wait_end_of_query: 1 } });
    assert.deepEqual(await rowsOf(client, query), [{ n: '42' }]);
    const clickhouse_settings = { output_format_json_quote_64bit_integers: 0 };
    assert.deepEqual(await rowsOf(client, query, { clickhouse_settings }), [{ n: 42 }]);
    assert.deepEqual(await rowsOf(client, query), [{ n: '42' }]);
    assert.deepEqual(await rowsOf(shared, query), [{ n: 42 }]);
  }));

test('USE stays, the database of the client is of each request', async () => {
  const session_id = randomUUID();
  const query = 'SELECT currentDatabase() AS d';
  await shared.command({ query: 'USE system', session_id });
  assert.deepEqual(await rowsOf(shared, query, { session_id }), [{ d: 'system' }]);
  await inSession({ session_id, database: 'information_schema' }, async (client) =>
    assert.deepEqual(await rowsOf(client, query), [{ d: 'information_schema' }])
  );
  assert.deepEqual(await rowsOf(shared, query, { session_id }), [{ d: 'system' }]);
});

test('a session takes one query at a time, and a stream is one until it is read', () =>
  inSession({}, async (client) => {
    await client.command({ query: 'CREATE TEMPORARY TABLE mine (i Int32)' });
    const session_id = randomUUID();
    const slow = shared.query({ query: 'SELECT sleep(1)', session_id, query_id: `slow-${session_id}` });
    const listed = () => rowsOf(shared, `KILL QUERY WHERE query_id = 'slow-${session_id}' TEST`);
    await until(async () => (await listed()).length, 'the query runs');
    await assert.rejects(rowsOf(shared, 'SELECT 1', { session_id }), { code: '373', type: 'SESSION_IS_LOCKED' });
    await (await slow).text();
    assert.deepEqual(await rowsOf(shared, 'SELECT 1 AS a', { session_id }), [{ a: 1 }]);
    const stream = await client.query({ query: 'SELECT number FROM numbers(1000000)', format: 'JSONEachRow' });
    for await (const rows of stream.stream()) assert.ok(rows.length);
    assert.deepEqual(await rowsOf(client, 'SELECT count() AS n FROM mine'), [{ n: 0 }]);
  }));

test('a session survives an aborted query', async () => {
  const session_id = randomUUID();
  await shared.command({ query: 'CREATE TEMPORARY TABLE mine (i Int32)', session_id });
  const abort = new AbortController();
  const query = 'SELECT count() FROM numbers(100000000000) WHERE number % 7 = 3';
  const query_id = randomUUID();
  const left = assert.rejects(shared.query({ query, query_id, session_id, abort_signal: abort.signal }));
  const listed = () => rowsOf(shared, `KILL QUERY WHERE query_id = '${query_id}' TEST`);
  await until(async () => (await listed()).length, 'the query runs');
  abort.abort();
  await left;
  await until(async () => (await listed()).length === 0, 'the query ends');
  assert.deepEqual(await rowsOf(shared, 'SELECT count() AS n FROM mine', { session_id }), [{ n: 0 }]);
});

test('a session is of its account', async () => {
  const session_id = randomUUID();
  await shared.command({ query: 'USE system', session_id });
  await inSession({ session_id, username: 'reader', password: 'r' }, async (reader) => {
    assert.deepEqual(await rowsOf(reader, 'SELECT currentDatabase() AS d'), [{ d: 'default' }]);
    await reader.command({ query: 'USE information_schema' });
    assert.deepEqual(await rowsOf(reader, 'SELECT currentDatabase() AS d'), [{ d: 'information_schema' }]);
    await assert.rejects(reader.command({ query: 'SET max_block_size = 7' }), { code: '164' });
  });
  assert.deepEqual(await rowsOf(shared, 'SELECT currentDatabase() AS d', { session_id }), [{ d: 'system' }]);
});
