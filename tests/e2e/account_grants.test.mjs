// config/clickhouse/accounts.sql grants what the product needs, and nothing that writes where it should not. ClickHouse
// itself checks every grant and setting here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ACCOUNTS, AccountEngine, accountStatements } from './support/account_engine.mjs';
import { ROOT, Sandbox } from './support/product.mjs';

const ACCESS_DENIED = 497;
const DDL_PROHIBITED = 392;
const CONSTRAINT_VIOLATED = 452;
const NOWHERE_TO_STORE = [495, 514];
const HASHES = Object.fromEntries(
  ['reader', 'writer', 'migrator'].map((name) => [`param_${name}_sha256`, 'e3b0c442'.repeat(8)]));

const READS = [
  ['list.databases'], ['list.tables'], ['describe.table', 'table=bench_runs'], ['get.correlation_data'],
  ['get.trend_data', 'metric=latency_p95_ms'], ['get.performance_summary'], ['get.quality_metrics'],
  ['get.data_freshness'], ['query', 'sql=SELECT count() FROM bench_runs SETTINGS max_threads = 2'],
  ['query.aggregate', '--json', '{"table": "llm_events", "metrics": [{"function": "count"}], "group_by": ["model"]}'],
];
const WATCHER_RUN = {
  run_id: '0b0e6a3e-8f5e-4c52-9d1e-111111111111', hearts_commit: 'a'.repeat(40), packs_commit: 'b'.repeat(40),
  hearts_rows_found: 1, packs_rows_found: 1, lag_seconds: 1, status: 'valid', duration_ms: 1,
};
const INSERT = ['insert.watcher_runs', '--json', JSON.stringify({ rows: [WATCHER_RUN] })];

let sandbox;
before(async () => { sandbox = await Sandbox.create(); });
after(() => sandbox.close());

// Tests of one file run one after another; the accounts follow each other on the same data.
function testAs(account, name, check, file = async () => undefined) {
  test(`${account}: ${name}`, async () => {
    const engine = await AccountEngine.start(sandbox, account, await file());
    try {
      await check(engine, (args) => sandbox.run(args, { env: engine.env }));
    } finally {
      await engine.stop();
    }
  });
}

async function refuses(engine, code, statements) {
  for (const [sql, parameters] of statements) {
    assert.equal(await engine.code(sql, parameters), code, `${sql} ${JSON.stringify(parameters ?? {})}`);
  }
}

testAs('administrator', 'every statement would be carried out', async (engine) => {
  for (const statement of accountStatements()) {
    const code = await engine.code(statement, HASHES);
    assert.ok(NOWHERE_TO_STORE.includes(code), `${code}: ${statement}`);
  }
});

testAs('administrator', 'a forgotten or wrong hash stops the script', async (engine) => {
  const user = accountStatements().find((statement) => statement.includes('reader_sha256'));
  assert.equal(await engine.code(user), 456);
  assert.equal(await engine.code(user, { param_reader_sha256: 'password' }), 36);
});

testAs('chimera_migrator', 'creates the schema and destroys nothing', async (engine, run) => {
  for (const args of [['schema', 'apply'], ['schema', 'status'], ['demo', 'load']]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 0, stderr);
  }
  await refuses(engine, ACCESS_DENIED, [
    ['DROP TABLE chimera_metrics.episodes'], ['TRUNCATE TABLE chimera_metrics.episodes'],
    ['ALTER TABLE chimera_metrics.episodes DELETE WHERE 1'], ['DROP DATABASE chimera_metrics'],
    ['CREATE TABLE default.other (a Int8) ENGINE = MergeTree ORDER BY a'],
  ]);
});

testAs('chimera_reader', 'every tool that reads works', async (engine, run) => {
  for (const args of READS) {
    const { code, stdout, stderr } = await run(['call', ...args]);
    assert.equal(code, 0, `${args}: ${stdout}${stderr}`);
  }
});

