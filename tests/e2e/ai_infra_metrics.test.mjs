// The dataset ai_infra_metrics: known rows in, and every answer beside what was computed by hand.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { askEngine } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const CUSTOMER = '123e4567-e89b-12d3-a456-426614174000';
const SERVICE = '456e7890-e89b-12d3-a456-426614174000';
const OTHER = '99999999-e89b-12d3-a456-426614174000';
const VIEWS = ['cost_metrics', 'performance_metrics', 'resource_metrics', 'quality_metrics'];
const HOUR_MS = 3_600_000;

// The start of the UTC hour that began so many hours before the one in which the tests started. They may reach the next
// one: windows of 24 hours hold what is a few hours old all the same.
const RUNNING = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const hourAgo = (hours) => new Date(RUNNING - hours * HOUR_MS);
const iso = (time) => new Date(time).toISOString().replace('.000Z', 'Z');
const uuid = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let sandbox;
let client;
let engine;

async function call(name, args) {
  return client.callTool({ name, arguments: args });
}

async function answer(name, args) {
  const result = await call(name, args);
  assert.ok(!result.isError, `${name}: ${result.content[0].text}`);
  return result.structuredContent;
}

const insert = (name, rows, rest) =>
  answer(`insert.${name}`, { rows: rows.map((row) => ({ ...exampleRow(name, 'ai_infra_metrics'), ...row })), ...rest });
const query = async (sql, params) => (await answer('query', params ? { sql, params } : { sql })).rows;

before(async () => {
  const env = { CHIMERA_DATASETS: 'chimera_metrics,ai_infra_metrics', CH_DATABASE: 'ai_infra_metrics' };
  sandbox = await Sandbox.create(env);
  client = new Client({ name: 'e2e', version: '1' });
  await client.connect(new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env, stderr: 'ignore' }));
  await client.listTools(); // from here on the client checks each answer against its tool's outputSchema
  await answer('query', { sql: 'SELECT 1' });
  const { socket } = await sandbox.oneEngine();
  engine = (sql) => askEngine(socket, sql);
  // No merges but those that a test asks for, so that every state is in pieces.
  for (const view of VIEWS) {
    await engine(`ALTER TABLE ai_infra_metrics.${view}_hourly MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1,
      max_bytes_to_merge_at_min_space_in_pool = 1`);
  }
});
after(async () => {
  await client.close();
  await sandbox.close();
});

// Runs `check` on states in pieces, and again when they are merged.
async function beforeAndAfterMerging(view, check) {
  const pieces = async () => Number(await engine(`SELECT count() FROM ai_infra_metrics.${view}_hourly`));
  const inPieces = await pieces();
  await check();
  await engine(`OPTIMIZE TABLE ai_infra_metrics.${view}_hourly FINAL`);
  assert.ok(await pieces() < inPieces, `${view}: nothing was in pieces, so nothing was shown`);
  await check();
}

