// The dataset transfer_telemetry through the official SDK: every tool's answer against figures computed by hand, the
// usual SQL and calls of such telemetry against the tools, and the dashboards and alerts for Grafana.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';
import { alertNames, evaluation, fileOf, measurement, ROWS, statementOf, UNTIL } from './support/transfers.mjs';

const MINUTE = 60_000;
const DAY = 86_400_000;
const ENV = { CHIMERA_DATASETS: 'transfer_telemetry', CH_DATABASE: 'transfer_telemetry' };

let sandbox;
const client = new Client({ name: 'e2e', version: '1' });

async function answer(name, args = {}) {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, `${name}: ${result.content[0].text}`);
  return result.structuredContent;
}

async function refusal(name, args) {
  const result = await client.callTool({ name, arguments: args });
  assert.equal(result.isError, true, `${name} ${JSON.stringify(args)} should be refused`);
  return result.content[0].text;
}

const select = async (sql) => (await answer('query', { sql })).rows;
const insert = (rows, more) => answer('insert.tcp_telemetry', { rows, ...more });
const before_now = (ms) => new Date(Date.now() - ms).toISOString();
const round = (value, digits) => Number(value.toFixed(digits));

before(async () => {
  sandbox = await Sandbox.create(ENV);
  await client.connect(new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env, stderr: 'ignore' }));
  await insert(ROWS);
});
after(async () => {
  await client.close();
  await sandbox.close();
});

// Rows of the rollup and of the table itself, all of either.
const counts = async () => (await select('SELECT (SELECT count() FROM tcp_telemetry), (SELECT sum(transfer_count) FROM tcp_telemetry_minute)'))[0].map(Number);

describe('tables', () => {
  test('are partitioned, ordered and sampled as they should be', async () => {
    const keys = await select(`SELECT name, partition_key, sorting_key, sampling_key FROM system.tables
      WHERE database = 'transfer_telemetry' AND engine LIKE '%MergeTree' AND name != 'schema_migrations' ORDER BY name`);
    assert.deepEqual(keys, [
      ['ml_model_performance', '', 'model_name, timestamp', ''],
      ['tcp_telemetry', 'toYYYYMM(timestamp)', 'agent_id, timestamp, cityHash64(transfer_id)', 'cityHash64(transfer_id)'],
      ['tcp_telemetry_minute', 'toYYYYMM(minute)', 'minute, agent_id, project_id', ''],
    ]);
    assert.match((await select('SHOW CREATE TABLE tcp_telemetry'))[0][0], /PROJECTION by_time/);
  });

  test('compute hour, day and weekend from the time, in UTC', async () => {
    await insert([measurement({ agent_id: 'w1', timestamp: '2025-10-05T23:30:00Z' })]); // a Sunday
    const days = await select("SELECT hour_of_day, day_of_week, is_weekend FROM tcp_telemetry WHERE agent_id IN ('w1', 'b1') ORDER BY agent_id");
    assert.deepEqual(days, [[10, 2, 0], [23, 7, 1]]);
  });

  test("or take the agent's own, row by row, also under a key", async () => {
    const own = measurement({ agent_id: 'w2', timestamp: '2025-10-05T23:30:00Z', hour_of_day: 1, day_of_week: 1, is_weekend: 0 });
    const rows = [own, measurement({ agent_id: 'w3', timestamp: '2025-10-05T23:30:00Z' })];
    for (let i = 0; i < 2; ++i) await insert(rows, { idempotency_key: 'own' });
    const days = await select("SELECT hour_of_day, day_of_week, is_weekend FROM tcp_telemetry WHERE agent_id IN ('w2', 'w3') ORDER BY agent_id");
    assert.deepEqual(days, [[1, 1, 0], [23, 7, 1]]);
  });

  test('give samples of whole transfers, which make up everything', async () => {
    const [[all]] = await select('SELECT groupArray((transfer_id, c)) FROM (SELECT transfer_id, count() AS c FROM tcp_telemetry GROUP BY transfer_id ORDER BY transfer_id)');
    const halves = await select(`SELECT transfer_id, count() FROM tcp_telemetry SAMPLE 1/2 GROUP BY transfer_id
      UNION ALL SELECT transfer_id, count() FROM tcp_telemetry SAMPLE 1/2 OFFSET 1/2 GROUP BY transfer_id`);
    assert.deepEqual(halves.sort(([a], [b]) => (a < b ? -1 : 1)), all);
  });

  test('store what is not known as NULL', async () => {
    const nulls = await select(`SELECT count(), count(predicted_throughput), count(actual_throughput), count(improvement_percent)
      FROM tcp_telemetry WHERE agent_id = 'a1'`);
    assert.deepEqual(nulls[0].map(Number), [7, 4, 3, 2]);
  });
});

