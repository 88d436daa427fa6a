// query.correlation with max_lag, on rows whose lags are known: y of a bucket is a function of x of an earlier one.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1, 12);
const X = [300, 100, 400, 150, 500, 900, 260, 530, 580, 970, 930, 238];
const MISSING = 4; // the day without a benchmark

let sandbox;
let client;

const at = (day) => new Date(START + day * DAY).toISOString();

before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serve();
  const benches = X.map((value, day) => ({ ...exampleRow('bench_runs'), run_id: randomUUID(), ts: at(day), latency_p95_ms: value }))
    .filter((_, day) => day !== MISSING);
  // Three days later users see twice the latency, plus 7.
  const sessions = X.map((value, day) => ({ ...exampleRow('session_stats'), hour: at(day + 3), avg_latency_ms: 2 * value + 7 }));
  await client.answer('insert.bench_runs', { rows: benches });
  await client.answer('insert.session_stats', { rows: sessions });
});
after(() => sandbox.close());

const BENCH = { table: 'bench_runs', column: 'latency_p95_ms' };
const USERS = { table: 'session_stats', column: 'avg_latency_ms' };
const correlate = (x, y, more) =>
  client.answer('query.correlation', { x, y, since: '2026-01-01', until: '2026-03-01', ...more });

test('positive when x leads; missing days are missing pairs', async () => {
  const { best_lag: best, n } = await correlate(BENCH, USERS, { max_lag: 5 });
  assert.deepEqual(best, { lag: 3, r: 1, n: X.length - 1, p_value: 0, lags_tried: 11 });
  assert.equal(n, X.length - 3 - 1);
});

test('negative when y leads', async () => {
  const { best_lag: best } = await correlate(USERS, BENCH, { max_lag: 5, method: 'spearman' });
  assert.equal(best.lag, -3);
  assert.equal(best.r, 1);
  assert.equal(best.n, X.length - 1);
  assert.ok(best.p_value > 0 && best.p_value < 1e-6, 'ranks are never certain');
});

test('in buckets of the interval that is asked for', async () => {
  const { best_lag: best } = await correlate(BENCH, USERS, { bucket: 'hour', max_lag: 80 });
  assert.equal(best.lag, 72);
});

test('at lag 0 as without max_lag, when the true lag is out of reach', async () => {
  const without = await correlate(BENCH, USERS);
  const { best_lag: best, ...rest } = await correlate(BENCH, USERS, { max_lag: 0 });
  assert.equal(without.best_lag, undefined);
  assert.deepEqual(best, { lag: 0, r: without.r, n: without.n, p_value: without.p_value, lags_tried: 1 });
  assert.equal(rest.r, without.r);
});

test('nothing of too few points, and a refusal of too many lags', async () => {
  const few = await correlate(BENCH, USERS, { until: '2026-01-02', max_lag: 7 });
  assert.equal(few.best_lag, null);
  assert.match(await client.refusal('query.correlation', { x: BENCH, y: USERS, max_lag: 1000 }), /max_lag/);
});
