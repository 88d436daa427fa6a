// `schema backup` and `schema restore`, on the engine's own BACKUP and RESTORE.
import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const BOTH = { CHIMERA_DATASETS: 'chimera_metrics,webhook_delivery' };

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
  assert.equal((await run('demo', 'load')).code, 1, 'no schema yet');
  assert.equal((await run('schema', 'apply')).code, 0);
  assert.equal((await run('demo', 'load')).code, 0);
});
after(() => sandbox.close());

const run = (...args) => sandbox.run(args, { env: { ...engine.settings(), ...BOTH } });
const drop = async (...databases) => {
  for (const database of databases) await engine.ask(`DROP DATABASE IF EXISTS ${database} SYNC`, 'system');
};

// Every table with its number of rows and a hash of all of them.
async function contents(ask = (sql) => engine.ask(sql, 'system')) {
  const tables = await ask(`SELECT database, name FROM system.tables WHERE database IN ('chimera_metrics', 'webhook_delivery')
    AND name NOT LIKE '.inner%' ORDER BY ALL FORMAT TSV`);
  const found = {};
  for (const [database, name] of tables.split('\n').map((line) => line.split('\t'))) {
    found[`${database}.${name}`] = await ask(`SELECT count(), sum(cityHash64(*)) FROM ${database}.${name} FORMAT TSV`);
  }
  return found;
}

// Nothing but progress, on a machine that is busy.
const fine = ({ code, stderr }) => {
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^((started as|\d).*\n)*$/);
};

const plain = (text) => text.replace(/in \d+\.\d s/g, 'in N s').replace(/[\d,.]+ (files|B|KiB|MiB)/g, 'N $1');

describe('a backup', () => {
  let whole;
  before(async () => {
    whole = await contents();
    assert.ok(Object.keys(whole).length > 10);
  });

  test('saves all datasets, and brings them back row by row', async () => {
    const saved = await run('schema', 'backup', '--to', 'file:all');
    fine(saved);
    assert.equal(plain(saved.stdout), 'chimera_metrics, webhook_delivery: saved to file:all, N files, N KiB, in N s\n');
    await drop('chimera_metrics', 'webhook_delivery');

    const back = await run('schema', 'restore', '--from', 'file:all');
    fine(back);
    assert.equal(
      plain(back.stdout),
      'chimera_metrics: restored from file:all, N files, N KiB, in N s\n' +
        'webhook_delivery: restored from file:all, N files, N KiB, in N s\n' +
        'Look whether everything is there: chimera-mcp verify\n',
    );
    assert.deepEqual(await contents(), whole);
    assert.equal((await run('verify')).code, 0);
    assert.match((await run('schema', 'apply')).stdout, /^chimera_metrics: up to date\nwebhook_delivery: up to date\n$/);
  });

  test('goes into tables that migrations have just made', async () => {
    await drop('webhook_delivery');
    assert.equal((await run('schema', 'apply')).code, 0);
    const back = await run('schema', 'restore', '--from', 'file:all', '--dataset', 'webhook_delivery');
    fine(back);
    assert.deepEqual(await contents(), { ...whole, 'webhook_delivery.schema_migrations': (await contents())['webhook_delivery.schema_migrations'] });
    assert.match((await run('schema', 'status')).stdout, /webhook_delivery {2}0001_core_tables {2}applied/);
  });

  test('is not restored onto rows', async () => {
    const { code, stdout, stderr } = await run('schema', 'restore', '--from', 'file:all');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /database chimera_metrics holds rows already \(bench_runs, .*ui_events, .*\), and a restore never writes over or beside them\n {2}.*DROP DATABASE chimera_metrics\n/);
  });

  test('is not restored into tables of another kind', async () => {
    await drop('webhook_delivery');
    await engine.ask('CREATE DATABASE webhook_delivery', 'system');
    await engine.ask('CREATE TABLE webhook_delivery.events (a UInt8) ENGINE = MergeTree ORDER BY a', 'system');
    const { code, stderr } = await run('schema', 'restore', '--from', 'file:all', '--dataset', 'webhook_delivery');
    assert.equal(code, 1);
    assert.match(stderr, /definition/);
    assert.match(stderr, /\n {2}drop the database and restore it whole\n/);
    await drop('webhook_delivery');
    assert.equal((await run('schema', 'restore', '--from', 'file:all', '--dataset', 'webhook_delivery')).code, 0);
  });

  test('is continued by another that holds what is new', async () => {
    await engine.ask("INSERT INTO chimera_metrics.ui_events SELECT * REPLACE (now64(3, 'UTC') AS ts) FROM chimera_metrics.ui_events LIMIT 100");
    const grown = await contents();
    const saved = await run('schema', 'backup', '--to', 'file:more', '--base', 'file:all', '--json');
    const [{ files, bytes, bytes_written: written, ...facts }] = JSON.parse(saved.stdout);
    assert.match(facts.id, /^chimera_backup_[0-9a-f]{16}$/);
    assert.ok(facts.seconds >= 0);
    assert.deepEqual({ ...facts, id: '', seconds: 0 }, {
      id: '', databases: ['chimera_metrics', 'webhook_delivery'], place: 'file:more', base: 'file:all', folder: null, seconds: 0, complete: true, error: null,
    });
    assert.ok(files > 100 && written < bytes / 2, `${written} of ${bytes}`);
    await drop('chimera_metrics', 'webhook_delivery');
    assert.equal((await run('schema', 'restore', '--from', 'file:more')).code, 0);
    assert.deepEqual(await contents(), grown);
  });

  test('has the name that it is given, whatever that is', async () => {
    const name = "it's `a` \\name\" — $(x)";
    assert.equal((await run('schema', 'backup', '--to', `file:${name}`, '--dataset', 'webhook_delivery')).code, 0);
    assert.ok((await readdir(join(engine.folder, 'data/clickhouse/backups'))).includes(name));
    await drop('webhook_delivery');
    assert.equal((await run('schema', 'restore', '--from', `file:${name}`, '--dataset', 'webhook_delivery')).code, 0);
  });
});