describe('a batch sent again', () => {
  test('is counted once, in the rollup too', async () => {
    const [rows, counted] = await counts();
    assert.equal(rows, counted);
    await insert(ROWS);
    await insert([...ROWS].map((row) => ({ ...row }))); // another call, the same rows
    assert.deepEqual(await counts(), [rows, counted]);
  });

  test('is counted once after the engine was stopped', async () => {
    const stored = await counts();
    await sandbox.stopEngines('SIGTERM');
    await insert(ROWS);
    assert.deepEqual(await counts(), stored);
  });

  test('by its key, whatever its time', async () => {
    const { timestamp: _, ...untimed } = measurement({ agent_id: 'keyed' });
    const [rows] = await counts();
    await insert([untimed], { idempotency_key: 'k1' });
    await insert([untimed], { idempotency_key: 'k1' });
    assert.deepEqual(await counts(), [rows + 1, rows + 1]);
  });

  test('of evaluations, too', async () => {
    const batch = { rows: [evaluation({ model_name: 'twice', timestamp: '2020-01-01T00:00:00Z' })] };
    await answer('insert.ml_model_performance', batch);
    await answer('insert.ml_model_performance', batch);
    assert.equal(Number((await select("SELECT count() FROM ml_model_performance WHERE model_name = 'twice'"))[0][0]), 1);
  });
});

describe('get.transfer_features', () => {
  test('of five rows', async () => {
    const { summary, note, ...features } = await answer('get.transfer_features', { agent_id: 'a1', hours: 24, until: UNTIL });
    assert.deepEqual(features, {
      avg_bandwidth: 300, // (200 + 300 + 400 + 500 + 100) / 5
      avg_latency: 30, // (10 + 20 + 30 + 40 + 50) / 5
      avg_packet_loss: 0.02, // (0.01 + 0.02 + 0 + 0.05 + 0.02) / 5
      max_throughput: 400,
      transfer_count: 5,
      distinct_transfers: 4, // tr-1 has two rows
      avg_throughput: 230, // (100 + 200 + 300 + 400 + 150) / 5
      stddev_throughput: 120.415946, // √((130² + 30² + 70² + 170² + 80²) / 4) = √14500
      optimization_rate: 0.6, // 3 / 5
      // Of five sorted values, q is at place 4q: 0.2, 1, 2, 3, 3.8, and between two values in proportion.
      bandwidth_quantiles: [120, 200, 300, 400, 480], // 100 200 300 400 500
      latency_quantiles: [12, 20, 30, 40, 48], // 10 20 30 40 50
      throughput_quantiles: [110, 150, 200, 300, 380], // 100 150 200 300 400
      throughput_lags: [150, 400, 300, 200, 100],
      // (100, 200) (200, 300) (300, 400) (400, 150), means 250 and 262.5: products of the differences 9375 - 1875 + 6875
      // - 16875 = -2500; squares 22500 + 2500 + 2500 + 22500 = 50000 and 3906.25 + 1406.25 + 18906.25 + 12656.25 = 36875.
      throughput_autocorrelation: round(-2500 / Math.sqrt(50000 * 36875), 6),
      by_hour_of_day: [[10, 3, 200, 20], [11, 2, 275, 45]], // (100 + 200 + 300) / 3, (400 + 150) / 2
    });
    assert.equal(note, null);
    assert.match(summary, /^a1: 5 rows, 4 transfers in 24 h; throughput 230 Mbit\/s \(median 200, p95 380\), latency 30 ms, loss 2 %\.$/);
  });

  test('are null where there is too little', async () => {
    const one = await answer('get.transfer_features', { agent_id: 'b1', until: UNTIL });
    assert.deepEqual([one.transfer_count, one.stddev_throughput, one.throughput_autocorrelation], [1, null, null]);
    assert.deepEqual([one.throughput_quantiles, one.throughput_lags], [[600, 600, 600, 600, 600], [600]]);
    assert.equal(one.optimization_rate, 0);
  });

  test('of an empty window are null, with the reason', async () => {
    const none = await answer('get.transfer_features', { agent_id: 'a1', hours: 1, until: '2025-09-01T00:00:00Z' });
    assert.deepEqual([none.transfer_count, none.avg_bandwidth, none.max_throughput, none.throughput_quantiles, none.by_hour_of_day], [0, null, null, [], []]);
    assert.equal(none.note, 'Its newest row is of the minute 2025-10-07T12:00:00Z.');
    const unknown = await answer('get.transfer_features', { agent_id: 'zz', hours: 1 });
    assert.match(unknown.note, /^It has no row at all; agents are, for instance: a1, b1/);
  });
});

