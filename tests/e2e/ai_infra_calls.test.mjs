// The calls and statements that users of these tables made with a client of their own before, through the tools; and the
// statements of the dashboard.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { ROOT, Sandbox } from './support/product.mjs';

const CUSTOMER = '123e4567-e89b-12d3-a456-426614174000';
const SERVICE = '456e7890-e89b-12d3-a456-426614174000';
const DAY_MS = 86_400_000;
const HOUR_MS = DAY_MS / 24;

// Python's str() of a datetime on a machine in UTC: microseconds, and no zone.
const python = (time) => `${new Date(time).toISOString().slice(0, 23).replace('T', ' ')}456`;
const now = Date.now();
const hour = new Date(Math.floor(now / HOUR_MS) * HOUR_MS).toISOString().replace('.000Z', 'Z');
// What the parameters of a statement below stood for: the last 24 hours, and the present moment as their end.
const SINCE = { customer_id: CUSTOMER, service_id: SERVICE, instance_id: 'i-1234567',
  start_time: python(now - DAY_MS), end_time: python(now + 60_000) };
const pick = (...names) => Object.fromEntries(names.map((name) => [name, SINCE[name]]));

const example = (name, row) => ({ ...exampleRow(name, 'ai_infra_metrics'), timestamp: python(now), ...row });
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-4, `${actual}, not ${expected}`); // of Float32

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create({ CHIMERA_DATASETS: 'ai_infra_metrics', CH_DATABASE: 'ai_infra_metrics' });
  client = await sandbox.serve();
});
after(() => sandbox.close());

test('ping', async () => {
  assert.deepEqual(await client.rows('SELECT 1'), [[1]]);
});

test('insert_cost_metrics', async () => {
  const row = {
    timestamp: python(now), customer_id: CUSTOMER, cloud_provider: 'aws', service_name: 'ec2', instance_id: 'i-1234567',
    instance_type: 'm5.xlarge', region: 'us-east-1', cost_per_hour: 0.192, utilization_percent: 45.5, is_spot: 0, is_reserved: 0,
  };
  const { accepted_rows } = await client.answer('insert.cost_metrics', { rows: [row] });
  assert.equal(accepted_rows, 1);
});

// One sample of 0.192 USD an hour is 0.192 USD.
for (const provider of [{ cloud_provider: 'aws' }, {}]) {
  test(`query_cost_hourly, ${provider.cloud_provider ?? 'every provider'}`, async () => {
    const window = { start_date: python(now - 7 * DAY_MS), end_date: python(now) };
    const { columns, rows } = await client.answer('get.cost_hourly', { customer_id: CUSTOMER, ...window, ...provider });
    const fields = columns.map(({ name }) => name);
    assert.deepEqual(fields, ['hour', 'cloud_provider', 'service_name', 'total_cost', 'avg_utilization', 'sample_count']);
    assert.deepEqual(rows, [[hour, 'aws', 'ec2', 0.192, 45.5, 1]]);
  });
}

// It read total_cost, avg_utilization and sample_count as they lay in the view: one piece's values where an hour is in
// several, the sum of rates for a cost, and the sum of means for a mean. They are merged here, by instance and then by
// service.
test('the statement of query_cost_hourly, mended', async () => {
  const sql = `
    SELECT hour, cloud_provider, service_name, sum(cost) AS total_cost, avgMerge(utilization) AS avg_utilization,
        sum(samples) AS sample_count
    FROM (
        SELECT hour, cloud_provider, service_name, avgMerge(hourly_cost) AS cost,
            avgMergeState(avg_utilization) AS utilization, sum(sample_count) AS samples
        FROM cost_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
          AND hour >= {start_date:DateTime64(6)}
          AND hour < {end_date:DateTime64(6)}
         AND cloud_provider = {cloud_provider:String}
        GROUP BY hour, cloud_provider, service_name, instance_id
    )
    GROUP BY hour, cloud_provider, service_name
    ORDER BY hour`;
  const params = { customer_id: CUSTOMER, start_date: python(now - 7 * DAY_MS), end_date: python(now), cloud_provider: 'aws' };
  assert.deepEqual(await client.rows(sql, params), [[hour, 'aws', 'ec2', 0.192, 45.5, '1']]);
});

