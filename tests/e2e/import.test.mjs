// `chimera-mcp import`: what comes from files is stored as it is meant, once, whatever breaks off in between.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BIN, Sandbox } from './support/product.mjs';

const DATASETS = ['ai_infra_metrics', 'chimera_metrics', 'transfer_telemetry', 'webhook_delivery'];
const KILLS = Number(process.env.CHIMERA_TEST_KILLS ?? 6);

let sandbox;
let url;
const remote = () => ({ CH_HOST: '127.0.0.1', CH_PORT: new URL(url).port, CH_SECURE: 'false', CH_DATABASE: 'chimera_metrics' });

async function sql(text, format = 'JSONCompact') {
  const reply = await fetch(`${url}?default_format=${format}&output_format_json_quote_64bit_integers=0`, { method: 'POST', body: text });
  if (!reply.ok) throw new Error(await reply.text());
  return format === 'JSONCompact' ? JSON.parse((await reply.text()) || '{"data":[]}').data : Buffer.from(await reply.arrayBuffer());
}

async function run(args, options = {}) {
  const result = await sandbox.run(['import', ...args, '--json'], { ...options, env: remote() });
  return { ...result, summary: result.stdout ? JSON.parse(result.stdout) : undefined };
}

const file = (name) => join(sandbox.folder, name);
async function write(name, content) {
  await writeFile(file(name), content);
  return file(name);
}

before(async () => {
  sandbox = await Sandbox.create();
  const engine = sandbox.spawn(BIN, ['engine', '--data', join(sandbox.folder, 'remote'), '--listen', '127.0.0.1:0']);
  url = await new Promise((resolve, reject) => {
    engine.stderr.on('data', (chunk) => {
      const found = /listening on (http:\S+)/.exec(chunk);
      if (found) resolve(found[1]);
    });
    engine.on('close', () => reject(new Error('the engine ended')));
  });
  const applied = await sandbox.run(['schema', 'apply'], { env: remote() });
  assert.equal(applied.code, 0, applied.stderr);
  await sql('CREATE DATABASE own');
});
after(() => sandbox.close());

// A table without an insert tool, empty for each test.
beforeEach(async () => {
  await sql('DROP TABLE IF EXISTS own.calls SYNC');
  await sql(`CREATE TABLE own.calls (id UInt64, at DateTime64(3, 'UTC'), ok Bool, cost Decimal(12, 6), name String, note Nullable(String))
    ENGINE = MergeTree PARTITION BY toDate(at) ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`);
});

const COLUMNS = 'id,at,ok,cost,name,note';
const call = (i) => `${i},2025-11-0${1 + (i % 5)} 10:00:00.${String(i % 1000).padStart(3, '0')}+00,${i % 2 ? 't' : 'f'},${i % 9}.000001,`
  + `${i % 3 ? `plain ${i}` : `"quoted, ""${i}""\nand a second line"`},${i % 4 ? `n${i}` : ''}\n`;
const calls = (from, to) => Array.from({ length: to - from }, (_, i) => call(from + i)).join('');
const totals = async () => (await sql('SELECT count(), uniqExact(id), sum(id), countIf(note IS NULL), countIf(ok), toFloat64(sum(cost)), sum(length(name)) FROM own.calls'))[0];

async function expectedTotals(count) {
  const ids = Array.from({ length: count }, (_, i) => i);
  const cost = ids.reduce((sum, i) => sum + (i % 9) * 1_000_000 + 1, 0) / 1_000_000;
  const length = ids.reduce((sum, i) => sum + (i % 3 ? `plain ${i}` : `quoted, "${i}"\nand a second line`).length, 0);
  return [count, count, count * (count - 1) / 2, Math.ceil(count / 4), Math.floor(count / 2), cost, length];
}

test('PostgreSQL\'s CSV: booleans, zones, quotes, NULL; a second run stores nothing', async () => {
  const path = await write('calls.csv', `${COLUMNS}\n${calls(0, 1000)}`);
  const first = await run(['own.calls', path, '--batch-rows', '300']);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual([first.summary.stored_rows, first.summary.batches, first.summary.complete], [1000, 4, true]);
  assert.deepEqual(await totals(), await expectedTotals(1000));
  assert.deepEqual(await sql('SELECT toString(at), ok, toString(cost), name, note FROM own.calls WHERE id IN (0, 5) ORDER BY id'), [
    ['2025-11-01 10:00:00.000', false, '0.000001', 'quoted, "0"\nand a second line', null],
    ['2025-11-01 10:00:00.005', true, '5.000001', 'plain 5', 'n5']]);
  const second = await run(['own.calls', path]);
  assert.deepEqual([second.code, second.summary.stored_rows, second.summary.earlier_records], [0, 0, 1000]);
  assert.deepEqual(await totals(), await expectedTotals(1000));
});