describe('get.transfer_dashboard', () => {
  const rowsOf = async (args) => (await answer('get.transfer_dashboard', { until: UNTIL, ...args })).rows;

  test('by minute, of all agents', async () => {
    assert.deepEqual(await rowsOf({ hours: 2 }), [
      ['2025-10-07T11:59:00Z', 150, 1, 0, 150, 150, 150, 50, 50, 0.02],
      ['2025-10-07T11:30:00Z', 400, 1, 1, 400, 400, 400, 40, 40, 0.05],
      ['2025-10-07T10:01:00Z', 300, 1, 1, 300, 300, 300, 30, 30, 0],
      // Throughput 100, 200, 600: mean 300, p95 at place 1.9: 200 + 0.9 * 400. Latency 5, 10, 20: mean 35 / 3, p95 10 + 0.9 * 10.
      ['2025-10-07T10:00:00Z', 300, 3, 0.3333, 200, 560, 600, 11.667, 19, 0.01],
    ]);
  });

  test('by hour from the states, not from the means of minutes', async () => {
    assert.deepEqual(await rowsOf({ hours: 2, bucket_minutes: 60, agent_id: 'a1' }), [
      ['2025-10-07T11:00:00Z', 275, 2, 0.5, 275, 387.5, 400, 45, 49.5, 0.035], // p95: 150 + 0.95 * 250, 40 + 0.95 * 10
      ['2025-10-07T10:00:00Z', 200, 3, 0.6667, 200, 290, 300, 20, 29, 0.01], // a mean of means would be (150 + 300) / 2
    ]);
  });

  test('of one project, and of a window without rows', async () => {
    assert.deepEqual((await rowsOf({ hours: 2, project_id: 'p2' })).map((row) => row.slice(0, 3)), [['2025-10-07T10:00:00Z', 600, 1]]);
    const none = await answer('get.transfer_dashboard', { until: '2025-09-01T00:00:00Z', agent_id: 'a1' });
    assert.deepEqual(none.rows, []);
    assert.equal(none.note, 'No telemetry in the 1 h before 2025-09-01T00:00:00Z of agent a1; its newest minute is 2025-10-07T12:00:00Z.');
  });
});