testAs('chimera_reader', 'nothing is written, reached or loosened', async (engine, run) => {
  const { code, stderr } = await run(['call', ...INSERT]);
  assert.equal(code, 1);
  assert.match(stderr, /access_denied/);
  await refuses(engine, ACCESS_DENIED, [
    ["INSERT INTO chimera_metrics.schema_migrations (version) VALUES (9)"], ['DROP TABLE chimera_metrics.episodes'],
    ['CREATE TEMPORARY TABLE t (a Int8) ENGINE = Memory'], ["INSERT INTO FUNCTION null('a Int8') SELECT 1"],
    ["SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')"], ["SELECT * FROM file('/etc/passwd', 'LineAsString')"],
    ["SELECT * FROM remote('127.0.0.1', 'system.one')"], ['SELECT * FROM system.users'], ['SYSTEM FLUSH LOGS'],
    ['CREATE USER other'],
  ]);
  await refuses(engine, CONSTRAINT_VIOLATED, [
    ['SELECT 1', { max_execution_time: '0' }], ['SELECT 1', { max_execution_time: '301' }],
    ['SELECT 1', { max_memory_usage: '0' }], ['SELECT 1 SETTINGS max_execution_time = 0'],
  ]);
  await refuses(engine, DDL_PROHIBITED, [['SELECT 1', { allow_ddl: '1' }]]);
});

testAs('chimera_writer', 'inserts, once, and reads nothing', async (engine, run) => {
  const { code, stdout, stderr } = await run(['call', ...INSERT]);
  assert.equal(code, 0, stdout + stderr);
  await refuses(engine, ACCESS_DENIED, [
    ['SELECT * FROM chimera_metrics.bench_runs'], ['ALTER TABLE chimera_metrics.bench_runs DELETE WHERE 1'],
  ]);
  await refuses(engine, CONSTRAINT_VIOLATED, [
    ['SELECT 1', { insert_deduplicate: '0' }], ['SELECT 1', { async_insert: '1' }],
  ]);
});

const FURTHER = ['ai_infra_metrics', 'transfer_telemetry', 'webhook_delivery'];
// accounts.sql with the grants of the further datasets, as its comment says.
async function withFurtherDatasets() {
  const path = join(sandbox.folder, 'accounts.sql');
  const [before, rest] = readFileSync(ACCOUNTS, 'utf8').split(/(?=-- The further datasets)/);
  const [comment, ...lines] = rest.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('-- '));
  assert.equal(end, 5 * FURTHER.length);
  await writeFile(path, [before, comment, ...lines.map((line, i) => (i < end ? line.slice(3) : line))].join('\n'));
  return path;
}
const allDatasets = (engine) => ({ env: { ...engine.env, CHIMERA_DATASETS: ['chimera_metrics', ...FURTHER].join(',') } });

testAs('chimera_migrator', 'creates the further datasets, once their grants are no comments', async (engine) => {
  for (const args of [['schema', 'apply'], ['demo', 'load', '--if-empty']]) {
    const { code, stderr } = await sandbox.run(args, allDatasets(engine));
    assert.equal(code, 0, stderr);
  }
}, withFurtherDatasets);

testAs('chimera_reader', 'reads the further datasets, once their grants are no comments', async (engine) => {
  for (const database of FURTHER) {
    const sql = `SELECT count() FROM ${database}.schema_migrations`;
    const { code, stdout } = await sandbox.run(['call', 'query', `sql=${sql}`], allDatasets(engine));
    assert.equal(code, 0, stdout);
  }
}, withFurtherDatasets);

testAs('chimera_reader', 'reads no other dataset before', async (engine) => {
  await refuses(engine, ACCESS_DENIED, FURTHER.map((database) => [`SELECT * FROM ${database}.schema_migrations`]));
});

function granted(account) {
  const tables = accountStatements().map((statement) => /^GRANT SELECT.* ON system\.(\w+) TO (\w+)$/.exec(statement));
  return new Set(tables.filter((match) => match?.[2] === account).map((match) => match[1]));
}

test('the reader may read the system tables that the gate lets agents read', async () => {
  const { stderr } = await sandbox.run(['call', 'query', 'sql=SELECT * FROM system.query_log']);
  const listed = /one numbers [\w ]+/.exec(stderr.replaceAll(',', ''));
  assert.ok(listed, stderr);
  assert.deepEqual([...granted('chimera_reader')].sort(), ['processes', ...listed[0].trim().split(' ')].sort());
});

test('the accounts may read the system tables that the sources read', () => {
  const allowed = new Set([...granted('chimera_reader'), ...granted('chimera_migrator')]);
  const found = new Set();
  for (const folder of ['app', 'clickhouse', 'schema', 'tools']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true })) {
      if (!/\.(cpp|h|sql)$/.test(name)) continue;
      const text = readFileSync(join(ROOT, folder, name), 'utf8');
      for (const [, table] of text.matchAll(/(?:FROM|JOIN) system\.(\w+)/g)) found.add(table);
    }
  }
  assert.ok(found.size >= 3);
  for (const table of found) assert.ok(allowed.has(table), `system.${table} is read, and not granted`);
});