test('packed files, a pipe, another name and a longer file are the same import', async () => {
  const text = `${COLUMNS}\n${calls(0, 500)}`;
  const path = await write('grows.csv', text);
  assert.equal((await run(['own.calls', path, '--batch-rows', '200'])).summary.stored_rows, 500);
  await writeFile(file('copy.csv.gz'), gzipSync(text));
  execFileSync('zstd', ['-q', '-f', path, '-o', file('copy.csv.zst')]);
  for (const args of [[file('copy.csv.gz')], [file('copy.csv.zst')]]) {
    const { code, summary } = await run(['own.calls', ...args]);
    assert.deepEqual([code, summary.stored_rows, summary.earlier_records], [0, 0, 500]);
  }
  const piped = await run(['own.calls', '-', '--format', 'csv'], { input: text });
  assert.deepEqual([piped.code, piped.summary.stored_rows, piped.summary.earlier_records], [0, 0, 500]);
  await appendFile(path, calls(500, 1000));
  const grown = await run(['own.calls', path]);
  assert.deepEqual([grown.code, grown.summary.stored_rows, grown.summary.earlier_records], [0, 500, 500]);
  assert.deepEqual(await totals(), await expectedTotals(1000));
});

test('TSV and JSON lines hold the same rows', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ id: String(i), at: '2025-11-01T10:00:00Z', ok: i % 2 === 1, cost: '1.5',
    name: `tab\there ${i}`, note: i % 4 ? 'n' : null }));
  const tsv = rows.map((row) => [row.id, row.at, row.ok, row.cost, row.name.replace('\t', '\\t'), row.note ?? '\\N'].join('\t'));
  const one = await run(['own.calls', await write('a.tsv', [COLUMNS.replaceAll(',', '\t'), ...tsv].join('\n'))]);
  assert.equal(one.code, 0, one.stderr);
  const fromTsv = await sql('SELECT * FROM own.calls ORDER BY id');
  await sql('TRUNCATE TABLE own.calls');
  const two = await run(['own.calls', await write('a.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))]);
  assert.equal(two.code, 0, two.stderr);
  assert.deepEqual(await sql('SELECT * FROM own.calls ORDER BY id'), fromTsv);
  assert.equal(fromTsv.length, 50);
});

test('a bad row stops the import; once it is mended, the rest is stored', async () => {
  const lines = [COLUMNS, ...Array.from({ length: 40 }, (_, i) => `${i},2025-11-01 10:00:00,t,1,x,`)];
  lines[26] = '25,2025-11-01 10:00:00,t,1.23456789,x,';
  const path = await write('bad.csv', `${lines.join('\n')}\n`);
  const failed = await run(['own.calls', path, '--batch-rows', '10', '--jobs', '4']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /bad\.csv, line 27: `cost` has more than 6 decimal places/);
  assert.equal(failed.summary.complete, false);
  assert.deepEqual(await sql('SELECT count(), max(id) FROM own.calls'), [[20, 19]]);
  lines[26] = '25,2025-11-01 10:00:00,t,1.23,x,';
  await writeFile(path, `${lines.join('\n')}\n`);
  const mended = await run(['own.calls', path]);
  assert.deepEqual([mended.code, mended.summary.stored_rows, mended.summary.earlier_records], [0, 20, 20]);
  assert.deepEqual(await sql('SELECT count(), uniqExact(id) FROM own.calls'), [[40, 40]]);
});

test('bad rows can be left out, with line and reason', async () => {
  const path = await write('some.csv', `${COLUMNS}\n1,2025-11-01,t,1,a,\nx,2025-11-01,t,1,b,\n3,2025-11-01,maybe,1,c,\n4,2025-11-01,t,1,d,\n`);
  const dry = await run(['own.calls', path, '--dry-run']);
  assert.deepEqual([dry.code, dry.summary.valid_rows, dry.summary.rejected_records], [1, 2, 2]);
  assert.deepEqual(await sql('SELECT count() FROM own.calls'), [[0]]);
  const tooMany = await run(['own.calls', path, '--max-errors', '1']);
  assert.match(tooMany.stderr, /line 4: `ok` .*record number 2 that is refused/);
  const { code, summary, stderr } = await run(['own.calls', path, '--max-errors', '2', '--reject', file('rejects.jsonl')]);
  assert.equal(code, 0, stderr);
  assert.deepEqual([summary.stored_rows, summary.rejected_records], [2, 2]);
  const rejects = (await readFile(file('rejects.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(rejects.map(({ line, column, record }) => [line, column, record]),
    [[3, 'id', 'x,2025-11-01,t,1,b,'], [4, 'ok', '3,2025-11-01,maybe,1,c,']]);
  assert.deepEqual(await sql('SELECT id FROM own.calls ORDER BY id'), [[1], [4]]);
});

test('columns are mapped and skipped; unknown ones are named', async () => {
  const path = await write('other.csv', 'number,created,ok,cost,name,junk\n7,2025-11-01,t,1,a,zzz\n');
  const unknown = await run(['own.calls', path]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /own\.calls has no column `number`/);
  const { code, stderr } = await run(['own.calls', path, '--map', 'number=id', '--map', 'created=at', '--skip', 'junk']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await sql('SELECT id, name, note FROM own.calls'), [[7, 'a', null]]);
});

test('--days keeps the newest rows, and another number of days is refused', async () => {
  const day = (age) => new Date(Date.now() - age * 86_400_000).toISOString();
  const path = await write('days.csv', `${COLUMNS}\n${[1, 5, 9, 40].map((age) => `${age},${day(age)},t,1,a,\n`).join('')}`);
  const { summary } = await run(['own.calls', path, '--days', '7']);
  assert.deepEqual([summary.stored_rows, summary.skipped_rows], [2, 2]);
  assert.equal((await run(['own.calls', path, '--days', '7'])).summary.earlier_records, 4);
  const other = await run(['own.calls', path, '--days', '30']);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /begun with --days 7, this one with --days 30/);
  assert.deepEqual(await sql('SELECT id FROM own.calls ORDER BY id'), [[1], [5]]);
});

test('the rules of the insert tool hold', async () => {
  const header = 'ts,run_id,source,model,operation,tokens_in,tokens_out,latency_ms,cost_usd,status';
  const row = (source) => `2025-11-01 00:00:00+00,5bc8fbbc-bde5-4099-8164-d8399f767c45,${source},gpt-4,draft,1,2,3,0.000001,success\n`;
  const path = await write('events.csv', `${header}\n${row('council')}${row('nobody')}`);
  const failed = await run(['llm_events', path]);
  assert.match(failed.stderr, /line 3: `source` must be one of/);
  await writeFile(path, `${header}\n${row('council')}`);
  assert.equal((await run(['llm_events', path])).code, 0);
  assert.deepEqual(await sql('SELECT count(), any(error_msg) FROM chimera_metrics.llm_events'), [[1, '']]);
});

test('a table that was emptied, or forgets its batches, is told of', async () => {
  const path = await write('again.csv', `${COLUMNS}\n${calls(0, 10)}`);
  assert.equal((await run(['own.calls', path])).code, 0);
  await sql('TRUNCATE TABLE own.calls');
  const emptied = await run(['own.calls', path]);
  assert.equal(emptied.code, 1);
  assert.match(emptied.stderr, /own\.calls is empty.*--again/s);
  assert.equal((await run(['own.calls', path, '--again', 'november'])).summary.stored_rows, 10);
  assert.equal((await run(['own.calls', path, '--again', 'november'])).summary.earlier_records, 10);
  await sql('ALTER TABLE own.calls MODIFY SETTING non_replicated_deduplication_window = 0');
  const forgetful = await run(['own.calls', path]);
  assert.match(forgetful.stderr, /does not recognise a batch that comes twice/);
  assert.match(forgetful.stderr, /MODIFY SETTING non_replicated_deduplication_window = 10000/);
});

test('Parquet is read by the database, once', async () => {
  await sql(`INSERT INTO own.calls SELECT number, toDateTime64('2025-11-01 00:00:00', 3, 'UTC') + number, 1, 0.5, 'p', NULL FROM numbers(1000)`);
  await writeFile(file('calls.parquet'), await sql('SELECT * FROM own.calls', 'Parquet'));
  await sql('TRUNCATE TABLE own.calls');
  for (const stored of [1000, 0]) {
    const { code, summary, stderr } = await run(['own.calls', file('calls.parquet')]);
    assert.equal(code, 0, stderr);
    assert.equal(summary.stored_rows, stored);
  }
  assert.deepEqual(await sql('SELECT count(), sum(id), sum(ok) FROM own.calls'), [[1000, 499500, 1000]]);
});

test('the engine takes an insert of more than 100 MB', async () => {
  await sql('CREATE TABLE IF NOT EXISTS own.lines (line String) ENGINE = Null');
  const reply = await fetch(`${url}?query=INSERT+INTO+own.lines+FORMAT+LineAsString`, { method: 'POST', body: `${'x'.repeat(999)}\n`.repeat(110_000) });
  assert.equal(reply.status, 200, await reply.text());
});

test('killed at random points and run again: complete, nothing twice', async (t) => {
  const path = await write('killed.csv', `${COLUMNS}\n${calls(0, 30_000)}`);
  const args = ['import', 'own.calls', path, '--batch-rows', '500', '--jobs', '3', '--json'];
  const start = performance.now();
  await sandbox.run([...args, '--dry-run'], { env: remote() });
  const span = (performance.now() - start) * 4;
  let finished = 0;
  const stored = [];
  for (let kill = 0; kill < KILLS; ++kill) {
    const child = sandbox.spawn(BIN, args, { env: remote() });
    const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * span);
    await once(child, 'close');
    clearTimeout(timer);
    finished += child.exitCode === 0;
    stored.push((await sql('SELECT count() FROM own.calls'))[0][0]);
  }
  t.diagnostic(`rows after each of ${KILLS} kills, ${finished} of which came too late: ${stored.join(' ')}`);
  const last = await sandbox.run(args, { env: remote() });
  assert.equal(last.code, 0, last.stderr);
  const { stored_rows: rest, earlier_records: earlier } = JSON.parse(last.stdout);
  assert.equal(rest + earlier, 30_000);
  assert.deepEqual(await totals(), await expectedTotals(30_000));
});

// A database that dies after it has noted a token and before it has the rows drops every repeat of them. A mutation that
// deletes the rows leaves the same behind: known tokens without rows, here also those of the ledger.
test('rows that the database lost with its tokens known are stored by the next run, once', async () => {
  const forget = async (...tables) => {
    for (const table of tables) await sql(`ALTER TABLE ${table} DELETE WHERE 1 SETTINGS mutations_sync = 2`);
  };
  const again = "ALTER TABLE own.import_batches DELETE WHERE batch > 0 SETTINGS mutations_sync = 2";
  const json = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ id: i, at: `2025-11-0${1 + (i % 5)}T10:00:00Z`, ok: true, cost: '1.5', name: `n${i}` }));
  for (const [name, content] of [['lost.csv', `${COLUMNS}\n${calls(0, 1000)}`], ['lost.jsonl', json.join('\n')]]) {
    await forget('own.calls');
    const path = await write(name, content);
    const args = ['own.calls', path, '--batch-rows', '300'];
    assert.equal((await run(args)).summary.stored_rows, 1000);
    const rows = await totals();
    await sql(again);
    await forget('own.calls');
    for (const run_ of ['lost', 'found']) { // then the ledger is lost once more, and the rows are not
      const { code, summary, stderr } = await run(args);
      assert.deepEqual([code, summary.earlier_records], [0, 0], stderr);
      assert.equal(/, batch of 300 records .* its rows; they are inserted again/.test(stderr), run_ === 'lost', stderr);
      assert.deepEqual(await totals(), rows, run_);
      if (run_ === 'lost') assert.equal((await run(args)).summary.earlier_records, 1000, 'the ledger has the batches');
      await sql(again);
    }
  }
});