describe('get.optimization_impact', () => {
  test('of six rows', async () => {
    const { summary, note, ...impact } = await answer('get.optimization_impact', { until: UNTIL });
    assert.deepEqual(impact, {
      transfer_count: 6,
      optimization_rate: 0.5,
      optimized_throughput: 300, // (200 + 300 + 400) / 3
      other_throughput: 283.333, // (100 + 150 + 600) / 3
      difference_percent: 5.88, // 300 / 283.333 - 1
      reported_improvement_percent: 20, // (10 + 30) / 2: NULL is not 0
      // Predicted and actual: 180, 200; 330, 300; 100, 160. The prediction of 400 has no actual throughput.
      predictions: 3,
      predicted_throughput: 203.333, // 610 / 3
      actual_throughput: 220, // 660 / 3
      bias: 16.667, // (20 - 30 + 60) / 3
      mae: 36.667, // (20 + 30 + 60) / 3
      rmse: 40.415, // √((400 + 900 + 3600) / 3)
      mape_percent: 19.17, // (20 / 200 + 30 / 300 + 60 / 160) / 3
      // Differences to the means: -70/3, 380/3, -310/3 and -20, 80, -60: 50400 / 3; 245400 / 9 and 10400.
      r: round(16800 / Math.sqrt((245400 / 9) * 10400), 4),
      by_optimization: [
        ['', 3, 283.333, 1, 100, 160, 60, null],
        ['chunk', 2, 250, 2, 255, 250, 25, 10],
        ['streams', 1, 400, 0, null, null, null, 30],
      ],
    });
    assert.equal(note, null);
    assert.match(summary, /6 rows, 50 % optimized; optimized ones ran at 300 Mbit\/s, others at 283.3 \(\+5.9 %\); predictions \(n 3\) off by 36.7/);
  });

  test('without predictions, and without rows, is null', async () => {
    const b1 = await answer('get.optimization_impact', { until: UNTIL, agent_id: 'b1' });
    assert.deepEqual([b1.predictions, b1.predicted_throughput, b1.bias, b1.optimized_throughput, b1.difference_percent], [0, null, null, null, null]);
    assert.equal(b1.note, 'No row has both a predicted and an actual throughput. No row has an optimization.');
    const none = await answer('get.optimization_impact', { until: '2025-09-01T00:00:00Z' });
    assert.deepEqual([none.transfer_count, none.optimization_rate, none.mae, none.by_optimization], [0, null, null, []]);
    assert.equal(none.note, 'There is no telemetry in the window.');
  });
});

test('get.model_performance has the newest scores of each version, and the change', async () => {
  const at = [20, 10, 5, 200].map((days) => before_now(days * DAY));
  await answer('insert.ml_model_performance', {
    rows: [
      evaluation({ model_name: 'xgb', timestamp: at[0], rmse: 50, mae: 45 }),
      evaluation({ model_name: 'xgb', timestamp: at[1], rmse: 40, mae: 30 }),
      evaluation({ model_name: 'xgb', model_version: '1.1', timestamp: at[2], rmse: 30, mae: 20, r2_score: -0.5 }),
      evaluation({ model_name: 'linear', timestamp: at[3] }),
    ],
  });
  const { rows } = await answer('get.model_performance');
  assert.deepEqual(rows, [
    ['xgb', '1.1', at[2], 1, 0.9, 20, 30, -0.5, 1000, 2, -25], // 30 / 40 - 1
    ['xgb', '1.0', at[1], 2, 0.9, 30, 40, 0.8, 1000, 2, null],
  ]);
  const old = await answer('get.model_performance', { model_name: 'linear', days: 365 });
  assert.deepEqual(old.rows.map((row) => row[0]), ['linear']);
  const none = await answer('get.model_performance', { model_name: 'none' });
  assert.equal(none.note, `No evaluation in the last 90 days of model none. Models of all time: linear, twice, xgb; newest evaluation ${at[2].slice(0, 19)}Z.`);
});

