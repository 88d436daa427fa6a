// The database is killed and started again under load: every call ends within its deadline in a result or a clear error,
// nothing leaks, and the first call after a restart works. `make soak`: 1,000 calls and 20 kills.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';
import { descriptorsOf, residentKb } from './support/resources.mjs';

const SOAK = process.env.CHIMERA_SOAK === '1';
const KILLS = SOAK ? 20 : 6;
const CALLS = SOAK ? 1000 : 300;
const CALLERS = 8;
const POOL = 10;
const TIMEOUT_SECONDS = 5;
const MARGIN_MS = 3000; // beyond a deadline, for a busy machine
const GROWTH_KB = 15_000; // of malloc's arenas and the like; a leaked answer a call would be 40 MB
const CLEAR = new Set(['unavailable', 'timeout', 'busy']);

let sandbox;
let engine;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox);
  await engine.applySchema();
  const env = engine.settings({ CH_TIMEOUT: String(TIMEOUT_SECONDS), CH_CONNECTION_POOL_SIZE: String(POOL) });
  client = await sandbox.serve({ env });
});
after(() => sandbox.close());

let inserted = 0;
const stored = new Set(); // of the inserts that were answered with success
const errors = {};

// [tool, arguments, check of the answer]
const CASES = [
  () => ['query', { sql: 'SELECT number FROM numbers(1000)', max_rows: 1000 }, ({ rows }) => assert.equal(rows.length, 1000)],
  () => ['query', { sql: 'SELECT sum(number) FROM numbers(1000000)' }, ({ rows }) => assert.equal(rows[0][0], '499999500000')],
  () => ['describe.table', { table: 'llm_events' }, (answer) => assert.ok(answer)],
  () => {
    const operation = `restart ${++inserted}`;
    return ['insert.llm_events', { data: { ...exampleRow('llm_events'), operation } }, () => stored.add(operation)];
  },
];

async function call(number) {
  const [tool, args, check] = CASES[number % CASES.length]();
  const began = performance.now();
  const result = await client.call(tool, args);
  const took = performance.now() - began;
  assert.ok(took < TIMEOUT_SECONDS * 1000 + MARGIN_MS, `${tool} took ${took} ms`);
  if (!result.isError) return check(result.structuredContent);
  const { code } = result._meta['chimera/error'];
  errors[code] = (errors[code] ?? 0) + 1;
  assert.ok(CLEAR.has(code), `${tool}: ${result.content[0].text}`);
}

// `CALLERS` at once, until `count` calls were made.
async function load(count) {
  let next = 0;
  const caller = async () => {
    while (next < count) {
      await call(next++);
      await sleep(Math.random() * 20); // so that the calls are spread over the outage
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function killAndRestart() {
  await sleep(Math.random() * 100);
  await engine.kill();
  await sleep(Math.random() * 200);
  await engine.restart();
  assert.equal(await client.value('SELECT 7'), 7, 'the first call after a restart');
}

test(`${CALLS} calls, ${KILLS} kills`, async (t) => {
  const round = Math.ceil(CALLS / (KILLS + 1));
  await load(round);
  const before = { ...descriptorsOf(client.child.pid), kb: residentKb(client.child.pid) };
  for (let i = 0; i < KILLS; ++i) await Promise.all([load(round), killAndRestart()]);
  await load(round);
  const now = { ...descriptorsOf(client.child.pid), kb: residentKb(client.child.pid) };
  const facts = JSON.stringify({ before, now, errors, stored: stored.size });
  t.diagnostic(facts);
  assert.ok(now.sockets <= POOL + 4, facts);
  assert.ok(now.files <= before.files + 2 * POOL, facts);
  assert.ok(now.kb <= before.kb + GROWTH_KB, facts);
  assert.ok(stored.size > 0, facts);
});

test('what was said to be stored is stored, once', async () => {
  const sql = "SELECT operation, count() FROM llm_events WHERE operation LIKE 'restart %' GROUP BY operation FORMAT TSV";
  const counts = new Map((await engine.ask(sql)).split('\n').map((line) => line.split('\t')));
  for (const operation of stored) assert.equal(counts.get(operation), '1', operation);
  for (const [operation, count] of counts) assert.equal(count, '1', operation);
});