test('where lost rows cannot be told or sent again, a warning says what to compare', async () => {
  const lose = async () => {
    await sql('ALTER TABLE own.calls DELETE WHERE id < 20 SETTINGS mutations_sync = 2');
    await sql('ALTER TABLE own.import_batches DELETE WHERE batch > 0 SETTINGS mutations_sync = 2');
  };
  await sql(`CREATE OR REPLACE TABLE own.calls (id UInt64, at DateTime64(3, 'UTC'), ok Bool, cost Decimal(12, 6), name String, note Nullable(String))
    ENGINE = MergeTree PARTITION BY ok ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`);
  const path = await write('parts.csv', `${COLUMNS}\n${calls(0, 50)}`);
  assert.equal((await run(['own.calls', path])).code, 0);
  await lose();
  const parts = await run(['own.calls', path]);
  assert.equal(parts.code, 0);
  assert.match(parts.stderr, /parts\.csv, batch of 50 records from line 2: its rows go to several partitions, and some may be missing: of 4 rows that were looked for, 2 are there/);
  assert.deepEqual(await sql('SELECT count() FROM own.calls'), [[30]]);
  await writeFile(file('parts.parquet'), await sql('SELECT * FROM own.calls', 'Parquet'));
  assert.doesNotMatch((await run(['own.calls', file('parts.parquet')])).stderr, /warning/);
  await lose();
  assert.match((await run(['own.calls', file('parts.parquet')])).stderr, /parts\.parquet was sent before.*compare the 30 rows of the file with own\.calls/s);
});