// What users of such telemetry have asked their database so far.
describe('the usual calls and SQL', () => {
  const minute = Math.floor(Date.now() / MINUTE - 10) * MINUTE;
  const at = (ms) => new Date(minute + ms).toISOString();

  before(() =>
    insert([
      measurement({ agent_id: 'live', timestamp: at(5000), throughput_mbps: 80, bandwidth_mbps: 100, latency_ms: 10, packet_loss_rate: 0.1 }),
      measurement({ agent_id: 'live', timestamp: at(20_000), throughput_mbps: 120, bandwidth_mbps: 200, latency_ms: 20, packet_loss_rate: 0.2, optimization_applied: 'x' }),
      measurement({ agent_id: 'live', timestamp: at(MINUTE), throughput_mbps: 50, bandwidth_mbps: 300, latency_ms: 30, packet_loss_rate: 0.3 }),
      measurement({ agent_id: 'live', timestamp: at(-180 * MINUTE), throughput_mbps: 500, bandwidth_mbps: 400, latency_ms: 40, packet_loss_rate: 0 }),
      measurement({ agent_id: 'live', timestamp: at(-30 * 60 * MINUTE), throughput_mbps: 900, bandwidth_mbps: 900, latency_ms: 90, packet_loss_rate: 0.9 }),
    ]),
  );

  // extract_features_from_clickhouse(agent_id: str, hours: int = 24)
  const FEATURES = `SELECT avg(bandwidth_mbps) as avg_bandwidth, avg(latency_ms) as avg_latency,
      avg(packet_loss_rate) as avg_packet_loss, max(throughput_mbps) as max_throughput, count() as transfer_count
    FROM tcp_telemetry WHERE agent_id = 'live' AND timestamp >= now() - INTERVAL 24 HOUR`;
  const expected = [250, 25, 0.15, 500, 4]; // (100 + 200 + 300 + 400) / 4, (10 + … + 40) / 4, (0.1 + 0.2 + 0.3) / 4

  test('features by SQL and by get.transfer_features', async () => {
    const [row] = await select(FEATURES);
    assert.deepEqual(row.map((value) => round(Number(value), 9)), expected);
    for (const args of [{ agent_id: 'live', hours: 24 }, { agent_id: 'live' }]) {
      const tool = await answer('get.transfer_features', args);
      const { avg_bandwidth, avg_latency, avg_packet_loss, max_throughput, transfer_count } = tool;
      assert.deepEqual([avg_bandwidth, avg_latency, avg_packet_loss, max_throughput, transfer_count], expected);
    }
  });

  test('the live dashboard by SQL and by get.transfer_dashboard', async () => {
    const rows = await select(`SELECT toStartOfMinute(timestamp) as minute, avg(throughput_mbps) as avg_throughput, count() as transfer_count,
        avg(optimization_applied != '') as optimization_rate
      FROM tcp_telemetry WHERE timestamp >= now() - INTERVAL 1 HOUR AND agent_id = 'live' GROUP BY minute ORDER BY minute DESC`);
    const short = (ms) => at(ms).replace('.000Z', 'Z');
    const expected = [[short(MINUTE), 50, 1, 0], [short(0), 100, 2, 0.5]]; // (80 + 120) / 2, 1 / 2
    assert.deepEqual(rows.map(([minute, mean, count, rate]) => [minute, mean, Number(count), rate]), expected);
    const tool = await answer('get.transfer_dashboard', { agent_id: 'live' });
    assert.deepEqual(tool.rows.map((row) => row.slice(0, 4)), expected);
  });
});

describe('refusals name what is wrong:', () => {
  const bad = [
    ['get.transfer_features', {}, /agent_id/],
    ['get.transfer_features', { agent_id: 'a1', hours: 0 }, /hours/],
    ['get.transfer_features', { agent_id: 'a1', hours: 9000 }, /hours/],
    ['get.transfer_features', { agent_id: 'a1', until: 'yesterday' }, /until/],
    ['get.transfer_features', { agent_id: 'a1', days: 1 }, /days/],
    ['get.transfer_dashboard', { bucket_minutes: 0 }, /bucket_minutes/],
    ['get.transfer_dashboard', { hours: 'one' }, /hours/],
    ['get.optimization_impact', { hours: 1.5 }, /hours/],
    ['get.model_performance', { days: 0 }, /days/],
    ['insert.tcp_telemetry', { data: measurement({ packet_loss_rate: 1.5 }) }, /packet_loss_rate/],
    ['insert.tcp_telemetry', { data: measurement({ throughput_mbps: null }) }, /throughput_mbps/],
    ['insert.tcp_telemetry', { data: measurement({ throughput_mbps: -1 }) }, /throughput_mbps/],
    ['insert.tcp_telemetry', { data: measurement({ agent_id: '' }) }, /agent_id/],
    ['insert.tcp_telemetry', { data: measurement({ hour_of_day: 24 }) }, /hour_of_day/],
    ['insert.ml_model_performance', { data: evaluation({ r2_score: 1.2 }) }, /r2_score/],
  ];
  for (const [tool, args, named] of bad) {
    test(`${tool} ${JSON.stringify(args).slice(0, 60)}`, async () => {
      const stored = await counts();
      assert.match(await refusal(tool, args), named);
      assert.deepEqual(await counts(), stored);
    });
  }
});

