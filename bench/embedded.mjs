// The product with the embedded engine: start, memory, first answer, and the usual calls on the sample data.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { memoryMb, median, now, timed } from './figures.mjs';
import { StdioClient } from './stdio_client.mjs';

const IDLE_SECONDS = 5;

const llmEvent = (i) => ({ run_id: randomUUID(), source: 'council', model: 'gpt-4', operation: 'draft', tokens_in: 100 + i,
  tokens_out: 20, latency_ms: 900 + i, cost_usd: '0.010335', status: 'success' });

const waitForEngineToLeave = () => new Promise((resolve) => setTimeout(resolve, (IDLE_SECONDS + 2) * 1000));

async function measureStart(figures, binary, env) {
  const values = [];
  for (let i = 0; i < 21; ++i) {
    const start = now();
    const client = new StdioClient(binary, env);
    await client.initialize();
    values.push(now() - start);
    await client.close();
  }
  figures.record('initialize answered over stdio, from exec, median of 21', median(values), 'ms', { atMost: 20 });
}

async function measureFirstCall(figures, binary, env) {
  await waitForEngineToLeave();
  const start = now();
  const client = new StdioClient(binary, env);
  await client.initialize();
  await client.call('query', { sql: 'SELECT 1' });
  figures.record('first tool call, engine not running, warm disk', now() - start, 'ms', { atMost: 1000 });
  await client.close();
}

async function measureCalls(figures, client) {
  const dailyTrend = 'SELECT toDate(ts) as day, avg(latency_p95_ms) as avg_latency, avg(tokens_per_sec) as avg_throughput, '
    + 'count(*) as benchmark_count FROM bench_runs WHERE ts >= now() - INTERVAL 30 DAY GROUP BY day ORDER BY day';
  const cases = [
    ['query: SELECT count() FROM bench_runs', 100, () => client.call('query', { sql: 'SELECT count() FROM bench_runs' })],
    ['query: 30-day trend by hand-written SQL', 500, () => client.call('query', { sql: dailyTrend })],
    ['query.aggregate: p95 latency by model', 500, () => client.call('query.aggregate', {
      table: 'bench_runs', metrics: [{ function: 'avg', column: 'latency_p95_ms' }], group_by: ['model'] })],
    ['query.correlation: hearts with packs latency by day', 2000, () => client.call('query.correlation', {
      x: { table: 'bench_runs', column: 'latency_p95_ms', aggregate: 'avg' },
      y: { table: 'session_stats', column: 'avg_latency_ms', aggregate: 'avg' }, bucket: 'day', days: 30 })],
    ['get.correlation_data: 7 days', 2000, () => client.call('get.correlation_data', { days: 7 })],
    ['query.trend: latency_p95_ms by day', 500, () => client.call('query.trend', {
      table: 'bench_runs', column: 'latency_p95_ms', aggregate: 'avg', bucket: 'day', days: 30 })],
    ['insert.llm_events: 100 rows', 50, () => client.call('insert.llm_events', {
      rows: Array.from({ length: 100 }, (_, i) => llmEvent(i)) })],
  ];
  for (const [figure, atMost, work] of cases) {
    await work();
    figures.record(`${figure}, median of 21`, median(await timed(21, work)), 'ms', { atMost });
  }
}

async function measureListSize(figures, client) {
  const reply = await client.request('tools/list', {});
  figures.record('tools/list, characters / 4', JSON.stringify(reply.result).length / 4, 'tokens', { atMost: 9_000 });
}

export async function measureEmbedded(figures, binary, folder) {
  const env = { ...process.env, CHIMERA_DATA_DIR: join(folder, 'data'), CHIMERA_ENGINE_IDLE: String(IDLE_SECONDS),
    CHIMERA_LOG_LEVEL: 'error' };
  execFileSync(binary, ['demo', 'load'], { env, stdio: 'inherit' });
  await measureStart(figures, binary, env);
  await measureFirstCall(figures, binary, env);
  const client = new StdioClient(binary, env);
  await client.initialize();
  await measureListSize(figures, client);
  await measureCalls(figures, client);
  figures.record('server process, resident after these calls', memoryMb(client.process.pid, 'VmRSS'), 'MB', { atMost: 25 });
  await client.close();
  await waitForEngineToLeave();
}