describe('costs', () => {
  const sample = (at, instance_id, cost_per_hour, utilization_percent, rest) => ({
    timestamp: `2025-10-07T${at}Z`, instance_id, cost_per_hour, utilization_percent, ...rest,
  });
  const S3 = { service_name: 's3' };
  const GCP = { cloud_provider: 'gcp', service_name: 'compute-engine', instance_type: 'n1-standard-4', region: 'us-central1' };
  const WINDOW = { customer_id: CUSTOMER, start_date: '2025-10-07T00:00:00Z', end_date: '2025-10-08T00:00:00Z' };

  // 12:00 aws ec2: i-1 was seen four times, at a mean rate of (0.2 + 0.2 + 0.4 + 0.4) / 4 = 0.3, i-2 once at 0.192: 0.492 USD.
  //   (Their sum, 1.392, is no amount.) Utilization: (40 + 50 + 60 + 90) / 4 = 60; the fifth sample has none.
  // 12:00 aws s3: 0.01, without utilization. 12:00 gcp: an i-1 of its own at 0.5. 13:00 aws ec2: 0.25.
  const EXPECTED = [
    ['2025-10-07T12:00:00Z', 'aws', 'ec2', 0.492, 60, 5],
    ['2025-10-07T12:00:00Z', 'aws', 's3', 0.01, null, 1],
    ['2025-10-07T12:00:00Z', 'gcp', 'compute-engine', 0.5, 10, 1],
    ['2025-10-07T13:00:00Z', 'aws', 'ec2', 0.25, 20, 1],
  ];

  before(async () => {
    await insert('cost_metrics', [sample('12:00:00', 'i-1', 0.2, 40), sample('12:00:00', 'i-2', 0.192, 90),
      sample('12:59:59', 'bucket', 0.01, null, S3), sample('12:30:00', 'i-1', 0.5, 10, GCP),
      sample('12:00:00', 'i-1', 7, 100, { customer_id: OTHER })]);
    await insert('cost_metrics', [sample('12:15:00', 'i-1', 0.2, 50), sample('12:30:00', 'i-1', 0.4, 60)]);
    await insert('cost_metrics', [sample('12:45:00', 'i-1', 0.4, null), sample('13:00:00', 'i-1', 0.25, 20)]);
  });

  test('by hour, provider and service, in pieces and merged', () =>
    beforeAndAfterMerging('cost_metrics', async () => {
      assert.deepEqual((await answer('get.cost_hourly', WINDOW)).rows, EXPECTED);
    }));

  test('the window begins with start_date and ends before end_date', async () => {
    const from = (start_date, end_date) => answer('get.cost_hourly', { ...WINDOW, start_date, end_date });
    assert.deepEqual((await from('2025-10-07T13:00:00Z', '2025-10-07T14:00:00Z')).rows, EXPECTED.slice(3));
    assert.deepEqual((await from('2025-10-07T12:00:00Z', '2025-10-07T13:00:00Z')).rows, EXPECTED.slice(0, 3));
    assert.deepEqual((await from('2025-10-07T14:00:00+02:00', '2025-10-07T13:00:00.000001Z')).rows, EXPECTED);
    assert.deepEqual((await from('2025-10-07T12:00:00.5', '2025-10-07T13:00:00')).rows, []);
  });

  test('of one provider', async () => {
    assert.deepEqual((await answer('get.cost_hourly', { ...WINDOW, cloud_provider: 'gcp' })).rows, [EXPECTED[2]]);
  });

  test('an empty window says where the data is', async () => {
    const { rows, note } = await answer('get.cost_hourly', { customer_id: CUSTOMER, end_date: '2025-10-01' });
    assert.deepEqual(rows, []);
    assert.equal(note, 'No cost in the window; this customer has hours from 2025-10-07T12:00:00Z to 2025-10-07T13:00:00Z, '
      + 'of aws, gcp.');
    assert.match((await answer('get.cost_hourly', { customer_id: uuid(0) })).note, /no costs of this customer/);
    assert.match((await answer('get.cost_hourly', { ...WINDOW, start_date: '2026-01-01' })).note, /must be before end_date/);
  });

  test('a batch that is sent again counts once, in the table and in the view', async () => {
    const rows = [sample('20:00:00', 'i-1', 1, 10), sample('20:30:00', 'i-1', 3, 30), sample('21:00:00', 'i-1', 5, 50)];
    for (let i = 0; i < 3; ++i) await insert('cost_metrics', rows);
    for (let i = 0; i < 2; ++i) await insert('cost_metrics', [sample('21:30:00', 'i-1', 7, 70)], { idempotency_key: 'once' });
    const { rows: hours } = await answer('get.cost_hourly', { ...WINDOW, start_date: '2025-10-07T20:00:00Z' });
    assert.deepEqual(hours, [['2025-10-07T20:00:00Z', 'aws', 'ec2', 2, 20, 2], ['2025-10-07T21:00:00Z', 'aws', 'ec2', 6, 60, 2]]);
  });

  test('a batch that reached the table but not the view reaches it when it is sent again', async () => {
    const rows = [sample('22:00:00', 'i-1', 2, 10)];
    const window = { ...WINDOW, start_date: '2025-10-07T22:00:00Z' };
    await engine('DETACH TABLE ai_infra_metrics.cost_metrics_hourly_mv');
    await insert('cost_metrics', rows);
    await engine('ATTACH TABLE ai_infra_metrics.cost_metrics_hourly_mv');
    assert.deepEqual((await answer('get.cost_hourly', window)).rows, []);
    await insert('cost_metrics', rows);
    assert.deepEqual((await answer('get.cost_hourly', window)).rows, [['2025-10-07T22:00:00Z', 'aws', 'ec2', 2, 10, 1]]);
    assert.deepEqual(await query(`SELECT count() FROM cost_metrics_ts WHERE toHour(timestamp) = 22`), [['1']]);
  });

  test('a batch over months is stored whole', async () => {
    const months = Array.from({ length: 12 }, (_, i) => `2024-${String(i + 1).padStart(2, '0')}-15T06:00:00Z`);
    await insert('cost_metrics', months.map((timestamp) => ({ timestamp, cost_per_hour: 1.5, customer_id: uuid(1) })));
    const year = { customer_id: uuid(1), start_date: '2024-01-01', end_date: '2025-01-01' };
    assert.deepEqual((await answer('get.cost_hourly', year)).rows, months.map((at) => [at, 'aws', 'ec2', 1.5, 45.5, 1]));
  });
});