// Latencies 100, 200, 300, 400: mean 250; 0.95 × 3 = 2.85 → 300 + 0.85 × 100 = 385; 0.99 × 3 = 2.97 → 397. Throughput
// 10, 20, 30, 40: 25.
const LATENCY = { avg_latency_ms: 250, p95_latency_ms: 385, p99_latency_ms: 397, avg_throughput: 25, total_requests: 4 };

test('insert_performance_metrics and query_performance_p95', async () => {
  const rows = [1, 2, 3, 4].map((i) =>
    example('performance_metrics', { latency_ms: 100 * i, throughput_tokens_per_sec: 10 * i, service_type: i % 2 ? 'vllm' : 'tgi' }));
  for (const batch of [rows.slice(0, 3), rows.slice(3)]) await client.answer('insert.performance_metrics', { rows: batch });
  const asked = { customer_id: CUSTOMER, service_id: SERVICE, hours: 24 };
  const { summary, note, ...fields } = await client.answer('get.performance_p95', asked);
  assert.deepEqual(fields, LATENCY);
});

test('the statement of query_performance_p95, as it was', async () => {
  const sql = `
        SELECT 
            avgMerge(avg_latency) as avg_latency,
            quantileMerge(0.95)(p95_latency) as p95_latency,
            quantileMerge(0.99)(p99_latency) as p99_latency,
            avgMerge(avg_throughput) as avg_throughput,
            sum(request_count) as total_requests
        FROM performance_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
          AND service_id = {service_id:UUID}
          AND hour >= {start_time:DateTime64(6)}
          AND hour < {end_time:DateTime64(6)}
        `;
  const [row] = await client.rows(sql, pick('customer_id', 'service_id', 'start_time', 'end_time'));
  row.map(Number).forEach((value, i) => near(value, Object.values(LATENCY)[i]));
});

// GPU (80 + 60) / 2 = 70, at most 80; memory (30000 + 20000) / 2 = 25000; CPU (40 + 20) / 2 = 30.
const LOAD = { avg_gpu_utilization: 70, max_gpu_utilization: 80, avg_gpu_memory_mb: 25000, avg_cpu_utilization: 30 };

test('insert_resource_metrics and query_resource_utilization', async () => {
  const rows = [[0, 80, 30000, 40], [1, 60, 20000, 20]].map(([gpu_index, gpu_utilization, gpu_memory_used_mb, cpu_utilization]) =>
    example('resource_metrics', { gpu_index, gpu_utilization, gpu_memory_used_mb, cpu_utilization }));
  for (const data of rows) await client.answer('insert.resource_metrics', { data });
  const asked = { customer_id: CUSTOMER, instance_id: 'i-1234567', hours: 24 };
  const { summary, note, sample_count, ...fields } = await client.answer('get.resource_utilization', asked);
  assert.deepEqual(fields, LOAD);
});

test('the statement of query_resource_utilization, as it was', async () => {
  const sql = `
        SELECT 
            avgMerge(avg_gpu_util) as avg_gpu_util,
            maxMerge(max_gpu_util) as max_gpu_util,
            avgMerge(avg_gpu_memory) as avg_gpu_memory,
            avgMerge(avg_cpu_util) as avg_cpu_util
        FROM resource_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
          AND instance_id = {instance_id:String}
          AND hour >= {start_time:DateTime64(6)}
          AND hour < {end_time:DateTime64(6)}
        `;
  const params = pick('customer_id', 'instance_id', 'start_time', 'end_time');
  assert.deepEqual(await client.rows(sql, params), [Object.values(LOAD)]);
});

// Quality (0.9 + 0.5) / 2 = 0.7, relevance (0.8 + 0.4) / 2 = 0.6, coherence (1 + 0.9) / 2 = 0.95, factuality (0.7 + 0.5) / 2 = 0.6.
const SCORES = [hour, 0.7, 0.6, 0.95, 0.6, 1, 2];

