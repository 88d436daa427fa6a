// The figures of docs/performance.md, measured in one run on a fresh data folder: start, memory, first answer, and the
// usual calls on the sample data. Prints a table and writes build/bench.json. BIN names another binary.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StdioClient } from './stdio_client.mjs';

const binary = process.env.BIN ?? new URL('../build/release/chimera-mcp', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'chimera-bench-'));
const env = { ...process.env, CHIMERA_DATA_DIR: join(folder, 'data'), CHIMERA_ENGINE_IDLE: '5',
  CHIMERA_LOG_LEVEL: 'error' };
const figures = [];

const now = () => performance.now();
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

function record(figure, value, unit, bound) {
  figures.push({ figure, value: Number(value.toFixed(2)), unit, bound, ok: bound === undefined || value <= bound });
}

async function timed(times, work) {
  const values = [];
  for (let i = 0; i < times; ++i) {
    const start = now();
    await work(i);
    values.push(now() - start);
  }
  return values;
}

async function measureStart() {
  const values = [];
  for (let i = 0; i < 21; ++i) {
    const start = now();
    const client = new StdioClient(binary, env);
    await client.initialize();
    values.push(now() - start);
    await client.close();
  }
  record('initialize answered over stdio, from exec, median of 21', median(values), 'ms', 20);
}

async function waitForEngineToLeave() {
  await new Promise((resolve) => setTimeout(resolve, 7000));
}

async function measureFirstCall() {
  await waitForEngineToLeave();
  const start = now();
  const client = new StdioClient(binary, env);
  await client.initialize();
  await client.call('query', { sql: 'SELECT 1' });
  record('first tool call, engine not running, warm disk', now() - start, 'ms', 1000);
  await client.close();
}

const llmEvent = (i) => ({ run_id: randomUUID(), source: 'council', model: 'gpt-4', operation: 'draft', tokens_in: 100 + i,
  tokens_out: 20, latency_ms: 900 + i, cost_usd: '0.010335', status: 'success' });

async function measureCalls(client) {
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
  for (const [figure, bound, work] of cases) {
    await work();
    record(`${figure}, median of 21`, median(await timed(21, work)), 'ms', bound);
  }
}

async function measureListSize(client) {
  const reply = await client.request('tools/list', {});
  record('tools/list, characters / 4', JSON.stringify(reply.result).length / 4, 'tokens');
}

function print() {
  const width = Math.max(...figures.map((row) => row.figure.length));
  for (const { figure, value, unit, bound, ok } of figures) {
    const limit = bound === undefined ? '' : `bound ${bound} ${ok ? 'ok' : 'MISSED'}`;
    console.log(`${figure.padEnd(width)}  ${String(value).padStart(9)} ${unit.padEnd(6)} ${limit}`);
  }
}

try {
  execFileSync(binary, ['demo', 'load'], { env, stdio: 'inherit' });
  await measureStart();
  await measureFirstCall();
  const client = new StdioClient(binary, env);
  await client.initialize();
  await measureListSize(client);
  await measureCalls(client);
  record('server process, resident after these calls', residentMb(client.process.pid), 'MB', 25);
  await client.close();
  print();
  mkdirSync(new URL('../build/', import.meta.url), { recursive: true });
  writeFileSync(new URL('../build/bench.json', import.meta.url), JSON.stringify(figures, null, 2) + '\n');
  await waitForEngineToLeave();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = figures.every((row) => row.ok) ? 0 : 1;
