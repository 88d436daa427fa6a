// `schema diff` and `verify`: what a live database is, compared with what its dataset declares.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
});
after(() => sandbox.close());

const run = (...args) => sandbox.run(args, { env: engine.settings() });
const databases = async () => (await engine.ask(`SELECT count() FROM system.databases WHERE name LIKE 'chimera_diff%'`)).trim();

// Runs `statements`, gives {code, lines} of `schema diff`, and undoes them.
async function diffAfter(statements, undo) {
  for (const sql of statements) await engine.ask(sql);
  const { code, stdout, stderr } = await run('schema', 'diff');
  for (const sql of undo) await engine.ask(sql);
  assert.equal(stderr, '');
  return { code, lines: stdout.trimEnd().split('\n') };
}

describe('schema apply --print', () => {
  const printed = async (env) => {
    const { code, stdout, stderr } = await sandbox.run(['schema', 'apply', '--print'], { env: { ...engine.settings(), ...env } });
    assert.deepEqual([code, stderr], [0, '']);
    return stdout.split(/;\n\n/).map((sql) => sql.trim()).filter(Boolean);
  };
  const all = { CHIMERA_DATASETS: 'chimera_metrics,ai_infra_metrics' };

  test('prints what runs, and runs nothing', async () => {
    const statements = await printed({});
    assert.equal(statements.length, 2 + 7);
    assert.match(statements[0], /CREATE DATABASE IF NOT EXISTS `chimera_metrics`$/);
    assert.equal((await engine.ask("SELECT count() FROM system.databases WHERE name = 'chimera_metrics'", 'system')).trim(), '0');
  });

  for (const [what, sharded] of [['replicated', 'false'], ['sharded', 'true']]) {
    test(`prints ClickHouse's SQL for a ${what} cluster`, async () => {
      const statements = await printed({ ...all, CHIMERA_CLUSTER: 'all servers', CHIMERA_CLUSTER_SHARDED: sharded });
      assert.ok(statements.length > 20);
      for (const sql of statements) {
        assert.match(sql, /ON CLUSTER `all servers`/);
        await engine.ask(`EXPLAIN AST ${sql.replace(/^--.*$/gm, '')}`, 'system');
      }
    });
  }

  test('shards need a cluster', async () => {
    const { code, stderr } = await sandbox.run(['schema', 'apply', '--print'], { env: { ...engine.settings(), CHIMERA_CLUSTER_SHARDED: 'true' } });
    assert.notEqual(code, 0);
    assert.match(stderr, /CHIMERA_CLUSTER_SHARDED=true \(environment\) needs a cluster/);
  });
});

