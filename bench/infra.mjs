// The dataset ai_infra_metrics with a year of hourly costs of 500 instances, and 30 days of requests, GPUs and judged
// answers: what it takes on disk beside CSV, and how long its tools take.
import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, timed } from './figures.mjs';
import { McpHttpClient, startHttpServer } from './mcp_http_client.mjs';
import { checked } from './messages.mjs';
import { StdioClient } from './stdio_client.mjs';

const SCHEMA = new URL('../schema/ai_infra_metrics', import.meta.url).pathname;
const CALLERS = 100;
const DASHBOARD_MS = 1000;
const SERIES_MS = 300;

const customer = (number) => `toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(${number}), 12, '0')))`;
const CUSTOMER = '00000000-0000-4000-8000-000000000003';
const SERVICE = '00000000-0000-4000-8000-000000000013';
const TABLES = ['cost_metrics', 'performance_metrics', 'resource_metrics', 'quality_metrics'];

// Rates are prices that change now and then; loads and latencies are noise around a daily course.
const ROWS = [
  `INSERT INTO cost_metrics_ts SELECT toStartOfHour(now('UTC')) - toIntervalHour(8759 - intDiv(number, 500)) AS at,
     ${customer('number % 5')}, ['aws', 'gcp', 'azure'][1 + number % 3] AS provider,
     transform(provider, ['aws', 'gcp', 'azure'], ['ec2', 'compute-engine', 'vm']), concat('i-', hex(sipHash64(number % 500))),
     ['m5.xlarge', 'n1-standard-4', 'p4d.24xlarge', 'D4s_v5'][1 + number % 4], ['us-east-1', 'us-central1', 'westeurope'][1 + number % 3],
     round([0.192, 0.19, 32.7726, 0.23][1 + number % 4] * if(number % 7 = 0, 0.3 + toDayOfYear(at) % 9 / 100, 1), 4),
     round(40 + 25 * sin(toHour(at) / 4) + rand(1) % 300 / 10, 1), number % 7 = 0, number % 11 = 0
   FROM numbers(500 * 8760)`,
  `INSERT INTO performance_metrics_ts SELECT now('UTC') - toIntervalSecond(intDiv(number * 30 * 86400, 1000000)), ${customer('number % 5')},
     ${customer('10 + number % 10')}, ['vllm', 'tgi'][1 + number % 2], ['llama-2-70b', 'mistral-7b'][1 + number % 2], generateUUIDv4(),
     round(80 + 400 * exp(rand(1) % 1000 / 500), 1), 20 + rand(2) % 600 / 10, 50 + rand(3) % 500 / 10, rand(4) % 1000 / 10, 1 + rand(5) % 16,
     (64 + rand(6) % 2000) AS prompt, (16 + rand(7) % 500) AS completion, prompt + completion
   FROM numbers(1000000)`,
  `INSERT INTO resource_metrics_ts SELECT toStartOfMinute(now('UTC')) - toIntervalMinute(intDiv(number, 20)), ${customer('number % 5')},
     concat('gpu-', toString(number % 5)), 'p4d.24xlarge', intDiv(number, 5) % 4, 50 + rand(1) % 500 / 10, 20000 + rand(2) % 16000, 40960,
     50 + rand(3) % 200 / 10, 20 + rand(4) % 300 / 10, 400 + rand(5) % 100, 1152, rand(6) % 1000, rand(7) % 500
   FROM numbers(20 * 43200)`,
  `INSERT INTO quality_metrics_ts SELECT timestamp, customer_id, service_id, request_id, model_name, round(0.8 + rand(1) % 190 / 1000, 3),
     round(0.8 + rand(2) % 190 / 1000, 3), round(0.7 + rand(3) % 290 / 1000, 3), rand(4) % 40 = 0, rand(5) % 30 / 1000,
     round(0.8 + rand(6) % 190 / 1000, 3), hex(rand(7) % 5000), latency_ms FROM performance_metrics_ts`,
  ...TABLES.flatMap((table) => [`OPTIMIZE TABLE ${table}_ts FINAL`, `OPTIMIZE TABLE ${table}_hourly FINAL`]),
];

