// The dataset webhook_delivery through the official SDK, on rows whose figures are worked out by hand in the comments.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askEngine } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const ENV = { CHIMERA_DATASETS: 'webhook_delivery', CH_DATABASE: 'webhook_delivery' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const THIS_HOUR = Math.floor(Date.now() / HOUR) * HOUR;

const uuid = (kind, number) => `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;
const event = (number) => uuid('e', number);
const [ALICE, BOB, CAROL, DAVE, NOBODY] = [1, 2, 3, 4, 9].map((number) => uuid('a', number));
const [E1, E2, OF_BOB, OF_CAROL, OF_DAVE] = [1, 2, 3, 4, 5].map((number) => uuid('b', number));
const at = (hoursAgo, minutes = 0) => new Date(THIS_HOUR - hoursAgo * HOUR + minutes * MINUTE).toISOString();
const hour = (hoursAgo) => at(hoursAgo).replace('.000Z', 'Z');
const day = (hoursAgo) => at(hoursAgo).slice(0, 10);

const HASH = `0x${'ab'.repeat(32)}`;
const ADDRESS = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
const someEvent = (number, hoursAgo) => ({
  id: event(number), chain_id: 1, block_number: 21_000_000 + number, block_hash: HASH, transaction_hash: HASH,
  transaction_index: number, log_index: 0, address: ADDRESS, topic0: HASH, ingested_at: at(hoursAgo), created_at: hour(hoursAgo),
});

let lastAttempt = 0;
// `outcome` is [status, HTTP code, ms, error]; `later` the minutes after which it was known.
function attempt(user, endpoint, event_id, [hoursAgo, minutes], attempt_number, outcome, { id = ++lastAttempt, later = 1 } = {}) {
  const [status, http_status_code = null, response_time_ms = null, error_message = null] = outcome;
  return {
    id: uuid('c', id), event_id, endpoint_id: endpoint, user_id: user, attempt_number, status, http_status_code, response_time_ms,
    error_message, created_at: at(hoursAgo, minutes), updated_at: at(hoursAgo, minutes + later),
  };
}
const OK = (ms) => ['success', 200, ms];
const PENDING = ['pending'];

// Alice, as she looks in the end:     id  delivery   #  began   outcome
const ALICES = [
  attempt(ALICE, E1, event(1), [3, 5], 1, OK(100)), //     1  1 to E1   1  3 h    success after 100 ms
  attempt(ALICE, E1, event(2), [3, 6], 1, ['failed', 500, 300, 'HTTP 500']), //     2  2 to E1   1  3 h    500 after 300 ms
  attempt(ALICE, E1, event(2), [2, 6], 2, OK(200)), //     3  2 to E1   2  2 h    success after 200 ms
  attempt(ALICE, E1, event(3), [2, 20], 1, ['failed', null, null, 'timeout']), //     4  3 to E1   1  2 h    no answer
  attempt(ALICE, E1, event(3), [1, 20], 2, PENDING), //     5  3 to E1   2  1 h    none yet
  attempt(ALICE, E2, event(1), [2, 10], 1, ['expired', 503, 450, 'HTTP 503'], { later: 5 }), // 6  1 to E2  1  2 h  503 after 450 ms
  attempt(ALICE, E2, event(4), [1, 10], 1, OK(50)), //     7  4 to E2   1  1 h    success after 50 ms
  attempt(ALICE, E1, event(5), [30, 0], 1, ['failed', 404, 80, 'HTTP 404']), //     8  5 to E1   1  30 h   404 after 80 ms
];
// What was stored of 1 and 6 before: as an outcome comes, the attempt is stored again.
const EARLIER = [
  { ...ALICES[0], ...attempt(ALICE, E1, event(1), [3, 5], 1, PENDING, { id: 1, later: 0 }) },
  { ...ALICES[5], ...attempt(ALICE, E2, event(1), [2, 10], 1, ['failed', 503, 400, 'HTTP 503'], { id: 6, later: 1 }) },
];
// Bob's are stored once each: two events, one of them twice.
const BOBS = [
  attempt(BOB, OF_BOB, event(1), [3, 0], 1, OK(120)),
  attempt(BOB, OF_BOB, event(2), [2, 0], 1, ['failed', 500, 240, 'HTTP 500']),
  attempt(BOB, OF_BOB, event(2), [2, 30], 2, OK(60)),
];

let sandbox;
let client;

const call = (name, args) => client.callTool({ name, arguments: args });
async function answer(name, args) {
  const result = await call(name, args);
  assert.ok(!result.isError, `${name}: ${result.content[0].text}`);
  return result.structuredContent;
}
async function refusal(name, args) {
  const result = await call(name, args);
  assert.equal(result.isError, true, `${name} ${JSON.stringify(args)}: ${JSON.stringify(result)}`);
  return result.content[0].text;
}
async function asObjects(name, args) {
  const { columns, rows } = await answer(name, args);
  return rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i].name ?? columns[i], value])));
}
const rowsOf = async (sql, params) => (await answer('query', params ? { sql, params } : { sql })).rows;
const ask = async (sql) => askEngine((await sandbox.oneEngine()).socket, sql);
const insertAttempts = (...rows) => answer('insert.delivery_attempts', { rows });

async function connect(to) {
  const connected = new Client({ name: 'e2e', version: '1' });
  await connected.connect(new StdioClientTransport({ command: BIN, args: ['serve'], env: to.env, stderr: 'ignore' }));
  return connected;
}

before(async () => {
  sandbox = await Sandbox.create(ENV);
  client = await connect(sandbox);
  await answer('insert.events', { rows: [...[1, 2, 3, 4, 6].map((number) => someEvent(number, 4)), someEvent(5, 31)] });
  await insertAttempts(...EARLIER, ALICES[1]);
  await insertAttempts(...ALICES.filter((one) => one !== ALICES[1]));
  await insertAttempts(...BOBS);
});
after(async () => {
  await client.close();
  await sandbox.close();
});

describe('get.delivery_dashboard', () => {
  test('counts every attempt of the last 24 hours once, in its newest version', async () => {
    const { summary, ...figures } = await answer('get.delivery_dashboard', { user_id: ALICE });
    assert.deepEqual(figures, {
      events: 4, // 1, 2, 3, 4; attempt 8 began 30 h ago
      events_delivered: 3, // 1 by attempt 1, 2 by 3, 4 by 7
      attempts: 7,
      succeeded: 3, // 1, 3, 7
      failed: 2, // 2, 4
      expired: 1, // 6, which was failed before
      pending: 1, // 5
      success_rate: 42.86, // 3 / 7 = 0.428571
      avg_response_ms: 220, // (100 + 300 + 200 + 450 + 50) / 5; 4 and 5 have no answer
      p95_response_ms: 450, // of 50, 100, 200, 300, 450
      endpoints: 2,
      hourly: [
        [hour(3), 2, 1, 200], // attempts 1 and 2: (100 + 300) / 2
        [hour(2), 3, 1, 325], // 3, 4, 6: (200 + 450) / 2
        [hour(1), 2, 1, 50], // 5, 7
      ],
      note: null,
    });
    assert.equal(summary, '3 of 7 attempts succeeded in the last 24 hours (42.86 %); 3 of 4 events were delivered. '
      + '2 failed, 1 expired, 1 pending.');
  });

  test('looks as far back as it is asked to', async () => {
    const { attempts, failed, success_rate, events, hourly } = await answer('get.delivery_dashboard', { user_id: ALICE, hours: 48 });
    // Attempt 8 besides: 3 / 8.
    assert.deepEqual({ attempts, failed, success_rate, events }, { attempts: 8, failed: 3, success_rate: 37.5, events: 5 });
    assert.deepEqual(hourly[0], [hour(30), 1, 0, 80]);
  });

  test('an empty window has nulls and a reason', async () => {
    const nothing = await answer('get.delivery_dashboard', { user_id: NOBODY });
    assert.deepEqual([nothing.attempts, nothing.events, nothing.success_rate, nothing.avg_response_ms, nothing.p95_response_ms],
      [0, 0, null, null, null]);
    assert.deepEqual(nothing.hourly, []);
    assert.equal(nothing.note, 'This user has no attempts at all.');
    await insertAttempts(attempt(CAROL, OF_CAROL, event(5), [30, 0], 1, OK(10)));
    const old = await answer('get.delivery_dashboard', { user_id: CAROL });
    assert.equal(old.summary, 'No attempt in the last 24 hours.');
    assert.equal(old.note, `The newest attempt of this user began at ${hour(30)}.`);
  });
});

describe('get.endpoint_health', () => {
  test('counts every attempt in the last status it reached, the worst endpoint first', async () => {
    assert.deepEqual(await asObjects('get.endpoint_health', { user_id: ALICE, days: 3 }), [{
      endpoint_id: E1, user_id: ALICE,
      attempts: 6, // 1, 2, 3, 4, 5, 8
      success_rate: 33.33, // 2 / 6
      succeeded: 2, failed: 3, expired: 0, pending: 1, // 1 3; 2 4 8; 5
      avg_response_ms: 170, // (100 + 300 + 200 + 80) / 4
      min_response_ms: 80, max_response_ms: 300,
      last_success_day: day(2), // attempt 3
    }, {
      endpoint_id: E2, user_id: ALICE,
      attempts: 2, success_rate: 50, // 7 of 6, 7
      succeeded: 1, failed: 0, expired: 1, pending: 0, // 6 was failed, then expired
      avg_response_ms: 300, // of the answers stored: (400 + 450 + 50) / 3
      min_response_ms: 50, max_response_ms: 450,
      last_success_day: day(1),
    }]);
  });

  test('takes one endpoint, or all', async () => {
    const [bobs, ...others] = await asObjects('get.endpoint_health', { endpoint_id: OF_BOB, days: 2 });
    assert.deepEqual(others, []);
    // 1 and 3 of 3 succeeded; (120 + 240 + 60) / 3.
    assert.deepEqual([bobs.attempts, bobs.success_rate, bobs.failed, bobs.avg_response_ms], [3, 66.67, 1, 140]);
    const everybody = await asObjects('get.endpoint_health', { days: 3 });
    assert.deepEqual(everybody.slice(0, 3).map(({ endpoint_id }) => endpoint_id), [E1, E2, OF_BOB]); // 33, 50, 67 %
  });

  test('says why there is nothing', async () => {
    const { rows, note } = await answer('get.endpoint_health', { user_id: NOBODY });
    assert.deepEqual(rows, []);
    assert.equal(note, `No attempt in the last 7 days for user ${NOBODY}; there are none at all.`);
  });

  test('no answer is null, not 0', async () => {
    await insertAttempts(attempt(DAVE, OF_DAVE, event(4), [1, 0], 1, ['failed', null, null, 'connection refused']));
    const [{ success_rate, avg_response_ms, min_response_ms, max_response_ms, last_success_day }] =
      await asObjects('get.endpoint_health', { user_id: DAVE, days: 2 });
    assert.deepEqual([success_rate, avg_response_ms, min_response_ms, max_response_ms, last_success_day], [0, null, null, null, null]);
    const dashboard = await answer('get.delivery_dashboard', { user_id: DAVE });
    assert.deepEqual([dashboard.success_rate, dashboard.avg_response_ms, dashboard.p95_response_ms], [0, null, null]);
    assert.deepEqual(dashboard.hourly, [[hour(1), 1, 0, null]]);
  });
});

describe('get.failed_deliveries', () => {
  test('lists what has not arrived since, the newest failure first', async () => {
    assert.deepEqual(await asObjects('get.failed_deliveries', { user_id: ALICE }), [
      // 3 to E1: attempt 4 failed without an answer, attempt 5 is under way. 2 to E1 arrived by attempt 3.
      { event_id: event(3), endpoint_id: E1, user_id: ALICE, failed_attempts: 1, status: 'pending', http_status_code: null,
        response_time_ms: null, error_message: 'timeout', failed_at: at(2, 20).replace('.000Z', '.000Z') },
      // 1 to E2: attempt 6. That 1 reached E1 is another delivery.
      { event_id: event(1), endpoint_id: E2, user_id: ALICE, failed_attempts: 1, status: 'expired', http_status_code: 503,
        response_time_ms: 450, error_message: 'HTTP 503', failed_at: at(2, 10) },
    ]);
  });

  test('narrows by endpoint and widens by hours', async () => {
    const ids = async (args) => (await asObjects('get.failed_deliveries', args)).map(({ event_id }) => event_id);
    assert.deepEqual(await ids({ endpoint_id: E2 }), [event(1)]);
    assert.deepEqual(await ids({ endpoint_id: E1, hours: 48 }), [event(3), event(5)]);
  });

  test('tells no failure from no attempt', async () => {
    const note = async (args) => (await answer('get.failed_deliveries', args)).note;
    assert.equal(await note({ user_id: BOB }), `No failed delivery in the last 24 hours for user ${BOB}.`);
    assert.equal(await note({ user_id: NOBODY, hours: 1 }), `No attempt in the last 1 hours for user ${NOBODY}; there are none at all.`);
  });
});

// A service's own queries, as it sends them: with its account's id bound.
describe('SQL of a service that reads the tables', () => {
  const bob = { user_id: BOB };

  test('events by a join count attempts', async () => {
    const sql = `SELECT count() as total FROM events e INNER JOIN delivery_attempts da ON e.id = da.event_id
      WHERE da.user_id = {user_id:UUID} AND e.ingested_at >= now() - INTERVAL 24 HOUR`;
    assert.deepEqual(await rowsOf(sql, bob), [['3']]); // 1, 2 and 2 again
    assert.equal((await answer('get.delivery_dashboard', bob)).attempts, 3);
  });

  test('distinct events', async () => {
    const sql = `SELECT COUNT(DISTINCT event_id) FROM delivery_attempts
      WHERE user_id = {user_id:UUID} AND created_at >= now() - INTERVAL 24 HOUR`;
    assert.deepEqual(await rowsOf(sql, bob), [['2']]); // 1 and 2
    assert.equal((await answer('get.delivery_dashboard', bob)).events, 2);
  });

  test('the success rate', async () => {
    const sql = `SELECT countIf(status = 'success') * 100.0 / count() as success_rate FROM delivery_attempts
      WHERE user_id = {user_id:UUID} AND created_at >= now() - INTERVAL 24 HOUR`;
    assert.deepEqual(await rowsOf(sql, bob), [[200 / 3]]);
    assert.equal((await answer('get.delivery_dashboard', bob)).success_rate, 66.67);
  });

  test('the course by hour', async () => {
    const sql = `SELECT toStartOfHour(created_at) as hour, count() as attempts, countIf(status = 'success') as successes,
      avg(response_time_ms) as avg_latency FROM delivery_attempts
      WHERE user_id = {user_id:UUID} AND created_at >= now() - INTERVAL 24 HOUR GROUP BY hour ORDER BY hour`;
    // 3 h ago: 120 ms. 2 h ago: (240 + 60) / 2.
    assert.deepEqual(await rowsOf(sql, bob), [[hour(3), '1', '1', 120], [hour(2), '2', '1', 150]]);
    assert.deepEqual((await answer('get.delivery_dashboard', bob)).hourly, [[hour(3), 1, 1, 120], [hour(2), 2, 1, 150]]);
  });

  test('with FINAL they count versions once, as the dashboard does', async () => {
    const sql = `SELECT count(), countIf(status = 'success') * 100.0 / count() FROM delivery_attempts FINAL
      WHERE user_id = {user_id:UUID} AND created_at >= now() - INTERVAL 24 HOUR`;
    assert.deepEqual(await rowsOf(sql, { user_id: ALICE }), [['7', 300 / 7]]);
  });

  test('row counts', async () => {
    const sql = `SELECT 'events', count() FROM webhook_delivery.events WHERE id IN {ids:Array(UUID)}
      UNION ALL SELECT 'delivery_attempts', count() FROM webhook_delivery.delivery_attempts FINAL WHERE user_id IN {users:Array(UUID)}`;
    const params = { ids: [1, 2, 3, 4, 5, 6].map(event), users: [ALICE, BOB] };
    assert.deepEqual((await rowsOf(sql, params)).sort(), [['delivery_attempts', '11'], ['events', '6']]); // 8 and 3
  });

  test('a name is no account id', async () => {
    assert.match(await refusal('query', { sql: "SELECT COUNT(DISTINCT event_id) FROM delivery_attempts WHERE user_id = 'user_123'" }),
      /UUID/);
    assert.match(await refusal('get.delivery_dashboard', { user_id: 'user_123' }), /user_id: must be a UUID.*for example "/s);
  });
});

describe('the statistics', () => {
  const BATCHES = 24;
  const health = (args = { days: 2 }) => answer('get.endpoint_health', { endpoint_id: OF_CAROL, ...args });
  const parts = async (table) => Number(await ask(
    `SELECT count() FROM system.parts WHERE active AND database = 'webhook_delivery' AND table = '${table}'`));
  const merges = (verb) => Promise.all(['delivery_attempts', 'delivery_stats'].map((table) =>
    ask(`SYSTEM ${verb} MERGES webhook_delivery.${table}`)));

  test('are the same in many parts and in one', async () => {
    await merges('STOP');
    for (let i = 1; i <= BATCHES; ++i) {
      const place = [CAROL, OF_CAROL, event(i % 4), [2, 2 * i], 1];
      await insertAttempts(attempt(...place, PENDING, { id: 100 + i, later: 0 }));
      await insertAttempts(attempt(...place, i % 6 === 0 ? ['failed', 500, 10 * i, 'HTTP 500'] : OK(10 * i), { id: 100 + i }));
    }
    assert.ok(await parts('delivery_stats') >= 2 * BATCHES);
    const tools = () => Promise.all([health(), answer('get.delivery_dashboard', { user_id: CAROL }),
      answer('get.failed_deliveries', { user_id: CAROL })]);
    const scattered = await tools();
    await merges('START');
    for (const table of ['delivery_attempts', 'delivery_stats']) await ask(`OPTIMIZE TABLE webhook_delivery.${table} FINAL`);
    assert.ok(await parts('delivery_stats') <= 2, 'one a month');
    const merged = await tools();
    assert.deepEqual(merged.map(({ statistics, ...rest }) => rest), scattered.map(({ statistics, ...rest }) => rest));
    const [figures] = await asObjects('get.endpoint_health', { endpoint_id: OF_CAROL, user_id: CAROL, days: 2 });
    // 10, 20, … 240 ms: the mean is 125. Attempts 6, 12, 18, 24 failed: 20 / 24. One more began 30 h ago, after 10 ms; it
    // is in the last two days unless it is before yesterday.
    const old = day(30) >= new Date(Date.now() - 24 * HOUR).toISOString().slice(0, 10) ? 1 : 0;
    assert.deepEqual([figures.attempts, figures.succeeded, figures.failed, figures.pending, figures.min_response_ms, figures.max_response_ms],
      [24 + old, 20 + old, 4, 0, 10, 240]);
    assert.equal(figures.avg_response_ms, old ? 120.4 : 125); // 3010 / 25
  });

  test('a batch that is sent again reaches neither the table nor the statistics', async () => {
    await merges('STOP');
    const counts = () => ask('SELECT (SELECT count() FROM webhook_delivery.delivery_attempts), (SELECT count() FROM webhook_delivery.delivery_stats)');
    const stored = await counts();
    await insertAttempts(...BOBS);
    assert.equal(await counts(), stored);
    await insertAttempts(attempt(BOB, OF_BOB, event(3), [1, 0], 1, OK(30), { id: 50 }));
    assert.notEqual(await counts(), stored);
    await merges('START');
  });

  test('a batch that overlaps another counts no attempt twice', async () => {
    await insertAttempts(BOBS[0], BOBS[1]);
    const [{ attempts, succeeded, failed, min_response_ms, max_response_ms }] = await asObjects('get.endpoint_health', { user_id: BOB, days: 2 });
    // Bob's three and the one of the test before.
    assert.deepEqual([attempts, succeeded, failed, min_response_ms, max_response_ms], [4, 3, 1, 30, 240]);
    assert.equal((await answer('get.delivery_dashboard', { user_id: BOB })).attempts, 4);
  });

  test('a version that arrives late does not undo the outcome', async () => {
    await insertAttempts({ ...attempt(BOB, OF_BOB, event(3), [1, 0], 1, PENDING, { id: 50, later: 0 }) });
    const [{ attempts, succeeded, pending }] = await asObjects('get.endpoint_health', { user_id: BOB, days: 2 });
    assert.deepEqual([attempts, succeeded, pending], [4, 3, 0]);
    const dashboard = await answer('get.delivery_dashboard', { user_id: BOB });
    assert.deepEqual([dashboard.attempts, dashboard.succeeded, dashboard.pending], [4, 3, 0]);
  });

  test('a keyed batch that newer versions have replaced is told apart from a stored one', async () => {
    const keyed = { rows: [attempt(BOB, OF_BOB, event(4), [1, 30], 1, PENDING, { id: 51, later: 0 })], idempotency_key: 'begin 51' };
    await answer('insert.delivery_attempts', keyed);
    await answer('insert.delivery_attempts', keyed);
    await insertAttempts(attempt(BOB, OF_BOB, event(4), [1, 30], 1, OK(70), { id: 51 }));
    await ask('OPTIMIZE TABLE webhook_delivery.delivery_attempts FINAL');
    assert.match(await refusal('insert.delivery_attempts', keyed), /^conflict/);
    assert.equal((await answer('get.delivery_dashboard', { user_id: BOB })).succeeded, 4);
  });

  test('can be asked by hand, through their states', async () => {
    const sql = `SELECT uniqExactMerge(attempts), minMerge(min_response_time), maxMerge(max_response_time) FROM delivery_stats
      WHERE endpoint_id = {e:UUID} AND status = 'failed'`;
    assert.deepEqual(await rowsOf(sql, { e: E1 }), [['3', 80, 300]]); // attempts 2, 4, 8
  });
});

describe('what does not fit is refused', () => {
  const good = attempt(BOB, OF_BOB, event(1), [1, 0], 1, OK(1), { id: 900 });
  const { created_at: _, ...undated } = good;
  const cases = [
    ['get.delivery_dashboard', {}, /user_id/],
    ['get.delivery_dashboard', { user_id: BOB, hours: 0 }, /hours/],
    ['get.delivery_dashboard', { user_id: BOB, hours: 2161 }, /hours.*2160/s],
    ['get.delivery_dashboard', { user_id: BOB, days: 1 }, /days/],
    ['get.endpoint_health', { days: 0 }, /days/],
    ['get.failed_deliveries', { endpoint_id: 'E1' }, /endpoint_id.*UUID/s],
    ['insert.delivery_attempts', { data: { ...good, status: 'sucess' } }, /pending, success, failed, expired.*did you mean `success`/s],
    ['insert.delivery_attempts', { data: undated }, /created_at/],
    ['insert.delivery_attempts', { data: { ...good, attempt_number: 0 } }, /attempt_number.*at least 1/s],
    ['insert.delivery_attempts', { data: { ...good, http_status_code: 0 } }, /http_status_code.*at least 100/s],
    ['insert.delivery_attempts', { data: { ...good, response_time_ms: -1 } }, /response_time_ms/],
    ['insert.events', { data: { ...someEvent(7, 1), address: ADDRESS.slice(0, -1) } }, /address.*exactly 42 bytes, has 41/s],
    ['insert.events', { data: { ...someEvent(7, 1), block_hash: HASH.replace('ab', 'xy') } }, /block_hash.*hex digits/s],
    ['insert.events', { data: { ...someEvent(7, 1), data: 'ff' } }, /data.*0x/s],
  ];
  for (const [tool, args, message] of cases) {
    test(`${tool} ${JSON.stringify(args).slice(0, 60)} ${message.source}`, async () => {
      assert.match(await refusal(tool, args), message);
      assert.deepEqual(await rowsOf("SELECT count() FROM events WHERE id = {id:UUID}", { id: event(7) }), [['0']]);
    });
  }
});

test('the listing says what hashes, addresses and data look like', async () => {
  const { tools } = await client.listTools();
  const { address, topic1, data } = tools.find(({ name }) => name === 'insert.events').inputSchema.properties.rows.items.properties;
  assert.equal(address.pattern, '^0x[0-9a-fA-F]{40}$');
  assert.deepEqual([topic1.pattern, topic1.type], ['^0x[0-9a-fA-F]{64}$', ['string', 'null']]);
  assert.equal(data.pattern, '^0x([0-9a-fA-F]{2})*$');
});

test('an event is stored as it was given, addresses in lower case', async () => {
  const sql = 'SELECT address, topic0, topic1, data, ingested_at, created_at FROM events WHERE id = {id:UUID}';
  assert.deepEqual(await rowsOf(sql, { id: event(1) }),
    [[ADDRESS.toLowerCase(), HASH, null, '0x', at(4), hour(4)]]);
});

test('sample data answers every tool and fills every prompt', async () => {
  const other = await Sandbox.create(ENV);
  await other.loadDemo();
  const reader = await connect(other);
  const read = async (name, args) => (await reader.callTool({ name, arguments: args })).structuredContent;
  const { rows } = await read('get.endpoint_health', { days: 8 });
  assert.equal(rows.length, 4);
  const user_id = rows[0][1];
  const dashboard = await read('get.delivery_dashboard', { user_id });
  assert.ok(dashboard.attempts > 100 && dashboard.success_rate < 50, dashboard.summary);
  assert.ok((await read('get.failed_deliveries', { user_id })).rows.length > 10);
  const versions = (await read('query', { sql: 'SELECT countIf(status = 0), uniqExact(id) = count() FROM delivery_attempts FINAL' })).rows;
  assert.deepEqual(versions, [['3', 1]]); // the newest three are pending
  for (const { name } of (await reader.listPrompts()).prompts) {
    const { messages } = await reader.getPrompt({ name, arguments: {} });
    assert.match(messages[0].content.text, /\d+ rows/, name);
  }
  await reader.close();
  await other.close();
});