describe('requests', () => {
  const WHO = { customer_id: CUSTOMER, service_id: SERVICE };
  const request = (number, hours, rest) => ({
    timestamp: iso(hourAgo(hours)), request_id: uuid(number), latency_ms: 10 * number, throughput_tokens_per_sec: number, ...rest,
  });
  // 1 to 20 → latencies of 10 to 200 ms. Mean 105. A percentile p of n values is at p × (n - 1) of them, counted from 0:
  // 0.95 × 19 = 18.05 → 190 + 0.05 × 10 = 190.5; 0.99 × 19 = 18.81 → 190 + 0.81 × 10 = 198.1. Throughput: mean 10.5.
  const EXPECTED = {
    avg_latency_ms: 105, p95_latency_ms: 190.5, p99_latency_ms: 198.1, avg_throughput: 10.5, total_requests: 20,
    summary: '20 request(s) in the last 24 hours: mean 105 ms, p95 190.5 ms, p99 198.1 ms, 10.5 tokens/s.', note: null,
  };

  before(async () => {
    const numbers = Array.from({ length: 20 }, (_, i) => i + 1);
    const kind = (number) => ({ service_type: number % 3 === 0 ? 'tgi' : 'vllm' });
    const rows = numbers.map((number) => request(number, 1 + (number % 2), kind(number)));
    for (let i = 0; i < 20; i += 7) await insert('performance_metrics', rows.slice(i, i + 7));
    await insert('performance_metrics', [request(100, 40), request(1000, 2, { service_id: OTHER }),
      request(1000, 2, { customer_id: OTHER }), request(1000, -2)]); // out of the window, or of others
  });

  test('latency of a service, in pieces and merged', () =>
    beforeAndAfterMerging('performance_metrics', async () => {
      assert.deepEqual(await answer('get.performance_p95', { ...WHO, hours: 24 }), EXPECTED);
      assert.deepEqual(await answer('get.performance_p95', WHO), EXPECTED);
    }));

  test('the window is the last hours, the running one included', async () => {
    const rows = [0, 2, 3].map((hours) => request(hours + 1, hours, { service_id: uuid(3) }));
    await insert('performance_metrics', rows);
    const { total_requests } = await answer('get.performance_p95', { ...WHO, service_id: uuid(3), hours: 3 });
    if (Date.now() < RUNNING + HOUR_MS) assert.equal(total_requests, 2);
  });

  test('one request is its own percentile', async () => {
    await insert('performance_metrics', [request(7, 1, { service_id: uuid(2) })]);
    const { summary: _, ...one } = await answer('get.performance_p95', { ...WHO, service_id: uuid(2) });
    assert.deepEqual(one, { avg_latency_ms: 70, p95_latency_ms: 70, p99_latency_ms: 70, avg_throughput: 7, total_requests: 1,
      note: null });
  });

  test('without requests there are no figures', async () => {
    const nothing = { avg_latency_ms: null, p95_latency_ms: null, p99_latency_ms: null, avg_throughput: null, total_requests: 0 };
    const unknown = { ...WHO, service_id: uuid(0) };
    assert.deepEqual(await answer('get.performance_p95', unknown), { ...nothing,
      summary: 'No request in the last 24 hours.', note: 'There are no requests of this customer and service.' });
    await insert('performance_metrics', [request(1, 40, unknown)]);
    const { note } = await answer('get.performance_p95', unknown);
    assert.equal(note, `The newest are of the hour ${iso(hourAgo(40))}.`);
  });
});