test('Ctrl-C finishes what is in flight and says how to go on', async () => {
  const path = await write('stopped.csv', `${COLUMNS}\n${calls(0, 30_000)}`);
  const child = sandbox.spawn(BIN, ['import', 'own.calls', path, '--batch-rows', '200'], { env: remote() });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  while ((await sql('SELECT count() FROM own.calls'))[0][0] === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(said, /stopped in .*stopped\.csv[\s\S]*the same command goes on/);
  const again = await run(['own.calls', path]);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(await totals(), await expectedTotals(30_000));
});

test('an export is imported as the same rows, in every format', async () => {
  await sql('DROP TABLE IF EXISTS own.types SYNC');
  await sql(`CREATE TABLE own.types (id UInt64, i8 Int8, big Int64, huge UInt256, f32 Float32, f64 Float64, price Decimal(38, 10), s String,
    low LowCardinality(String), fixed FixedString(4), uuid UUID, b Bool, e Enum8('one' = 1, 'two, "2"' = 2), d Date, d32 Date32, t DateTime('UTC'),
    t9 DateTime64(9, 'UTC'), n Nullable(String), nn Nullable(Int32), nt Nullable(DateTime64(3)), list Array(String), map Map(String, UInt64))
    ENGINE = MergeTree PARTITION BY toYYYYMM(t) ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`);
  await sql(`INSERT INTO own.types SELECT number, number % 100 - 50, toInt64(number) * -92233720368547, toUInt256(number) * 1000000007, number / 7, 1 / (number + 1),
    number / 3, ['', 'plain', 'a,b', 'say "hi"', 'two\nlines', 'tab\there', 'back\\slash', '\\N', ' space ', 'é–日本', 'cr\r', 'null'][number % 12 + 1],
    toString(number % 5), 'abcd', toUUID('5bc8fbbc-bde5-4099-8164-d8399f767c45'), number % 2, number % 2 + 1, toDate('2025-01-01') + number,
    toDate32('1950-01-01') + number, toDateTime('2025-01-01 00:00:00', 'UTC') + number * 40000, toDateTime64('2025-01-01 00:00:00.123456789', 9, 'UTC') + number,
    if(number % 3 = 0, NULL, if(number % 3 = 1, '', 'x')), if(number % 4 = 0, NULL, number), if(number % 5 = 0, NULL, toDateTime64('2025-01-01 00:00:00.5', 3, 'UTC')),
    ['a,"b"', toString(number)], map('k', number) FROM numbers(300)`);
  const content = async () => (await sql('SELECT count(), toString(sum(cityHash64(*))) FROM own.types'))[0];
  const before = await content();
  for (const name of ['types.csv', 'types.tsv.gz', 'types.jsonl.zst', 'types.parquet']) {
    const exported = await sandbox.run(['export', 'own.types', '--to', file(name)], { env: remote() });
    assert.equal(exported.code, 0, exported.stderr);
    assert.match(exported.stderr, /own\.types: 300 rows/);
    const bytes = await readFile(file(name));
    await sandbox.run(['export', 'own.types', '--to', file(name)], { env: remote() });
    assert.deepEqual(await readFile(file(name)), bytes, 'the order is stable');
    await sql('CREATE OR REPLACE TABLE own.types AS own.types');
    const { code, stderr, summary } = await run(['own.types', file(name)]);
    assert.equal(code, 0, `${name}: ${stderr}`);
    assert.equal(summary.stored_rows, 300);
    assert.deepEqual(await content(), before, name);
  }
  const some = await sandbox.run(['export', 'own.types', '--columns', 'id,s', '--since', '2025-01-01', '--until', '2025-01-02'], { env: remote() });
  assert.deepEqual(some.stdout.split('\n').slice(0, 4), ['id,s', '0,""', '1,plain', '2,"a,b"']);
  const window = ['--columns', 'id,s', '--since', '2025-01-01', '--until', '2025-01-02', '--to', file('some.parquet')];
  const parquet = await sandbox.run(['export', 'own.types', ...window], { env: remote() });
  assert.equal(parquet.stderr.match(/: (\d+) rows/)[1], some.stderr.match(/: (\d+) rows/)[1]);
  await sql('CREATE OR REPLACE TABLE own.some (id UInt64, s String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10');
  assert.equal((await run(['own.some', file('some.parquet')])).code, 0);
  assert.equal((await sandbox.run(['export', 'own.some'], { env: remote() })).stdout, some.stdout);
  const packed = await sandbox.run(['export', 'own.types', '--to', file('some.parquet.gz')], { env: remote() });
  assert.deepEqual([packed.code, packed.stderr.includes('packed twice')], [2, true]);
  assert.equal((await sandbox.run(['export', 'own.types', '--to', '/no/such/folder/x.csv'], { env: remote() })).code, 1);
});

test('the sample data of every dataset comes back as it went', async () => {
  const env = { ...remote(), CHIMERA_DATASETS: DATASETS.join(',') };
  for (const args of [['schema', 'apply'], ['demo', 'load', '--if-empty']]) {
    const { code, stderr } = await sandbox.run(args, { env });
    assert.equal(code, 0, stderr);
  }
  const tables = await sql(`SELECT database, name, engine FROM system.tables WHERE database IN ('${DATASETS.join("','")}')
    AND name NOT IN ('schema_migrations', 'import_batches', 'demo_loads') AND engine IN ('MergeTree', 'ReplacingMergeTree') AND total_rows BETWEEN 1 AND 100000`);
  for (const [database, table, engine] of tables) {
    // A table that keeps the newest version of a row does so within an insert, too.
    const final = engine === 'ReplacingMergeTree' ? 'FINAL' : '';
    const content = async (name) => (await sql(`SELECT count(), toString(sum(cityHash64(*))) FROM ${name} ${final}`))[0];
    for (const format of ['csv.gz', 'parquet']) {
      await sql(`CREATE OR REPLACE TABLE own.copy AS ${database}.${table}`);
      const path = file(`${database}.${table}.${format}`);
      const exported = await sandbox.run(['export', `${database}.${table}`, '--to', path], { env });
      assert.equal(exported.code, 0, exported.stderr);
      const { code, stderr } = await run(['own.copy', path]);
      assert.equal(code, 0, `${table}: ${stderr}`);
      assert.deepEqual(await content('own.copy'), await content(`${database}.${table}`), path);
    }
  }
  assert.deepEqual([...new Set(tables.map(([database]) => database))].sort(), [...DATASETS].sort());
});

test('protected columns are protected', async () => {
  const env = { ...remote(), CHIMERA_PRIVACY: '{"chimera_metrics": {"llm_events.error_msg": "mask"}}' };
  const header = 'ts,run_id,source,model,operation,tokens_in,tokens_out,latency_ms,cost_usd,status,error_msg';
  const path = await write('private.csv', `${header}\n2025-11-02 00:00:00+00,5bc8fbbc-bde5-4099-8164-d8399f767c45,council,gpt-4,secret,1,2,3,0.000001,failure,who@example.com\n`);
  const { code, stdout, stderr } = await sandbox.run(['import', 'llm_events', path, '--json'], { env });
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).values_protected, 1);
  assert.equal(String(await sql("SELECT countIf(error_msg LIKE '%who%') FROM chimera_metrics.llm_events WHERE operation = 'secret'")), '0');
  const parquet = await sandbox.run(['import', 'llm_events', file('calls.parquet')], { env });
  assert.match(parquet.stderr, /the protected column `error_msg`/);
});

