// `dataset check` and `dataset new`: folders of one's own, from the first table to the mistakes in them.
import assert from 'node:assert/strict';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const BUILT_IN = ['ai_infra_metrics', 'chimera_metrics', 'transfer_telemetry', 'webhook_delivery'];
const EVERY_TYPE = `CREATE TABLE odd.every_type (
  a Bool, b UInt8, c UInt64, d Int64, e Float32, f Float64, g Decimal(18, 4), h String, i FixedString(4), j UUID,
  k Enum8('x' = 1, 'y' = 2), l Date, m Date32, n DateTime, o DateTime64(6, 'Europe/Berlin'), p LowCardinality(Nullable(String)),
  q Nullable(Float64), user_email String, \`odd name\` UInt8, day String DEFAULT 'x', r UInt8 MATERIALIZED b + 1, s UInt8 ALIAS b,
  t Map(String, UInt8), u Array(String), v Tuple(x UInt8, y String), w AggregateFunction(sum, UInt64), nested Nested(z UInt8),
  state LowCardinality(String), ratio Float64 COMMENT 'It''s a share; 0 to 1 (SETTINGS)', ip IPv4, big UInt256)
  ENGINE = ReplacingMergeTree(n) PARTITION BY toYYYYMM(o) ORDER BY (c, \`odd name\`) SETTINGS index_granularity = 1024 COMMENT 'Every type'`;

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
});
after(() => sandbox.close());

const run = (...args) => sandbox.run(args, { env: engine.settings() });
const lines = (text) => text.trimEnd().split('\n');

async function brokenCopy(change) {
  const folder = join(sandbox.folder, `copy${Math.random().toString(36).slice(2)}`);
  await cp(join(ROOT, 'schema/webhook_delivery'), folder, { recursive: true });
  for (const [file, from, to] of change) {
    const text = await readFile(join(folder, file), 'utf8');
    assert.ok(text.includes(from), `${file} has no ${from}`);
    await writeFile(join(folder, file), text.replace(from, to));
  }
  return folder;
}

describe('dataset check', () => {
  test('names every mistake with its line, and needs no settings', async () => {
    const folder = await brokenCopy([['dataset.json', '"title"', '"titel"'], ['tools/insert.events.json', '"UUID"', '"Uuid"']]);
    const { code, stdout, stderr } = await sandbox.run(['dataset', 'check', folder], { env: { CH_PORT: 'none' } });
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(stdout, new RegExp(`^${folder}/dataset.json:1: .title. is missing$`, 'm'));
    assert.match(stdout, new RegExp(`^${folder}/dataset.json:2: unknown key .titel.`, 'm'));
    assert.match(stdout, new RegExp(`^${folder}/tools/insert.events.json:\\d+: columns\\[\\d+\\]: type .Uuid. is not supported`, 'm'));
    const json = JSON.parse((await sandbox.run(['dataset', 'check', '--json', folder])).stdout);
    assert.equal(json.fine, false);
    assert.equal(json.mistakes.length, lines(stdout).filter((line) => line.startsWith(folder)).length);
    assert.deepEqual(json.mistakes[0], { file: `${folder}/dataset.json`, line: 1, message: '`title` is missing', hint: '' });
  });

  test('a folder that is not there is an error', async () => {
    const { code, stderr } = await sandbox.run(['dataset', 'check', join(sandbox.folder, 'nowhere')]);
    assert.equal(code, 1);
    assert.match(stderr, /cannot read .*nowhere/);
  });

  test('two folders that clash', async () => {
    const folder = join(ROOT, 'schema/webhook_delivery');
    const { code, stdout } = await sandbox.run(['dataset', 'check', folder, await brokenCopy([])]);
    assert.equal(code, 1);
    assert.match(stdout, /both declare database webhook_delivery/);
  });

  test('with --database, the SQL is run in a database that goes away', async () => {
    const folder = await brokenCopy([['tools/get.failed_deliveries.sql', 'SELECT', 'SELECT no_such_column,']]);
    const { code, stdout, stderr } = await run('dataset', 'check', '--database', folder);
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(stdout, /get\.failed_deliveries\.sql:\d+: .*no_such_column/);
    assert.equal((await engine.ask("SELECT count() FROM system.databases WHERE name LIKE 'chimera_check%'", 'system')).trim(), '0');
  });

  test('with --database, a statement that fails is named by its line', async () => {
    const line = async (file, text) => 1 + (await readFile(join(ROOT, 'schema/webhook_delivery', file), 'utf8')).split(text)[0].split('\n').length - 1;
    for (const [file, from, to] of [
      ['migrations/0001_core_tables.sql', 'CREATE TABLE IF NOT EXISTS delivery_attempts', 'CREATE TABLE IF NOT EXISTS no_such_database.delivery_attempts'],
      ['migrations/0001_core_tables.sql', "COMMENT 'One attempt'", "COMMENT COMMENT 'One attempt'"],
      ['demo/demo.sql', 'INSERT INTO delivery_attempts', 'INSERT INTO no_such_table'],
    ]) {
      const folder = await brokenCopy([[file, from, to]]);
      const { code, stdout, stderr } = await run('dataset', 'check', '--database', folder);
      assert.deepEqual([code, stderr], [1, '']);
      assert.ok(stdout.startsWith(`${folder}/${file}:${await line(file, from)}: `), stdout);
    }
  });
});