describe('alerts', () => {
  const agents = (name, ms, count, more) =>
    Array.from({ length: count }, (_, i) => measurement({ agent_id: name, transfer_id: `${name}-${ms}-${i}`, timestamp: before_now(ms), ...more }));

  before(async () => {
    const again = measurement({ agent_id: 'again', timestamp: before_now(MINUTE) });
    await insert([
      ...agents('quiet', 20 * MINUTE, 1),
      ...agents('fresh', MINUTE / 2, 1),
      ...agents('broken', MINUTE, 2, { bytes_transferred: 10, transfer_duration_ms: 0 }),
      ...agents('ahead', -10 * MINUTE, 1),
      again,
      ...agents('slow', 120 * MINUTE, 10, { throughput_mbps: 100 }),
      ...agents('slow', 5 * MINUTE, 10, { throughput_mbps: 40 }),
      ...agents('wrong', 5 * MINUTE, 10, { predicted_throughput: 130, actual_throughput: 100 }),
      ...agents('right', 5 * MINUTE, 10, { predicted_throughput: 110, actual_throughput: 100 }),
    ]);
    await insert([again, ...agents('again', 2 * MINUTE, 1)]);
    await answer('insert.ml_model_performance', {
      rows: [
        evaluation({ model_name: 'worse', timestamp: before_now(2 * DAY), rmse: 20 }),
        evaluation({ model_name: 'worse', model_version: '1.1', timestamp: before_now(DAY), rmse: 25 }),
      ],
    });
  });

  const rowsOf = async (alert) => (await select(statementOf(alert))).map(([label, value]) => [label, Number(value)]);

  const EXPECTED = {
    implausible_rows: [['broken', 2], ['ahead', 1]],
    model_regression: [['worse', 25]], // 25 / 20 - 1
    prediction_error: [['wrong', 30]], // 30 / 100; of right 10 / 100
    repeated_rows: [['again', 1]],
    throughput_drop: [['slow', 60]], // 1 - 40 / 100
  };
  for (const [alert, expected] of Object.entries(EXPECTED)) {
    test(alert, async () => assert.deepEqual(await rowsOf(alert), expected));
  }

  test('silent_agents', async () => {
    const silent = new Map(await rowsOf('silent_agents'));
    assert.ok(silent.get('quiet') >= 18 * 60 && silent.get('quiet') < 22 * 60, `${silent.get('quiet')} s`); // 20 minutes less one, begun ones
    assert.ok(silent.has('live') && !silent.has('fresh') && !silent.has('ahead') && !silent.has('a1'), [...silent.keys()].join());
  });

  test('are all tested, and are the rules for Grafana', () => {
    assert.deepEqual(alertNames().sort(), [...Object.keys(EXPECTED), 'silent_agents'].sort());
    const [{ rules }] = JSON.parse(fileOf('alerts/grafana.json')).groups;
    assert.deepEqual(rules.map(({ data }) => data[0].model.rawSql).sort(), alertNames().map(statementOf).sort());
    assert.equal(new Set(rules.map(({ uid }) => uid)).size, rules.length);
  });
});

