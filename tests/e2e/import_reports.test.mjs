// The importer of benchmark reports: what a report holds is stored once, what it lacks is said, nothing is made up.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BIN, ROOT, Sandbox } from './support/product.mjs';

const SAMPLES = join(ROOT, 'examples/reports');
const REAL = process.env.CHIMERA_TEST_REPORTS || join(ROOT, '../shared/data/banterhearts_reports');
const COMMIT = '5d41e7a0c93b2f86a17c04be9d3358f1620bca47';
const OUTCOMES = {
  'attention.json': /^stored .*2 bench_runs/,
  'compilation.json': /^skipped .*latency_p50_ms.*tokens_per_sec/,
  'inference.json': /^stored .*1 bench_runs/,
  'inference_few_samples.json': /^skipped .*latency_p95_ms \(20 samples.*latency_p99_ms \(100 samples/,
  'kernel.json': /^skipped .*no run of a model/,
  'prompt_suite.json': /^stored .*2 llm_events; bench_runs: lacks latency_p95_ms/,
  'prompt_suite_totals.json': /^skipped .*commit_sha.*no single calls/,
  'quantization.json': /^skipped .*no run of a model/,
  'system.json': /^skipped .*no run of a model/,
};

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serve();
});
after(() => sandbox.close());

async function importFrom(folder, ...options) {
  const program = join(ROOT, 'examples/import_reports.py');
  const { code, stdout, stderr } = await sandbox.runProgram('python3', [program, folder, '--server', BIN, ...options]);
  const lines = stdout.trimEnd().split('\n');
  return { code, stderr, summary: lines.pop(), lines };
}

const stored = () =>
  client.rows(`SELECT toUInt32((SELECT count() FROM bench_runs)), toUInt32((SELECT count() FROM llm_events))`);

test('the samples: each report has its line and its reason', async () => {
  const { code, lines, summary, stderr } = await importFrom(SAMPLES);
  assert.equal(code, 0, stderr);
  const names = Object.keys(OUTCOMES);
  assert.deepEqual(lines.map((line) => line.match(/\S+\.json/)[0]), names);
  lines.forEach((line, i) => assert.match(line, OUTCOMES[names[i]]));
  assert.equal(summary, '9 reports: 3 stored, 6 skipped, 0 failed');
});

test('what was stored is what the reports say', async () => {
  const runs = await client.rows(`SELECT toString(ts), commit_sha, quant, dataset, latency_p50_ms, latency_p95_ms,
    latency_p99_ms, round(tokens_per_sec, 1), toFloat64(cost_per_1k), memory_peak_mb
    FROM bench_runs FINAL ORDER BY ts, dataset`);
  assert.deepEqual(runs[0], ['2025-11-03 06:15:20.104', COMMIT, 'q5_k_m', 'inference_performance', 1851, 1966, 1985,
    277.6, 0.0215, 6144]);
  assert.deepEqual(runs.slice(1).map((run) => [run[3], run[5], run[9]]),
    [['attention_mechanism/gqa', 36, 472], ['attention_mechanism/sliding_window', 27, 431]]);
  const calls = await client.rows(`SELECT tokens_in, tokens_out, latency_ms, cost_usd, status, error_msg FROM llm_events
    ORDER BY ts`);
  assert.deepEqual(calls, [[64, 203, 1902, '0.00574', 'success', ''],
    [58, 0, 1768, '0.001247', 'failure', 'stopped by the content filter']]);
});

test('a second run stores nothing twice', async () => {
  const before = await stored();
  assert.deepEqual(before, [[3, 2]]);
  assert.equal((await importFrom(SAMPLES)).code, 0);
  assert.deepEqual(await stored(), before);
});

test('a broken file fails by name, and the others are still read', async () => {
  const folder = join(sandbox.folder, 'broken');
  await mkdir(folder);
  await writeFile(join(folder, 'a.json'), '{');
  await writeFile(join(folder, 'b.json'), '[]');
  await writeFile(join(folder, 'c.json'), '{"benchmark_type": "inference", "generation_times": 5, "model": 7}');
  const { code, lines } = await importFrom(folder);
  assert.equal(code, 1);
  assert.match(lines[0], /^failed +a\.json/);
  assert.match(lines[1], /^skipped +b\.json: not a benchmark report/);
  assert.match(lines[2], /^skipped +c\.json: not of a known shape/);
});

test('the real reports, where they are', { skip: !existsSync(REAL) && 'not on this machine' }, async () => {
  const { code, lines, summary, stderr } = await importFrom(REAL);
  assert.equal(code, 0, stderr);
  assert.equal(lines.length, readdirSync(REAL).filter((name) => name.endsWith('.json')).length);
  for (const line of lines) assert.match(line, /^(stored|skipped) +\S+\.json: ./);
  assert.match(summary, / 0 failed$/);
});