// A copy of the dataset whose sample data are these rows.
function load(binary, folder, env) {
  cpSync(SCHEMA, env.CHIMERA_DATASET_DIRS, { recursive: true });
  writeFileSync(join(env.CHIMERA_DATASET_DIRS, 'demo/demo.sql'), `${ROWS.join(';\n')};\n`);
  execFileSync(binary, ['demo', 'load'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function measureStorage(figures, client) {
  const value = async (sql) => Number((await client.call('query', { sql, timeout_seconds: 120 })).structuredContent.rows[0][0]);
  const onDisk = (pattern) =>
    value(`SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'ai_infra_metrics' AND match(table, '${pattern}')`);
  for (const table of TABLES) {
    const csv = await value(`SELECT sum(length(formatRow('CSV', *))) FROM ai_infra_metrics.${table}_ts`);
    const rows = await value(`SELECT count() FROM ai_infra_metrics.${table}_ts`);
    const raw = await onDisk(`^${table}_ts$`);
    const all = await onDisk(`^${table}_(ts|hourly)$`);
    figures.record(`${table}_ts, ${rows} rows: CSV / on disk`, csv / raw, '×', { atLeast: 5 }, { csv, raw });
    figures.record('the same with its view', csv / all, '×', { atLeast: 5 }, { csv, all });
  }
}

async function measureTools(figures, client) {
  const since = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
  const service = { customer_id: CUSTOMER, service_id: SERVICE };
  const cases = [
    ['get.cost_hourly: 7 days', DASHBOARD_MS, { customer_id: CUSTOMER }],
    ['get.cost_hourly: 24 hours', SERIES_MS, { customer_id: CUSTOMER, start_date: since(1) }],
    ['get.performance_p95: 24 hours', SERIES_MS, service],
    ['get.performance_p95: 30 days', DASHBOARD_MS, { ...service, hours: 720 }],
    ['get.resource_utilization: 24 hours', SERIES_MS, { customer_id: CUSTOMER, instance_id: 'gpu-3' }],
    ['get.resource_utilization: 30 days', DASHBOARD_MS, { customer_id: CUSTOMER, instance_id: 'gpu-3', hours: 720 }],
    ['get.quality_trends: 24 hours', SERIES_MS, service],
    ['get.quality_trends: 30 days', DASHBOARD_MS, { ...service, hours: 720 }],
  ];
  for (const [figure, atMost, args] of cases) {
    const work = () => client.call(figure.split(':')[0], args);
    const { rows, sample_count, total_requests } = (await work()).structuredContent;
    if (!(rows?.length || sample_count || total_requests)) throw new Error(`${figure}: no data`);
    figures.record(`${figure}, median of 21`, median(await timed(21, work)), 'ms', { atMost });
  }
}

async function measureDashboards(figures, binary, env, folder) {
  const server = await startHttpServer(binary, env, join(folder, 'infra.log'));
  try {
    const first = await McpHttpClient.open(server.port);
    const callers = await Promise.all(Array.from({ length: CALLERS }, () => McpHttpClient.open(server.port, first)));
    const ask = (caller) => caller.send('tools/call', { name: 'get.cost_hourly', arguments: { customer_id: CUSTOMER } });
    const start = performance.now();
    const replies = await Promise.all(callers.map(ask));
    const answered = replies.filter((bytes) => checked('get.cost_hourly', bytes).structuredContent.row_count > 0).length;
    figures.record(`get.cost_hourly by ${CALLERS} callers at once: answered`, answered, 'calls', { atLeast: CALLERS });
    figures.record('the last of them', performance.now() - start, 'ms');
  } finally {
    server.process.kill();
  }
}

export async function measureInfra(figures, binary, folder) {
  const env = { ...process.env, CHIMERA_DATA_DIR: join(folder, 'infra'), CHIMERA_DATASET_DIRS: join(folder, 'ai_infra_metrics'),
    CHIMERA_ENGINE_IDLE: '5', CHIMERA_LOG_LEVEL: 'error', CH_TIMEOUT: '300' };
  load(binary, folder, env);
  const client = new StdioClient(binary, env);
  await client.initialize();
  await measureStorage(figures, client);
  await measureTools(figures, client);
  await measureDashboards(figures, binary, env, folder);
  await client.close();
}
