// Wrong arguments: each is an answer that a model can act on, naming the field, the value and what to send instead.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const xy = {
  x: { table: 'bench_runs', column: 'latency_p95_ms' },
  y: { table: 'session_stats', column: 'avg_latency_ms' },
};
const trend = { table: 'bench_runs', column: 'latency_p95_ms', days: 7 };
const count = [{ function: 'count' }];

// [tool, arguments, what the text must hold …]
const CASES = [
  ['query', {}, /sql/],
  ['query', { sql: 7 }, /sql/, /string/],
  ['query', { sql: '' }, /empty|nothing|statement/i],
  ['query', { sql: 'SELEC 1' }, /SELEC/],
  ['query', { sql: 'SELECT 1', max_rows: 0 }, /max_rows/, /1/],
  ['query', { sql: 'SELECT 1', max_rows: 100001 }, /max_rows/, /100,?000/],
  ['query', { sql: 'SELECT 1', max_row: 1 }, /max_row/, /max_rows/],
  ['query', { sql: 'SELECT 1', timeout_seconds: 'soon' }, /timeout_seconds/],
  ['query', { sql: 'SELECT {a:UInt8}' }, /`?a`?/, /param/],
  ['query', { sql: 'SELECT {a:UInt8}', params: { a: 'x' } }, /a/, /UInt8/],
  ['query', { sql: 'SELECT 1 FROM bench_run' }, /bench_run/, /bench_runs/],
  ['query', { sql: 'SELECT latency_p95 FROM bench_runs' }, /latency_p95_ms/],
  ['query', { sql: 'SELECT medain(latency_p95_ms) FROM bench_runs' }, /medain/, /median/],
  ['query.aggregate', { table: 'bench_run', metrics: count }, /bench_runs/],
  ['query.aggregate', { table: 'bench_runs', metrics: [{ function: 'avg', column: 'latency' }] }, /latency_p\d\d_ms/],
  ['query.aggregate', { table: 'bench_runs', metrics: [{ function: 'averge', column: 'latency_p95_ms' }] }, /avg/],
  ['query.aggregate', { table: 'bench_runs', metrics: [] }, /metrics/],
  ['query.aggregate', { table: 'bench_runs' }, /metrics/],
  ['query.aggregate', { table: 'bench_runs', metrics: count, group_by: ['modle'] }, /model/],
  ['query.aggregate', { table: 'bench_runs', metrics: count, filters: [{ column: 'model', op: '~', value: 1 }] }, /op/],
  ['query.aggregate', { table: 'bench_runs', metrics: [{ function: 'avg', column: 'model' }] }, /model/],
  ['query.aggregate', { table: 'x`; DROP TABLE episodes', metrics: count }, /table/i],
  ['query.aggregate', { table: 'bench_runs', metrics: count, since: 'yesterday-ish' }, /since/],
  ['query.correlation', { ...xy, days: 0 }, /days/],
  ['query.correlation', { ...xy, days: 7, since: '2025-01-01' }, /days/, /since/],
  ['query.correlation', { ...xy, days: 7, method: 'kendall' }, /method/, /spearman/],
  ['query.correlation', { x: xy.x, days: 7 }, /y/],
  ['query.correlation', { ...xy, x: { table: 'bench_runs', column: 'latency' }, days: 7 }, /latency_p\d\d_ms/],
  ['query.trend', { ...trend, bucket: 'fortnight' }, /bucket/, /week/],
  ['query.trend', { ...trend, column: 'model' }, /model/],
  ['query.trend', { ...trend, column: 'p95' }, /p95/],
  ['get.trend_data', { metric: 'latency_p95', days: 7 }, /latency_p95_ms/],
  ['get.trend_data', { metric: 'latency_p95_ms', days: -1 }, /days/],
  ['get.trend_data', { days: 7 }, /metric/],
  ['get.correlation_data', { days: 'week' }, /days/],
  ['get.correlation_data', { days: 7.5 }, /days/],
  ['get.correlation_data', { days: 99999999 }, /days/],
  ['get.quality_metrics', { days: 7, series: 5 }, /series/],
  ['list.tables', { database: 'chimera_metric' }, /chimera_metrics/],
  ['list.tables', { cursor: 7 }, /cursor/],
  ['describe.table', { table: 'benchruns' }, /bench_runs/],
  ['describe.table', { table: 'nowhere.bench_runs' }, /nowhere/],
];

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serve();
});
after(() => sandbox.close());

for (const [tool, args, ...patterns] of CASES) {
  test(`${tool} ${JSON.stringify(args)}`, async () => {
    const text = await client.refusal(tool, args);
    for (const pattern of patterns) assert.match(text, pattern);
  });
}

test('an insert reports every error of the batch at once, with path, value and hint', async () => {
  const rows = [exampleRow('bench_runs'), exampleRow('bench_runs'), exampleRow('bench_runs')];
  rows[0].latency_p95_ms = 4294967297;
  rows[1].commit_sha = 'abc';
  rows[1].cost_per_1k = '0.0000004';
  rows[2].modle = 'x';
  delete rows[2].quant;
  const text = await client.refusal('insert.bench_runs', { rows });
  const wrong = ['[0].latency_p95_ms', '[1].commit_sha', '[1].cost_per_1k', '[2].modle', '[2].quant'];
  for (const path of wrong) assert.ok(text.includes(`rows${path}`), `${path} in:\n${text}`);
  assert.match(text, /4294967297/);
  assert.match(text, /model/);
  assert.equal(Number(await client.value('SELECT count() FROM bench_runs')), 0);
});

const WRONG_FIELDS = [
  ['episodes', { confidence_score: 1.5 }],
  ['episodes', { status: 'Draft' }],
  ['episodes', { title: '' }],
  ['episodes', { title: null }],
  ['episodes', { episode_num: 1.5 }],
  ['episodes', { episode_num: '1e400' }],
  ['episodes', { run_id: 'not-a-uuid' }],
  ['episodes', { ts: '2025-13-40' }],
  ['episodes', { ts: '9999-99-99T00:00:00Z' }],
  ['ui_events', { metadata: '{broken' }],
  ['session_stats', { error_rate: -0.1 }],
  ['llm_events', { tokens_in: true }],
  ['llm_events', { cost_usd: 1e12 }],
  ['watcher_runs', { lag_seconds: -1 }],
];
for (const [table, wrong] of WRONG_FIELDS) {
  test(`insert.${table} refuses ${JSON.stringify(wrong)}`, async () => {
    const text = await client.refusal(`insert.${table}`, { data: { ...exampleRow(table), ...wrong } });
    assert.match(text, new RegExp(`data\\.${Object.keys(wrong)[0]}`));
  });
}

test('the frame of an insert is checked as well', async () => {
  const row = exampleRow('episodes');
  await client.refusal('insert.episodes', {});
  await client.refusal('insert.episodes', { rows: [] });
  await client.refusal('insert.episodes', { rows: row });
  await client.refusal('insert.episodes', { data: row, rows: [row] });
  await client.refusal('insert.episodes', { data: row, row });
  await client.refusal('insert.episodes', { data: row, dry_run: 'yes' });
  assert.equal(Number(await client.value('SELECT count() FROM episodes')), 0);
});

test('an empty window is an answer with a note, not an error', async () => {
  const data = await client.answer('get.correlation_data', { days: 7 });
  assert.equal(data.correlation, null);
  assert.match(data.note, /bench_runs/);
});