describe('the Grafana dashboard', () => {
  const dashboard = JSON.parse(fileOf('dashboards/transfers.json'));
  const [from, to] = ['2025-10-07T10:00:00Z', '2025-10-07T11:59:59Z'].map((time) => Date.parse(time) / 1000);

  // What the data source makes of its macros; no agent chosen is all of them.
  const expand = (sql, agent) =>
    sql
      .replace(/\$__timeFilter\((\w+)\)/g, `$1 >= toDateTime(${from}) AND $1 <= toDateTime(${to})`)
      .replace(/\$__timeInterval\((\w+)\)/g, 'toStartOfInterval(toDateTime($1), INTERVAL 60 second)')
      .replace(/\$__conditionalAll\((agent_id IN) \(\$\{agent:singlequote\}\), \$agent\)/g, agent ? `$1 ('${agent}')` : '1=1')
      .replace(/\$__conditionalAll\((project_id IN) \(\$\{project:singlequote\}\), \$project\)/g, '1=1');
  const sqlOf = (panel) => panel.targets[0].rawSql;
  const rowsOf = (type, title, agent) => select(expand(sqlOf(dashboard.panels.find((p) => p.type === type && p.title === title)), agent));

  test('reads the rollup in every panel, and each runs', async () => {
    for (const panel of dashboard.panels) {
      assert.match(sqlOf(panel), /FROM transfer_telemetry\.tcp_telemetry_minute\n/);
      for (const agent of ['', 'a1']) {
        const sql = expand(sqlOf(panel), agent);
        assert.doesNotMatch(sql, /\$/);
        assert.ok((await select(sql)).length > 0, panel.title);
      }
    }
  });

  test('shows the figures of the six rows', async () => {
    assert.equal(round((await rowsOf('stat', 'Throughput'))[0][0], 3), 291.667); // 1750 / 6
    assert.equal(Number((await rowsOf('stat', 'Rows'))[0][0]), 6);
    assert.equal((await rowsOf('stat', 'Optimization rate'))[0][0], 0.5);
    assert.equal((await rowsOf('stat', 'Optimization rate', 'a1'))[0][0], 0.6);
    assert.equal(round((await rowsOf('stat', 'Prediction error'))[0][0], 3), 16.667); // 110 / 660
    assert.deepEqual(await rowsOf('timeseries', 'Predicted and actual throughput'), [
      ['2025-10-07T10:00:00Z', 180, 200],
      ['2025-10-07T10:01:00Z', 330, 300],
      ['2025-10-07T11:30:00Z', null, null],
      ['2025-10-07T11:59:00Z', 100, 160],
    ]);
    assert.deepEqual((await rowsOf('timeseries', 'Throughput'))[0], ['2025-10-07T10:00:00Z', 300, 200, 560, 600]);
    assert.deepEqual((await rowsOf('table', 'Agents')).map(([agent, rows, speed]) => [agent, Number(rows), speed]), [['a1', 5, 230], ['b1', 1, 600]]);
  });

  test('offers the agents and projects of its time', async () => {
    const variables = dashboard.templating.list.filter(({ type }) => type === 'query');
    const values = await Promise.all(variables.map(({ query }) => select(expand(query))));
    assert.deepEqual(values, [[['a1'], ['b1']], [['p1'], ['p2']]]);
  });
});

test('prompts are filled with the tables as they are', async () => {
  const { messages } = await client.getPrompt({ name: 'transfer_review', arguments: { agent: 'a1' } });
  assert.match(messages[0].content.text, /tcp_telemetry/);
  const model = await client.getPrompt({ name: 'model_review', arguments: {} });
  assert.match(model.messages[0].content.text, /every model/);
});

test('sample data answers every tool', async () => {
  const other = await Sandbox.create(ENV);
  try {
    await other.loadDemo();
    const demo = await other.serve();
    assert.equal((await demo.answer('get.transfer_dashboard', { hours: 1 })).row_count >= 11, true);
    assert.equal((await demo.answer('get.transfer_features', { agent_id: 'agent-fra-1' })).transfer_count, 288); // one every 5 minutes
    assert.ok((await demo.answer('get.optimization_impact', {})).predictions > 100);
    assert.equal((await demo.answer('get.model_performance', {})).row_count, 12);
  } finally {
    await other.close();
  }
});