test('what an import remembers is no table of the dataset', async () => {
  const header = 'ts,run_id,source,model,operation,tokens_in,tokens_out,latency_ms,cost_usd,status,error_msg';
  const path = await write('one.csv', `${header}\n2025-11-02 00:00:00+00,5bc8fbbc-bde5-4099-8164-d8399f767c45,council,gpt-4,one,1,2,3,0.000001,success,\n`);
  assert.equal((await sandbox.run(['import', 'llm_events', path], { env: remote() })).code, 0);
  assert.equal(String(await sql("SELECT count() FROM system.tables WHERE database = 'chimera_metrics' AND name = 'import_batches'")), '1');
  const { tables } = JSON.parse((await sandbox.run(['status', '--json'], { env: remote() })).stdout);
  assert.equal(tables.length, 7);
  assert.equal((await sandbox.run(['schema', 'diff'], { env: remote() })).stdout, 'chimera_metrics: as declared\n');
  const client = await sandbox.serve({ env: remote() });
  const { resources } = await client.request('resources/list');
  assert.deepEqual(resources.filter(({ uri }) => /import_batches|demo_loads|schema_migrations/.test(uri)), []);
});

test('rows that are past the retention are counted', async () => {
  const header = 'ts,run_id,source,model,operation,tokens_in,tokens_out,latency_ms,cost_usd,status,error_msg';
  const record = (ts) => `${ts},5bc8fbbc-bde5-4099-8164-d8399f767c45,council,gpt-4,old,1,2,3,0.000001,success,\n`;
  const path = await write('old.csv', `${header}\n${record('2020-01-01 00:00:00+00')}${record('2020-01-02 00:00:00+00')}${record(new Date().toISOString())}`);
  const env = { ...remote(), CHIMERA_RETENTION: 'llm_events=30' };
  const dry = await sandbox.run(['import', 'llm_events', path, '--dry-run'], { env });
  assert.match(dry.stdout, /\n {2}2 rows are older than the 30 days that the table keeps: a merge deletes what is stored of them\n$/);
  const kept = await sandbox.run(['import', 'llm_events', path, '--dry-run', '--json'], { env: remote() });
  assert.equal(JSON.parse(kept.stdout).rows_past_retention, 0, 'for ever by default');
  const stored = await sandbox.run(['import', 'llm_events', path, '--json'], { env });
  const { stored_rows: rows, rows_past_retention: past } = JSON.parse(stored.stdout);
  assert.deepEqual([rows, past], [3, 2]);
});