test('insert_quality_metrics and query_quality_trends', async () => {
  const rows = [[0.9, 0.8, 1, 0.7, 0], [0.5, 0.4, 0.9, 0.5, 1]].map(([overall, relevance, coherence, factuality, hallucination]) =>
    example('quality_metrics', { overall_quality_score: overall, relevance_score: relevance, coherence_score: coherence,
      factuality_score: factuality, hallucination_detected: hallucination }));
  for (const data of rows) await client.answer('insert.quality_metrics', { data });
  const trends = await client.answer('get.quality_trends', { customer_id: CUSTOMER, service_id: SERVICE, hours: 24 });
  const fields = ['hour', 'avg_quality', 'avg_relevance', 'avg_coherence', 'avg_factuality', 'hallucinations', 'total_requests'];
  assert.deepEqual(trends.columns.map(({ name }) => name), fields);
  assert.deepEqual(trends.rows, [SCORES]);
});

// sum(hallucination_count) is right because the column is a sum that adds up, no longer a state.
test('the statement of query_quality_trends, as it was', async () => {
  const sql = `
        SELECT 
            hour,
            avgMerge(avg_quality) as avg_quality,
            avgMerge(avg_relevance) as avg_relevance,
            avgMerge(avg_coherence) as avg_coherence,
            avgMerge(avg_factuality) as avg_factuality,
            sum(hallucination_count) as hallucinations,
            sum(request_count) as total_requests
        FROM quality_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
          AND service_id = {service_id:UUID}
          AND hour >= {start_time:DateTime64(6)}
          AND hour < {end_time:DateTime64(6)}
        GROUP BY hour
        ORDER BY hour
        `;
  const rows = await client.rows(sql, pick('customer_id', 'service_id', 'start_time', 'end_time'));
  assert.equal(rows.length, 1);
  assert.equal(rows[0][0], SCORES[0]);
  rows[0].slice(1).forEach((value, i) => near(Number(value), SCORES[i + 1]));
});

// The views had tables of their own inside; here those have names, so there are four more.
test('SHOW TABLES', async () => {
  const names = ['cost', 'performance', 'quality', 'resource'].flatMap((name) =>
    ['hourly', 'hourly_mv', 'ts'].map((suffix) => [`${name}_metrics_${suffix}`]));
  assert.deepEqual(await client.rows('SHOW TABLES'), [...names, ['schema_migrations']]);
});

test('the statement that checks row counts', async () => {
  const sql = `
SELECT 
    database,
    table,
    formatReadableSize(total_bytes) as size,
    total_rows as rows
FROM system.tables
WHERE database = 'ai_infra_metrics'
ORDER BY table;`;
  const counts = Object.fromEntries((await client.rows(sql)).map(([, table, , rows]) => [table, rows]));
  const stored = ['cost', 'performance', 'resource', 'quality'].map((name) => counts[`${name}_metrics_ts`]);
  assert.deepEqual(stored, ['1', '4', '2', '2']);
});

// Grafana puts the time range of the page into the macros, as toDateTime(seconds), and variables in as they are.
function filledIn(sql) {
  const seconds = (time) => `toDateTime(${Math.floor(time / 1000)})`;
  return sql.replaceAll('$__fromTime', seconds(now - DAY_MS)).replaceAll('$__toTime', seconds(now + 60_000))
    .replaceAll('$customer_id', CUSTOMER).replaceAll('$service_id', SERVICE);
}

const dashboards = join(ROOT, 'schema/ai_infra_metrics/dashboards');
for (const file of readdirSync(dashboards)) {
  const { panels, templating } = JSON.parse(readFileSync(join(dashboards, file), 'utf8'));
  const statements = [
    ...templating.list.filter(({ type }) => type === 'query').map(({ name, query }) => [`the variable ${name}`, query]),
    ...panels.flatMap(({ title, targets }) => targets.map(({ rawSql }) => [title, rawSql])),
  ];
  for (const [title, sql] of statements) {
    test(`${file}: ${title}`, async () => {
      const rows = await client.rows(filledIn(sql));
      assert.equal(rows.length, 1, sql);
      assert.ok(rows[0].every((value) => value !== null), JSON.stringify(rows));
    });
  }
}