describe('dataset new', () => {
  let tables;
  before(async () => {
    const all = { ...engine.settings(), CHIMERA_DATASETS: BUILT_IN.join(',') };
    for (const args of [['schema', 'apply'], ['demo', 'load']]) {
      const { code, stderr } = await sandbox.run(args, { env: all });
      assert.equal(code, 0, stderr);
    }
    await engine.ask('CREATE DATABASE odd', 'system');
    await engine.ask(EVERY_TYPE, 'system');
    await engine.ask('CREATE TABLE odd.no_time (n UInt8, state String) ENGINE = MergeTree ORDER BY n', 'system');
    await engine.ask(`INSERT INTO odd.no_time SELECT number % 7, ['on', 'off'][1 + number % 2] FROM numbers(1000)`, 'system');
    await engine.ask('CREATE TABLE odd.nothing_to_send (t Map(String, UInt8)) ENGINE = MergeTree ORDER BY tuple()', 'system');
    await engine.ask('CREATE VIEW odd.a_view AS SELECT 1', 'system');
    await engine.ask(`INSERT INTO odd.every_type (b, c, d, e, h, user_email, n, o, state, ratio)
      SELECT 5, number, -number, 0.5, 'text', 'jane@corp.example', now(), now(), 'ok', 0.25 FROM numbers(200)`, 'system');
    const rows = await engine.ask(`SELECT database || '.' || name FROM system.tables WHERE engine LIKE '%MergeTree' AND name NOT LIKE '.%'
      AND name NOT IN ('schema_migrations', 'demo_loads') AND database IN ('odd', '${BUILT_IN.join("','")}') ORDER BY 1`, 'system');
    tables = lines(rows);
  });

  test('what it writes passes the check and is listed, without an edit', async () => {
    assert.ok(tables.length >= 20, `${tables}`);
    const folders = [];
    for (const table of tables) {
      const name = table.replace('.', '_');
      const { code, stdout, stderr } = await run('dataset', 'new', name, '--from-table', table, '--to', sandbox.folder);
      assert.deepEqual([code, stderr], [0, ''], table + stdout);
      folders.push(join(sandbox.folder, name));
    }
    for (const folder of folders) {
      const { code, stdout, stderr } = await run('dataset', 'check', '--database', folder);
      assert.deepEqual([code, stderr], [0, ''], stdout);
    }
    const env = { ...engine.settings(), CHIMERA_DATASET_DIRS: join(sandbox.folder, 'odd_every_type') };
    const listed = JSON.parse((await sandbox.run(['tools', '--json'], { env })).stdout);
    const names = JSON.stringify(listed);
    assert.match(names, /insert.every_type/);
    assert.match(names, /get.every_type_by_day/);
  });

  test('it needs no database but that of the table', async () => {
    const env = { ...engine.settings(), CH_DATABASE: 'not_there' };
    const { code, stderr } = await sandbox.run(['dataset', 'new', 'alone', '--from-table', 'odd.no_time', '--to', sandbox.folder], { env });
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('what it guesses is of the rows, except what looks personal', async () => {
    const tool = JSON.parse(await readFile(join(sandbox.folder, 'odd_every_type/tools/insert.every_type.json'), 'utf8'));
    const column = (name) => tool.columns.find((one) => one.name === name);
    assert.deepEqual([column('user_email').example, column('user_email').enum], ['someone@example.com', undefined]);
    assert.deepEqual([column('d').min, column('d').max], [-2000, 0]);
    assert.deepEqual([column('ratio').min, column('ratio').max, column('ratio').example], [0, 3, 0.25]);
    assert.deepEqual([column('state').enum, column('state').example], [undefined, 'ok']);
    assert.match(tool.description, /ten times/);
    assert.match(tool.description, /Not stored by this tool: odd name, r, s, t, u, v, w, nested.z, ip, big\./);
    assert.equal(tool.partition_column, 'o');
    assert.equal(column('day').computed, true);
    assert.ok(!(await readFile(join(sandbox.folder, 'odd_every_type/glossary.json'), 'utf8')).includes('jane'));
    const noTime = JSON.parse(await readFile(join(sandbox.folder, 'odd_no_time/tools/insert.no_time.json'), 'utf8'));
    assert.deepEqual(noTime.columns[1].enum, ['off', 'on']);
    assert.match(noTime.columns[1].description, /the values that the table held/);
    assert.deepEqual((await readdir(join(sandbox.folder, 'odd_nothing_to_send/tools'))).sort(), ['get.nothing_to_send_size.json', 'get.nothing_to_send_size.sql']);
  });

  test('the migration is the table, without what is the server\'s', async () => {
    const sql = await readFile(join(sandbox.folder, 'odd_every_type/migrations/0001_every_type.sql'), 'utf8');
    assert.match(sql, /^CREATE TABLE IF NOT EXISTS every_type\n\(/);
    assert.match(sql, /SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 1024\nCOMMENT 'Every type';/);
    assert.match(sql, /ENGINE = ReplacingMergeTree\(n\)/);
    assert.match(sql, /ALTER TABLE every_type MODIFY SETTING/);
    const env = { ...engine.settings(), CHIMERA_DATASETS: 'ai_infra_metrics', CHIMERA_DATASET_DIRS: join(sandbox.folder, 'odd_every_type') };
    const applied = await sandbox.run(['schema', 'apply'], { env });
    assert.equal(applied.code, 0, applied.stderr);
    const called = await sandbox.run(['call', 'get.every_type_by_day', 'days=3650'], { env });
    assert.equal(called.code, 0, called.stderr + called.stdout);
    assert.match(called.stdout, /200/);
  });

  test('nothing is overwritten, and views are refused', async () => {
    const again = await run('dataset', 'new', 'odd_no_time', '--from-table', 'odd.no_time', '--to', sandbox.folder);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /odd_no_time: it is there already, and nothing is overwritten/);
    const view = await run('dataset', 'new', 'v', '--from-table', 'odd.a_view', '--to', sandbox.folder);
    assert.equal(view.code, 1);
    assert.match(view.stderr, /odd\.a_view is no MergeTree table, but View/);
    assert.match((await run('dataset', 'new', 'v', '--from-table', 'odd.none', '--to', sandbox.folder)).stderr, /there is no table odd.none/);
    assert.equal((await run('dataset', 'new', 'a b', '--from-table', 'odd.none')).code, 2);
  });
});