describe('resources', () => {
  const gpu = (gpu_index, gpu_utilization, gpu_memory_used_mb, cpu_utilization, rest) => ({
    timestamp: iso(hourAgo(1)), instance_id: 'i-gpu', gpu_index, gpu_utilization, gpu_memory_used_mb, cpu_utilization, ...rest,
  });
  const NONE = { gpu_index: null, gpu_utilization: null, gpu_memory_used_mb: null, gpu_memory_total_mb: null, gpu_temperature: null };
  const ask = (instance_id, hours) => answer('get.resource_utilization', { customer_id: CUSTOMER, instance_id, hours });

  before(async () => {
    await insert('resource_metrics', [gpu(0, 80, 30000, 30), gpu(1, 40, 10000, 30)]);
    await insert('resource_metrics', [gpu(0, 90, 20000, 50, { timestamp: iso(hourAgo(2)) })]);
    await insert('resource_metrics', [gpu(0, 0, 0, 10, { ...NONE, timestamp: iso(hourAgo(1).getTime() + 60_000) })]);
    await insert('resource_metrics', [gpu(0, 1, 1, 12.5, { ...NONE, instance_id: 'i-cpu' }),
      gpu(0, 100, 40960, 100, { customer_id: OTHER }), gpu(0, 100, 40960, 100, { timestamp: iso(hourAgo(30)) })]);
  });

  // GPU: (80 + 40 + 90) / 3 = 70, at most 90; memory (30000 + 10000 + 20000) / 3 = 20000; CPU (30 + 30 + 50 + 10) / 4 = 30.
  // With 0 for the fourth sample's NULLs they would be 52.5 and 15000.
  test('load of an instance, in pieces and merged', () =>
    beforeAndAfterMerging('resource_metrics', async () => {
      assert.deepEqual(await ask('i-gpu', 24), {
        avg_gpu_utilization: 70, max_gpu_utilization: 90, avg_gpu_memory_mb: 20000, avg_cpu_utilization: 30, sample_count: 4,
        summary: '4 sample(s) in the last 24 hours: CPU 30 %, GPU 70 %, at most 90 %, 20000 MB of its memory.', note: null,
      });
    }));

  test('an instance without GPUs has no GPU figures', async () => {
    assert.deepEqual(await ask('i-cpu', 24), {
      avg_gpu_utilization: null, max_gpu_utilization: null, avg_gpu_memory_mb: null, avg_cpu_utilization: 12.5, sample_count: 1,
      summary: '1 sample(s) in the last 24 hours: CPU 12.5 %, no GPU figures.', note: null,
    });
  });

  test('without samples there are no figures', async () => {
    assert.deepEqual(await ask('i-none', 24), {
      avg_gpu_utilization: null, max_gpu_utilization: null, avg_gpu_memory_mb: null, avg_cpu_utilization: null, sample_count: 0,
      summary: 'No sample in the last 24 hours.', note: 'There are no samples of this customer and instance.',
    });
  });
});

