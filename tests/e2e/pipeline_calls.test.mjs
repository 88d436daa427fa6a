// The calls that the pipeline's agents make, sent as they stand in its own documentation.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/product.mjs';

const TREND_QUERY = `
SELECT 
    toDate(ts) as day,
    avg(latency_p95_ms) as avg_latency,
    avg(tokens_per_sec) as avg_throughput,
    count(*) as benchmark_count
FROM bench_runs 
WHERE ts >= now() - INTERVAL 30 DAY
GROUP BY day 
ORDER BY day
`;

const EPISODE = {
  run_id: 'b701af3b-1e66-4a17-8122-59ce95d53e19',
  series: 'banterpacks',
  episode_num: 1,
  title: 'Performance Optimization Insights',
  confidence_score: 0.85,
  correlation_strength: 0.72,
  tokens_total: 344,
  cost_total: 0.010335,
  status: 'draft',
  file_path: '../Banterblogs/posts/banterpacks/ep-001.md',
  commit_sha: 'a16e4c8f2e3c6cd829ace8706a84cf25283897e5',
};

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
  client = await sandbox.serve();
});
after(() => sandbox.close());

test('the sample data has the sizes that the page names', async () => {
  const [sizes] = await client.rows(`SELECT (SELECT count() FROM bench_runs), (SELECT count() FROM ui_events),
    (SELECT count() FROM llm_events), (SELECT count() FROM episodes), (SELECT count() FROM deployments)`);
  assert.deepEqual(sizes.map(Number), [31, 1243, 60, 1, 1]);
});

test('the trend query', async () => {
  const { columns, rows, truncated } = await client.answer('query', { sql: TREND_QUERY });
  assert.deepEqual(columns.map(({ name }) => name), ['day', 'avg_latency', 'avg_throughput', 'benchmark_count']);
  assert.equal(truncated, false);
  assert.ok(rows.length >= 7);
  assert.match(rows[0][0], /^\d{4}-\d{2}-\d{2}$/);
  assert.ok(rows.every((row) => row[1] > 0 && row[2] > 0));
});

test('the correlation of the last 7 days', async () => {
  const data = await client.answer('get.correlation_data', { days: 7 });
  assert.ok(Math.abs(data.correlation) > 0.5 && Math.abs(data.correlation) <= 1, JSON.stringify(data));
  assert.ok(data.hearts_rows > 0 && data.packs_rows > 0);
});

// Python's datetime.utcnow() has microseconds and no zone; isoformat() and str() are the two ways it becomes text.
for (const ts of ['2025-10-07T12:30:00.123000', '2025-10-07 12:30:01.456000', undefined]) {
  test(`the episode row with ts ${ts ?? 'left out'}`, async () => {
    await client.answer('insert.episodes', { data: { ...EPISODE, ...(ts && { ts }) } });
    const when = ts ? `ts = {ts:DateTime64(3, 'UTC')}` : 'ts > now() - INTERVAL 1 MINUTE AND tokens_total = 344';
    const stored = await client.answer('query', {
      sql: `SELECT run_id, series, episode_num, title, round(confidence_score, 4), tokens_total, cost_total, commit_sha
        FROM episodes WHERE ${when} AND run_id = {run:UUID}`,
      params: { run: EPISODE.run_id, ...(ts && { ts: ts.slice(0, 23).replace('T', ' ') }) },
    });
    const expected = [EPISODE.run_id, 'banterpacks', 1, EPISODE.title, 0.85, 344, '0.010335', EPISODE.commit_sha];
    assert.deepEqual(stored.rows, [expected]);
  });
}