describe('schema diff', () => {
  before(() => engine.applySchema());

  test('finds nothing in what was just applied, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run('schema', 'diff');
    assert.deepEqual([code, stdout, stderr], [0, 'chimera_metrics: as declared\n', '']);
    assert.equal(await databases(), '0');
  });

  const CHANGES = [
    {
      what: 'a type',
      change: ['ALTER TABLE ui_events MODIFY COLUMN latency_ms UInt64'],
      undo: ['ALTER TABLE ui_events MODIFY COLUMN latency_ms UInt32'],
      line: 'ui_events, column latency_ms: type is UInt64, declared UInt32',
    },
    {
      what: 'a codec',
      change: ['ALTER TABLE ui_events MODIFY COLUMN latency_ms CODEC(ZSTD(3))'],
      undo: ['ALTER TABLE ui_events MODIFY COLUMN latency_ms REMOVE CODEC'],
      line: 'ui_events, column latency_ms: codec is CODEC(ZSTD(3)), declared none',
    },
    {
      what: 'a default',
      change: ["ALTER TABLE ui_events MODIFY COLUMN event_type DEFAULT 'x'"],
      undo: ['ALTER TABLE ui_events MODIFY COLUMN event_type REMOVE DEFAULT'],
      line: "ui_events, column event_type: default is DEFAULT 'x', declared none",
    },
    {
      what: 'a TTL',
      change: ['ALTER TABLE ui_events MODIFY TTL toDateTime(ts) + INTERVAL 30 DAY'],
      undo: ['ALTER TABLE ui_events REMOVE TTL'],
      line: 'ui_events: ttl is toDateTime(ts) + toIntervalDay(30), declared none',
    },
    {
      what: 'a setting',
      change: ['ALTER TABLE ui_events MODIFY SETTING non_replicated_deduplication_window = 5'],
      undo: ['ALTER TABLE ui_events MODIFY SETTING non_replicated_deduplication_window = 10000'],
      line: /^chimera_metrics: ui_events: settings is .*window = 5\b.*, declared .*window = 10000\b/,
    },
    {
      what: 'a column more',
      change: ['ALTER TABLE ui_events ADD COLUMN extra UInt8'],
      undo: ['ALTER TABLE ui_events DROP COLUMN extra'],
      line: 'ui_events, column extra: there, but not declared',
    },
    {
      what: 'an index more',
      change: ['ALTER TABLE ui_events ADD INDEX late (latency_ms) TYPE minmax GRANULARITY 4'],
      undo: ['ALTER TABLE ui_events DROP INDEX late'],
      line: 'ui_events, index late: there, but not declared',
    },
    {
      what: 'a missing table, in one line',
      change: ['RENAME TABLE deployments TO elsewhere'],
      undo: ['RENAME TABLE elsewhere TO deployments'],
      line: 'deployments: missing',
      other: 'chimera_metrics: elsewhere is not the dataset\'s, left alone',
    },
  ];
  for (const { what, change, undo, line, other } of CHANGES) {
    test(`finds ${what}`, async () => {
      const { code, lines } = await diffAfter(change, undo);
      assert.equal(code, 1);
      if (line instanceof RegExp) assert.match(lines[0], line);
      else assert.equal(lines[0], `chimera_metrics: ${line}`);
      assert.deepEqual(lines.slice(1), other ? [other] : []);
    });
  }

  test('finds other keys, partitions and comments', async () => {
    const columns = (await engine.ask('SELECT create_table_query FROM system.tables WHERE name = \'watcher_runs\' AND database = \'chimera_metrics\' FORMAT TSVRaw'))
      .replace('PARTITION BY toDate(ts)', 'PARTITION BY toYYYYMM(ts)')
      .replace('ORDER BY (ts, run_id)', 'ORDER BY run_id')
      .replace(/COMMENT '[^']*'$/, "COMMENT 'other'");
    const { lines } = await diffAfter(
      ['RENAME TABLE watcher_runs TO kept', columns],
      ['DROP TABLE watcher_runs', 'RENAME TABLE kept TO watcher_runs'],
    );
    const found = lines.map((line) => line.replace(/ is .*/, ''));
    for (const property of ['comment', 'order by', 'partition by', 'primary key']) {
      assert.ok(found.includes(`chimera_metrics: watcher_runs: ${property}`), `${property} in ${found}`);
    }
  });

  test('tells programs the same', async () => {
    await engine.ask('ALTER TABLE ui_events ADD COLUMN extra UInt8');
    const { code, stdout } = await run('schema', 'diff', '--json');
    await engine.ask('ALTER TABLE ui_events DROP COLUMN extra');
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout), [
      {
        dataset: 'chimera_metrics',
        database: 'chimera_metrics',
        differences: [{ table: 'ui_events', part: 'column extra', property: '', declared: '', live: 'there' }],
        others: [],
      },
    ]);
  });
});