describe('quality', () => {
  const WHO = { customer_id: CUSTOMER, service_id: SERVICE };
  const scored = (number, hours, scores, rest) => {
    const [overall_quality_score, relevance_score, coherence_score, factuality_score, hallucination_detected] = scores;
    return { timestamp: iso(hourAgo(hours)), request_id: uuid(number), overall_quality_score, relevance_score, coherence_score,
      factuality_score, hallucination_detected, ...rest };
  };
  // One hour ago, two models: (0.9 + 0.7) / 2 = 0.8, (0.8 + 0.6) / 2 = 0.7, (1 + 0.5) / 2 = 0.75; factuality was judged once:
  // 0.4, not 0.2. Hallucinations 0 + 1. Two hours ago, one request that was judged as a whole only.
  const EXPECTED = [
    [iso(hourAgo(2)), 0.5, null, null, null, 1, 1],
    [iso(hourAgo(1)), 0.8, 0.7, 0.75, 0.4, 1, 2],
  ];

  before(async () => {
    await insert('quality_metrics', [scored(1, 1, [0.9, 0.8, 1, null, 0])]);
    await insert('quality_metrics', [scored(2, 1, [0.7, 0.6, 0.5, 0.4, 1], { model_name: 'gpt-4' })]);
    await insert('quality_metrics', [scored(3, 2, [0.5, null, null, null, 1])]);
    // In an hour long ago, in pieces that merge.
    for (const number of [4, 5]) await insert('quality_metrics', [scored(number, 50, [0.1, 0.1, 0.1, 0.1, 1])]);
  });

  test('by hour, in pieces and merged', () =>
    beforeAndAfterMerging('quality_metrics', async () => {
      assert.deepEqual((await answer('get.quality_trends', { ...WHO, hours: 24 })).rows, EXPECTED);
      assert.deepEqual((await answer('get.quality_trends', { ...WHO, hours: 100 })).rows,
        [[iso(hourAgo(50)), 0.1, 0.1, 0.1, 0.1, 2, 2], ...EXPECTED]);
    }));

  test('an empty window is a note', async () => {
    const { rows, note } = await answer('get.quality_trends', { ...WHO, service_id: uuid(0) });
    assert.deepEqual(rows, []);
    assert.equal(note, 'There are no judged requests of this customer and service.');
  });
});

describe('refusals', () => {
  const SERVICE_OF = { customer_id: CUSTOMER, service_id: SERVICE };
  const CASES = [
    ['get.cost_hourly', {}, /customer_id/],
    ['get.cost_hourly', { customer_id: 'acme' }, /must be a UUID/],
    ['get.cost_hourly', { customer_id: CUSTOMER, start_date: 'yesterday' }, /start_date.*must be a time/s],
    ['get.cost_hourly', { customer_id: CUSTOMER, days: 7 }, /days.*known: .*start_date/s],
    ['get.performance_p95', { ...SERVICE_OF, hours: 0 }, /at least 1/],
    ['get.performance_p95', { ...SERVICE_OF, hours: 8785 }, /at most 8784/],
    ['get.performance_p95', { customer_id: CUSTOMER }, /service_id/],
    ['get.quality_trends', { ...SERVICE_OF, hours: 1.5 }, /hours/],
    ['get.resource_utilization', { customer_id: CUSTOMER, hours: 1 }, /instance_id/],
  ];
  for (const [name, args, expected] of CASES) {
    test(`${name} ${JSON.stringify(args)}`, async () => {
      const result = await call(name, args);
      assert.equal(result.isError, true);
      assert.match(result.content[0].text, expected);
    });
  }

  const ROWS = [
    ['cost_metrics', 'cost_per_hour', null], ['cost_metrics', 'cost_per_hour', -0.1], ['cost_metrics', 'utilization_percent', 101],
    ['cost_metrics', 'is_spot', 2], ['cost_metrics', 'instance_id', ''], ['performance_metrics', 'latency_ms', null],
    ['performance_metrics', 'total_tokens', 4294967296], ['performance_metrics', 'request_id', 'r-1'],
    ['resource_metrics', 'cpu_utilization', null], ['resource_metrics', 'gpu_index', 256], ['quality_metrics', 'relevance_score', 1.01],
    ['quality_metrics', 'hallucination_detected', null], ['quality_metrics', 'overall_quality_score', '0.9'],
  ];
  for (const [name, field, value] of ROWS) {
    test(`insert.${name} with ${field} ${JSON.stringify(value)}`, async () => {
      const { isError, content } = await call(`insert.${name}`, { data: { ...exampleRow(name, 'ai_infra_metrics'), [field]: value } });
      assert.equal(isError, true);
      assert.ok(content[0].text.includes(field), content[0].text);
    });
  }
});
