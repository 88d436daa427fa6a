// The audit log: a line for every call, whatever becomes of it and of the server.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { post } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

const INSERT = 'insert.bench_runs';
const ROW = exampleRow('bench_runs');

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false, users: ['viewer:viewer-pass-1:readonly'] });
  await engine.applySchema();
});
after(() => sandbox.close());

let logs = 0;
async function newLog() {
  const folder = join(sandbox.folder, `log${++logs}`);
  await mkdir(folder);
  return join(folder, 'audit.jsonl');
}

const settings = (path, more = {}) => ({ env: engine.settings({ CHIMERA_AUDIT_LOG: path, ...more }) });
const lines = async (path) => (await readFile(path, 'utf8')).split('\n').slice(0, -1).map((line) => JSON.parse(line));
const call = (client, name, args) => client.call(name, args);

test('who, what, and what came of it; and the database knows the line', async () => {
  const path = await newLog();
  const client = await sandbox.serve(settings(path, { CHIMERA_AUDIT_MASK: 'mail' }));
  const sql = 'SELECT sum(number) AS audited FROM numbers(100) WHERE toString(number) != {mail:String}';
  await call(client, 'query', { sql, params: { mail: 'a@b.example' } });
  await call(client, INSERT, { rows: [ROW, ROW] });
  await call(client, 'query', { sql: 'DROP TABLE bench_runs' });
  await call(client, 'query', { sql: 'SELECT nothing_like_it FROM bench_runs' });
  await assert.rejects(call(client, 'no.such.tool', {}), /there is no tool/);
  const [read, write, refused, failed, unknown, ...rest] = await lines(path);
  assert.deepEqual(rest, []);
  assert.equal((await stat(path)).mode & 0o777, 0o600);

  assert.equal(read.verdict, 'allowed');
  assert.equal(read.statement, sql);
  assert.equal(read.statement_sha256, createHash('sha256').update(sql).digest('hex'));
  assert.equal(read.peer, 'stdio');
  assert.deepEqual(read.arguments.params, { mail: '[masked]' });
  assert.equal(read.rows_read, 100);
  assert.equal(read.rows_returned, 1);
  assert.ok(Math.abs(Date.parse(read.time) - Date.now()) < 60_000 && read.duration_ms > 0);

  assert.equal(write.tool, INSERT);
  assert.equal(write.arguments.rows, 2);
  assert.equal(write.rows_written, 2);
  assert.ok(write.bytes_written > 0);
  assert.match(write.statement, /^INSERT INTO `chimera_metrics`.`bench_runs`/);
  assert.ok(!JSON.stringify(write).includes(ROW.model));

  assert.equal(`${refused.verdict} ${refused.code}`, 'refused statement_refused');
  assert.equal(refused.statement, 'DROP TABLE bench_runs');
  assert.deepEqual(refused.query_ids, []);
  assert.equal(`${failed.verdict} ${failed.code}`, 'failed unknown_column');
  assert.equal(`${unknown.verdict} ${unknown.code}`, 'refused unknown_tool');
  client.child.stdin.end();
});

test('log_comment reaches the database, where the account may set it', async () => {
  const path = await newLog();
  const client = await sandbox.serve(settings(path));
  const answer = await call(client, 'query', { sql: "SELECT getSetting('log_comment') AS comment" });
  const [line] = await lines(path);
  assert.deepEqual(JSON.parse(answer.structuredContent.rows[0][0]), { call: line.id, tool: 'query' });
  client.child.stdin.end();
  const viewer = await sandbox.serve(settings(path, { CH_USERNAME: 'viewer', CH_PASSWORD: 'viewer-pass-1' }));
  const read = await call(viewer, 'query', { sql: "SELECT getSetting('log_comment') AS comment" });
  assert.ok(!read.isError, read.content[0].text);
  assert.equal(read.structuredContent.rows[0][0], '');
  assert.equal((await lines(path)).at(-1).query_ids.length > 0, true);
  viewer.child.stdin.end();
});