describe('schema retention', () => {
  after(() => engine.ask('ALTER TABLE llm_events REMOVE TTL'));
  const retention = (rule, ...args) => sandbox.run(['schema', 'retention', ...args], { env: { ...engine.settings(), CHIMERA_RETENTION: rule } });
  const OLD = `INSERT INTO llm_events (ts, run_id, source) SELECT now64(3, 'UTC') - INTERVAL 40 DAY, generateUUIDv4(), 'old' FROM numbers(3)`;

  test('keeps everything by default', async () => {
    const { code, stdout } = await run('schema', 'retention');
    assert.equal(code, 0);
    assert.match(stdout, /^table +declared +live +rows past it\n/);
    assert.match(stdout, /\nchimera_metrics.llm_events +for ever +for ever +0\n/);
  });

  test('shows what is declared, applies it, and is no drift then', async () => {
    await engine.ask(OLD);
    const before = await retention('llm_events=30');
    assert.equal(before.code, 1);
    assert.match(before.stdout, /llm_events +toDateTime\(ts\) \+ toIntervalDay\(30\) +for ever +3\n/);
    const applied = await retention('llm_events=30', '--apply');
    assert.deepEqual([applied.code, applied.stderr], [0, '']);
    const env = { ...engine.settings(), CHIMERA_RETENTION: 'llm_events=30' };
    assert.equal((await sandbox.run(['schema', 'diff'], { env })).stdout, 'chimera_metrics: as declared\n');
    await engine.ask('OPTIMIZE TABLE llm_events FINAL');
    assert.match((await retention('llm_events=30')).stdout, /llm_events .* 0\n/);
  });

  test('an insert says which of its rows are past it', async () => {
    const data = { rows: [{ ...exampleRow('llm_events'), ts: '2020-01-01T00:00:00Z' }, { ...exampleRow('llm_events'), ts: new Date().toISOString() }] };
    const { code, stdout } = await sandbox.run(['call', 'insert.llm_events', '--json', JSON.stringify({ ...data, dry_run: true })], {
      env: { ...engine.settings(), CHIMERA_RETENTION: 'chimera_metrics.llm_events=30' },
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /1 row is older than the 30 days that the table keeps/);
  });

  for (const rule of ['llm_events', 'llm_events=0', 'llm_events=30:cold:7', 'nothing=3', 'llm_events=x']) {
    test(`refuses ${rule}`, async () => {
      const { code, stderr } = await retention(rule);
      assert.notEqual(code, 0);
      assert.match(stderr, /CHIMERA_RETENTION|no table nothing/);
      assert.match(stderr, /\n {2}\S/, 'a hint');
    });
  }
});

describe('verify', () => {
  test('finds nothing wrong with fresh sample data', async () => {
    assert.equal((await run('demo', 'load')).code, 0);
    const { code, stdout } = await run('verify');
    assert.match(stdout, /^table +rows +newest row +age +bound +duplicates +stored +ratio\n/);
    assert.match(stdout, /chimera_metrics\.bench_runs +\d+ +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .* 5 min +0 /);
    assert.match(stdout, /\neverything is as declared\n$/);
    assert.equal(code, 0);
  });

  test('finds rows past their limits, repeated keys, and what is late', async () => {
    await engine.ask('TRUNCATE TABLE ui_events');
    await engine.ask(`INSERT INTO watcher_runs SELECT * FROM watcher_runs LIMIT 2`);
    await engine.ask(`INSERT INTO ui_events (ts, session_id, event_type, latency_ms, commit_sha, metadata)
      SELECT now64(3, 'UTC') - INTERVAL 1 DAY, generateUUIDv4(), '', 5, 'not a commit', '{' FROM numbers(3)`);
    const { code, stdout } = await run('verify', '--json');
    const { fine, datasets } = JSON.parse(stdout);
    assert.deepEqual([code, fine], [1, false]);
    const problems = Object.fromEntries(datasets[0].tables.map(({ table, problems }) => [table, problems]));
    assert.deepEqual(problems.watcher_runs, ['2 rows repeat the key of another: run_id']);
    assert.match(problems.ui_events.join('\n'), /commit_sha: 3 rows break its declaration, such as "not a commit"/);
    assert.match(problems.ui_events.join('\n'), /event_type: 3 rows break its declaration, such as ""/);
    assert.match(problems.ui_events.join('\n'), /metadata: 3 rows break its declaration, such as "\{"/);
    assert.match(problems.ui_events.join('\n'), /late: the newest row is 864\d\d s old, the bound is 5400 s/);
  });

  test('says so when a table is missing or empty', async () => {
    await engine.ask('TRUNCATE TABLE bench_runs');
    await engine.ask('RENAME TABLE deployments TO elsewhere');
    const { code, stdout } = await run('verify');
    assert.equal(code, 1);
    assert.match(stdout, /FAIL {2}bench_runs: no rows, though the newest should be at most 300 s old\n/);
    assert.match(stdout, /FAIL {2}deployments: the table is missing; run `chimera-mcp schema apply`\n/);
    assert.match(stdout, /FAIL {2}schema of chimera_metrics: deployments: missing\n/);
    assert.match(stdout, /\d+ problems\n$/);
  });
});
