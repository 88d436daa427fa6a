// Ways round a read-only guard, tried through `query`: refused, and nothing changed. What only looks hostile passes.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/product.mjs';

const outfile = join('/tmp', `chimera-e2e-outfile-${process.pid}`);
const REFUSED = [
  'SELECT 1; DROP TABLE episodes',
  'SELECT 1;;INSERT INTO episodes (title) VALUES (1)',
  'SELECT 1; -- x\nDROP TABLE episodes',
  '/* x */ DROP TABLE episodes',
  '-- x\nDROP TABLE episodes',
  '#! x\nDROP TABLE episodes',
  '/* /* */ */ DROP TABLE episodes',
  'WITH y AS (SELECT 1) INSERT INTO episodes (episode_num) SELECT * FROM y',
  `SELECT 1 INTO OUTFILE '${outfile}'`,
  `SELECT 1 INTO/**/OUTFILE '${outfile}' TRUNCATE`,
  'SELECT 1 PARALLEL WITH DROP TABLE episodes',
  'SELECT 1 SETTINGS readonly=0, max_execution_time=0',
  'SELECT * FROM (SELECT 1 SETTINGS readonly=0)',
  'SET readonly=0',
  'SELECT 1 FORMAT CSV',
  "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
  "SELECT * FROM file('/etc/passwd', 'LineAsString')",
  "SELECT file('/etc/passwd')",
  "SELECT * FROM remote('127.0.0.1', 'system.one')",
  "SELECT * FROM s3('http://127.0.0.1:1/b/k')",
  "SELECT * FROM executable('id', 'TSV', 'x String')",
  "DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')",
  "SELECT 1 WHERE 1 IN url('http://127.0.0.1:1/', 'CSV', 'x UInt8')",
  "EXPLAIN SELECT * FROM file('/etc/passwd')",
  "WITH c AS (SELECT * FROM `file`('/etc/passwd', 'LineAsString')) SELECT * FROM c",
  "SELECT * FROM episodes AS a JOIN \"url\"('http://127.0.0.1:1/', 'CSV', 'x UInt8') AS b ON 1",
  "SELECT * FROM '/etc/passwd'",
  'SELECT * FROM `/etc/passwd`',
  'SELECT * FROM "x.csv"',
  'SYSTEM SHUTDOWN',
  'KILL QUERY WHERE 1',
  'TRUNCATE TABLE episodes',
  'ALTER TABLE episodes DELETE WHERE 1',
  'DELETE FROM episodes WHERE 1',
  'OPTIMIZE TABLE episodes FINAL',
  'RENAME TABLE episodes TO e2',
  'CREATE TEMPORARY TABLE x (a UInt8)',
  'CREATE FUNCTION f AS x -> x',
  'ATTACH TABLE x',
  'USE system',
  'GRANT ALL ON *.* TO default',
  "BACKUP TABLE episodes TO File('/tmp/x')",
  'EXPLAIN AST DROP TABLE episodes',
  'ＤＲＯＰ TABLE episodes',
  '\uFEFFDROP TABLE episodes',
  'SELECT 1\0; DROP TABLE episodes',
  "SELECT 'unterminated",
  `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
  '',
  '   \n',
  '-- only a comment',
];

const PASSING = [
  "SELECT 'DROP TABLE t; --'",
  'SELECT 1 AS `insert`',
  'SELECT 1 AS "drop";',
  'SELECT $x$ DROP TABLE t; $x$',
  'SELECT 1 /* INTO OUTFILE */',
  'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r',
  'WITH 1 AS x SELECT x',
  '(SELECT 1) UNION ALL (SELECT 2)',
  'SELECT model, row_number() OVER (PARTITION BY quant ORDER BY ts) FROM bench_runs FINAL QUALIFY 1',
  'SELECT day, count() FROM (SELECT toDate(ts) AS day FROM bench_runs) GROUP BY day WITH TOTALS ORDER BY day WITH FILL',
  'SELECT arrayMap(x -> x::String, [1, 2])',
  'FROM numbers(3) SELECT number',
  "SELECT * FROM values('a UInt8', 1)",
  'EXPLAIN PIPELINE SELECT count() FROM bench_runs',
  'SHOW TABLES',
  "SHOW TABLES LIKE '%runs'",
  'SHOW CREATE TABLE bench_runs',
  'DESCRIBE TABLE bench_runs',
  'EXISTS TABLE bench_runs',
  'SELECT name FROM system.tables LIMIT 1',
];

let sandbox;
let client;
let untouched;
const fingerprint = () =>
  client.rows("SELECT name, total_rows FROM system.tables WHERE database = 'chimera_metrics' ORDER BY name");

before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
  client = await sandbox.serve();
  untouched = await fingerprint();
});
after(() => sandbox.close());

for (const sql of REFUSED) {
  test(`refused: ${JSON.stringify(sql).slice(0, 100)}`, async () => {
    const text = await client.refusal('query', { sql });
    assert.ok(text.length > 20, text);
    assert.doesNotMatch(text, /root:/);
  });
}

test('after all of them nothing has changed and no file was written', async () => {
  assert.ok(untouched.length >= 7);
  assert.deepEqual(await fingerprint(), untouched);
  assert.ok(!existsSync(outfile));
  assert.deepEqual(client.impure, []);
});

for (const sql of PASSING) {
  test(`passes: ${sql.slice(0, 100)}`, async () => {
    const { rows } = await client.answer('query', { sql });
    assert.ok(Array.isArray(rows));
  });
}

test('a write that is refused names the tool that does it', async () => {
  const text = await client.refusal('query', { sql: "INSERT INTO episodes (title) VALUES ('x')" });
  assert.match(text, /insert\.episodes|insert\./);
});