test('over HTTP: the principal, the address, and calls without the scope', async () => {
  const path = await newLog();
  const made = await sandbox.run(['token', 'new', 'ana', '--scopes', 'read']);
  const tokens = join(sandbox.folder, 'tokens');
  await writeFile(tokens, made.stderr.split('\n').find((line) => line.startsWith('ana ')), { mode: 0o600 });
  const { url, child } = await sandbox.startHttp([], settings(path, { CHIMERA_TOKENS_FILE: tokens, CHIMERA_CALLS_PER_MINUTE: '1' }));
  const headers = { Authorization: `Bearer ${made.stdout.trim()}` };
  const opened = await post(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE }, headers);
  headers['Mcp-Session-Id'] = opened.headers.get('mcp-session-id');
  const ask = (id, name, args) => post(url, { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }, headers);
  await ask(1, 'query', { sql: 'SELECT 1' });
  await ask(2, 'query', { sql: 'SELECT 2' });
  await ask(3, INSERT, { rows: [ROW] });
  const [allowed, limited, forbidden] = await lines(path);
  assert.equal(`${allowed.principal} ${allowed.peer} ${allowed.verdict}`, 'ana 127.0.0.1 allowed');
  assert.equal(`${limited.verdict} ${limited.code} ${limited.statement}`, 'refused rate_limited SELECT 2');
  assert.equal(`${forbidden.verdict} ${forbidden.code}`, 'refused insufficient_scope');
  assert.ok(!(await readFile(path, 'utf8')).includes(made.stdout.trim()));
  child.kill();
});

test('without its log, writes stop and reads go on, until it is back', async () => {
  const path = await newLog();
  const client = await sandbox.serve(settings(path));
  assert.ok(!(await call(client, INSERT, { rows: [ROW] })).isError);
  const count = await engine.ask('SELECT count() FROM bench_runs');
  await rm(join(path, '..'), { recursive: true });
  const stopped = await call(client, INSERT, { rows: [{ ...ROW, notes: 'x' }] });
  assert.equal(stopped._meta['chimera/error'].code, 'unavailable');
  assert.match(stopped.content[0].text, /audit log cannot be written/);
  assert.ok(!(await call(client, 'query', { sql: 'SELECT 1' })).isError);
  assert.equal(await engine.ask('SELECT count() FROM bench_runs'), count);
  await mkdir(join(path, '..'));
  assert.ok(!(await call(client, 'query', { sql: 'SELECT 1' })).isError);
  assert.deepEqual((await lines(path)).map(({ event, lines: lost, tool }) => event ? `${event} ${lost}` : tool), ['lost 2', 'query']);
  client.child.stdin.end();
});

test('a full disk: no part of a line, no write', async () => {
  const path = await newLog();
  // The files of this process may hold 2 KB.
  const script = `ulimit -f 2; exec "$0" call ${INSERT} --json '${JSON.stringify({ rows: [ROW] })}'`;
  const { BIN } = await import('./support/product.mjs');
  const before = await engine.ask('SELECT count() FROM bench_runs');
  const { code, stderr } = await sandbox.runProgram('bash', ['-c', script, BIN], settings(path));
  assert.equal(code, 1, stderr);
  assert.match(stderr, /File too large/);
  assert.equal(await engine.ask('SELECT count() FROM bench_runs'), before);
  assert.ok((await lines(path)).length <= 1);
});

test('killed in the middle of writing: every line is whole, and the next server goes on', async () => {
  const path = await newLog();
  for (let round = 0; round < 5; ++round) {
    const client = await sandbox.serve(settings(path));
    for (let i = 0; i < 200; ++i) call(client, 'query', { sql: `SELECT ${i}` }).catch(() => {});
    const seen = round * 20;
    await until(async () => (await readFile(path, 'utf8')).split('\n').length > seen, 'lines are written');
    client.child.kill('SIGKILL');
    await until(() => client.child.signalCode !== null, 'it is gone');
  }
  await writeFile(path, '{"time":"2026', { flag: 'a' });
  const client = await sandbox.serve(settings(path));
  await call(client, 'query', { sql: 'SELECT 1' });
  const all = await lines(path);
  assert.ok(all.length > 20);
  const repaired = all.filter(({ event }) => event === 'repaired');
  assert.equal(repaired.at(-1).removed, '{"time":"2026');
  assert.ok(repaired.length <= 6);
  client.child.stdin.end();
});

test('a log that cannot be opened ends the start, and status says so', async () => {
  const env = settings(join(sandbox.folder, 'none/audit.jsonl'));
  const { code, stderr } = await sandbox.run(['serve'], env);
  assert.equal(code, 1);
  assert.match(stderr, /cannot open .*none\/audit.jsonl.*CHIMERA_AUDIT_LOG/s);
  const status = JSON.parse((await sandbox.run(['status', '--json'], env)).stdout);
  assert.equal(status.steps.find(({ name }) => name === 'audit').state, 'failed');
  assert.deepEqual((await readdir(sandbox.folder)).filter((name) => name === 'none'), []);
});