test('COPY … CSV HEADER of a PostgreSQL table goes into a dataset\'s table as it comes', async () => {
  const env = { ...remote(), CHIMERA_DATASETS: DATASETS.join(',') };
  const hash = (digit) => `0x${digit.repeat(64)}`;
  const path = await write('copy.csv', 'id,chain_id,block_number,block_hash,transaction_hash,transaction_index,log_index,address,topic0,topic1,topic2,topic3,data,'
    + 'ingested_at,created_at\n'
    + `5bc8fbbc-bde5-4099-8164-d8399f767c45,1,18446744073709551615,${hash('a')},${hash('b')},3,4,0x${'c'.repeat(40)},${hash('d')},,,,0x,`
    + '2025-10-04 12:30:00.123456+02,2025-10-04 10:30:00+00\n');
  const { code, stdout, stderr } = await sandbox.run(['import', 'webhook_delivery.events', path, '--json'], { env });
  assert.equal(code, 0, stderr);
  assert.deepEqual([JSON.parse(stdout).stored_rows, JSON.parse(stdout).times_cut], [1, 1]);
  assert.deepEqual(await sql(`SELECT toString(block_number), block_hash, topic0 = '${hash('d')}', topic1, data, toString(ingested_at), toString(created_at)
    FROM webhook_delivery.events WHERE id = '5bc8fbbc-bde5-4099-8164-d8399f767c45'`),
  [['18446744073709551615', hash('a'), 1, null, '0x', '2025-10-04 10:30:00.123', '2025-10-04 10:30:00']]);
});
