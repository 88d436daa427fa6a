// What comes out is what is stored: no digit lost, nothing silently null.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const VALUES = [
  ['toUInt64(18446744073709551615)', '18446744073709551615'],
  ['toInt64(-9223372036854775808)', '-9223372036854775808'],
  ["toInt128('-170141183460469231731687303715884105728')", '-170141183460469231731687303715884105728'],
  ["toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935')",
    '115792089237316195423570985008687907853269984665640564039457584007913129639935'],
  ["toDecimal64('12345678901.000001', 6)", '12345678901.000001'],
  ["toDecimal128('-0.000000000000000001', 18)", '-0.000000000000000001'],
  ['toUInt32(4294967295)', 4294967295],
  ['toInt8(-128)', -128],
  ['toFloat64(0.1)', 0.1],
  ['toFloat32(0.85)', 0.85],
  ['nan', 'nan'],
  ['inf', 'inf'],
  ['-inf', '-inf'],
  ['CAST(NULL AS Nullable(Int32))', null],
  ['NULL', null],
  ['toDateTime64(\'2025-10-07 12:30:00.123\', 3, \'UTC\')', '2025-10-07T12:30:00.123Z'],
  ["toDateTime('2025-10-07 12:30:00', 'UTC')", '2025-10-07T12:30:00Z'],
  ["toDate('2025-10-07')", '2025-10-07'],
  ["''", ''],
  ["'👍 naïve 中文'", '👍 naïve 中文'],
  [String.raw`'quote " backslash \\ line\nbreak\ttab\0nul'`, 'quote " backslash \\ line\nbreak\ttab\0nul'],
  ["toFixedString('ab', 2)", 'ab'],
  ['true', true],
  ["toUUID('b701af3b-1e66-4a17-8122-59ce95d53e19')", 'b701af3b-1e66-4a17-8122-59ce95d53e19'],
  ["toIPv4('127.0.0.1')", '127.0.0.1'],
  ['[toUInt64(18446744073709551615), NULL]', ['18446744073709551615', null]],
  ['[nan, 1.5]', ['nan', 1.5]],
  ["(toUInt8(1), 'b')", [1, 'b']],
  ["map('k', toUInt64(9007199254740993))", { k: '9007199254740993' }],
  ["toLowCardinality('x')", 'x'],
];

let sandbox;
let clients;
before(async () => {
  sandbox = await Sandbox.create();
  clients = { stdio: await sandbox.serve(), http: await sandbox.serveHttp() };
});
after(() => sandbox.close());

for (const transport of ['stdio', 'http']) {
  test(`every type arrives whole over ${transport}`, async () => {
    const sql = `SELECT ${VALUES.map(([expression], i) => `${expression} AS v${i}`).join(', ')}`;
    const { rows, columns, row_count } = await clients[transport].answer('query', { sql });
    assert.equal(Number(row_count), 1);
    VALUES.forEach(([expression, expected], i) => assert.deepEqual(rows[0][i], expected, expression));
    assert.equal(columns[0].type, 'UInt64');
    assert.equal(columns[15].type, "DateTime64(3, 'UTC')");
  });
}

test('the text of an answer says the same as its structure', async () => {
  const sql = "SELECT 18446744073709551615, '👍'";
  const { content, structuredContent } = await clients.stdio.call('query', { sql });
  assert.deepEqual(structuredContent.rows, [['18446744073709551615', '👍']]);
  assert.ok(content[0].text.includes('18446744073709551615') && content[0].text.includes('👍'));
});

test('parameters are bound as values, whatever is in them', async () => {
  for (const text of ["'; DROP TABLE episodes; --", '{x:String}', 'a\\b\n\t\0', '👍', '']) {
    const { rows } = await clients.stdio.answer('query', { sql: 'SELECT {x:String}', params: { x: text } });
    assert.deepEqual(rows, [[text]]);
  }
  const { rows } = await clients.stdio.answer('query', {
    sql: 'SELECT {u:UInt64}, {d:Decimal(12, 6)}, {a:Array(String)}, {n:Nullable(Int32)}',
    params: { u: '18446744073709551615', d: '0.010335', a: ["it's", 'b'], n: null },
  });
  assert.deepEqual(rows, [['18446744073709551615', '0.010335', ["it's", 'b'], null]]);
});

test('a parameter that its type would silently change is refused', async () => {
  const refusal = (type, x) => clients.stdio.refusal('query', { sql: `SELECT {x:${type}}`, params: { x } });
  assert.match(await refusal('UInt8', 300), /x.*300|300.*x/s);
  assert.match(await refusal('Decimal(12, 6)', '0.0000004'), /x/);
});

test('strings that go in by insert come out the same', async () => {
  const titles = ['👍 emoji', 'tab\tand "quotes" \\ and \n newline', "it's", ' spaces '];
  const rows = titles.map((title, i) => ({ ...exampleRow('episodes'), title, episode_num: i + 1 }));
  await clients.http.answer('insert.episodes', { rows });
  assert.deepEqual(await clients.stdio.rows('SELECT title FROM episodes ORDER BY episode_num'), titles.map((t) => [t]));
});

test('limits are exact and say so', async () => {
  const at = await clients.stdio.answer('query', { sql: 'SELECT number FROM numbers(10)', max_rows: 10 });
  assert.equal(at.truncated, false);
  const above = await clients.stdio.answer('query', { sql: 'SELECT number FROM numbers(11)', max_rows: 10 });
  assert.deepEqual([above.truncated, above.rows.length], [true, 10]);
  const byDefault = await clients.stdio.answer('query', { sql: 'SELECT number FROM numbers(501)' });
  assert.deepEqual([byDefault.truncated, byDefault.rows.length], [true, 500]);
  const sql = "SELECT repeat('x', 1000) FROM numbers(500)";
  const bytes = await clients.stdio.answer('query', { sql, max_bytes: 10000 });
  assert.ok(bytes.truncated && bytes.rows.length < 11, `${bytes.rows.length} rows`);
});