describe('what cannot be', () => {
  const REFUSED = [
    [['backup', '--to', 'file:all'], 1, /already exists.*\n {2}name another place: a backup is never written over\n/],
    [['backup', '--to', 'file:../out'], 1, /is not allowed for backups.*\n {2}file: and disk: take names below the folder/],
    [['backup', '--to', 'file:/etc/out'], 1, /is not allowed for backups/],
    [['backup', '--to', 'disk:backups/out'], 1, /'backups.allowed_disk'.*\n {2}.*backups.allowed_path for file:/],
    [['backup', '--to', 'file:out.zip'], 1, /minizip.*\n {2}this server packs nothing: leave out the ending/],
    [['backup', '--to', 's3:nothing/out'], 1, /no named collection `nothing`/],
    [['backup', '--to', 'file:out', '--base', 'file:nothing'], 1, /not found/],
    [['restore', '--from', 'file:nothing', '--dataset', 'webhook_delivery'], 1, /File\('nothing'\) not found.*\n {2}check the place/],
    [['backup', '--to', 'nowhere'], 2, /"nowhere" is no place for a backup\n {2}write file:NAME, disk:DISK\/PATH, s3:COLLECTION\/PATH/],
    [['backup', '--to', 's3:https://key:secret@host/b'], 2, /holds no credentials: statements are logged\n {2}.*CREATE NAMED COLLECTION/],
    [['backup', '--to', 'file:x', '--dataset', 'webhook'], 2, /no dataset webhook is switched on\n {2}did you mean `webhook_delivery`\?\n/],
    [['backup'], 2, /--to is required/],
  ];
  for (const [args, status, about] of REFUSED) {
    test(args.join(' '), async () => {
      if (args[0] === 'restore') await drop('webhook_delivery');
      const { code, stdout, stderr } = await run('schema', ...args);
      assert.deepEqual([code, stdout], [status, ''], stderr);
      assert.match(stderr, about);
      assert.doesNotMatch(stderr, /Stack trace|secret/);
    });
  }

  test('is told to programs, too', async () => {
    const { code, stdout } = await run('schema', 'restore', '--from', 'file:nothing', '--dataset', 'webhook_delivery', '--json');
    const [{ complete, error }] = JSON.parse(stdout);
    assert.deepEqual([code, complete, error.code], [1, false, 'database_error']);
  });
});

describe('the embedded engine', () => {
  const own = (...args) => sandbox.run(args);
  const rows = async (env) => {
    const sql = 'SELECT count() AS n, sum(cityHash64(*)) AS h FROM ui_events';
    return JSON.parse((await sandbox.run(['call', 'query', `sql=${sql}`], { env })).stdout.split('\n')[1]).rows;
  };

  test('keeps backups in its own folder, and another one restores them', async () => {
    await sandbox.loadDemo();
    const whole = await rows();
    const folder = join(sandbox.dataDir, 'clickhouse/backups/one');
    const saved = await own('schema', 'backup', '--to', 'file:one');
    fine(saved);
    assert.match(saved.stdout, new RegExp(`\nKeep a copy elsewhere: ${folder}\n$`));

    const fresh = join(sandbox.folder, 'fresh');
    await cp(folder, join(fresh, 'clickhouse/backups/one'), { recursive: true });
    const env = { CHIMERA_DATA_DIR: fresh };
    const back = await sandbox.run(['schema', 'restore', '--from', 'file:one'], { env });
    fine(back);
    assert.deepEqual(await rows(env), whole);
  });

  test('says why it takes no other place', async () => {
    const { code, stderr } = await own('schema', 'backup', '--to', 's3:https://host/bucket');
    assert.equal(code, 2);
    assert.match(stderr, /reaches nothing but its own data folder.*\n {2}write file:NAME, then copy .*\/clickhouse\/backups\/NAME/);
  });
});
