// `chimera-mcp status`: what it finds, what it says of it, and how it ends.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';
import { announcedPort } from './support/remote_engine.mjs';

let sandbox; // an embedded engine with sample data
let remote; // a server without anything, and its address
let address;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
  remote = await Sandbox.create();
  const engine = remote.spawn(BIN, ['engine', '--data', remote.dataDir, '--listen', '127.0.0.1:0']);
  address = { CH_HOST: '127.0.0.1', CH_PORT: String(await announcedPort(engine)), CH_SECURE: 'false' };
});
after(async () => {
  await sandbox.close();
  await remote.close();
});

// {code, report, states: {step: state}} of `status --json`.
async function status(env = {}) {
  const { code, stdout, stderr } = await sandbox.run(['status', '--json'], { env });
  assert.equal(stderr, '');
  const report = JSON.parse(stdout);
  assert.equal(report.fine, code === 0);
  return { code, report, states: Object.fromEntries(report.steps.map(({ name, state }) => [name, state])) };
}

const step = ({ report }, name) => report.steps.find((one) => one.name === name);

test('an embedded database with data is fine', async () => {
  const seen = await status();
  assert.equal(seen.code, 0, JSON.stringify(seen.report.steps));
  assert.equal(seen.report.kind, 'embedded');
  assert.deepEqual(step(seen, 'schema').migrations[0].name, 'core_tables');
  assert.equal(step(seen, 'access').writable.length, 7);
  assert.ok(step(seen, 'round trip').p50_ms > 0);
  assert.equal(seen.report.tables.length, 7);
  for (const table of seen.report.tables) {
    assert.ok(table.rows > 0 && table.stored_bytes > 0 && table.parts > 0, JSON.stringify(table));
    assert.equal(table.age_seconds, Math.floor(table.age_seconds));
    assert.ok(Math.abs(Date.now() - Date.parse(table.newest) - table.age_seconds * 1000) < 60_000, JSON.stringify(table));
  }
});

test('looking writes nothing', async () => {
  const count = 'SELECT count(), (SELECT count() FROM episodes) FROM llm_events';
  const client = await sandbox.serve();
  const before = await client.rows(count);
  await status();
  assert.deepEqual(await client.rows(count), before);
  await client.end();
});

test('people read it as aligned lines', async () => {
  const { code, stdout } = await sandbox.run(['status']);
  assert.equal(code, 0, stdout);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0], /^chimera-mcp \d.*, database chimera_metrics on the embedded engine in /);
  assert.match(stdout, /^ok {4}schema {6}chimera_metrics is current, at version 1$/m);
  assert.match(stdout, /^table +rows +newest row +age +stored +parts$/m);
  assert.match(stdout, /^ui_events +1,243 +20\S+Z +\d+ min +[\d.]+ KiB +\d+$/m);
  assert.equal(lines.at(-1), 'everything is fine');
});

test('lines are broken for a terminal, and for nothing else', async () => {
  const env = { CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false' };
  const piped = await sandbox.run(['status'], { env });
  assert.ok(piped.stdout.split('\n').some((line) => line.length > 90), piped.stdout);
  const terminal = await sandbox.runProgram('script', ['-qec', `stty cols 90; '${BIN}' status`, '/dev/null'], { env });
  const lines = terminal.stdout.split(/\r?\n/);
  for (const line of lines.slice(1)) assert.ok(line.length <= 90, line);
  assert.equal(terminal.stdout.replace(/\s+/g, ' '), piped.stdout.replace(/\s+/g, ' '));
});

test('a folder that is not there is not made', async () => {
  const folder = `${sandbox.folder}/nowhere`;
  const seen = await status({ CHIMERA_DATA_DIR: folder });
  assert.equal(seen.code, 1);
  assert.match(step(seen, 'engine').error.message, /no data folder/);
  assert.ok(!existsSync(folder));
});

test('a remote database without the schema, then with it', async () => {
  const without = await status(address);
  assert.equal(without.code, 1);
  assert.equal(without.report.kind, 'remote');
  assert.equal(without.states.login, 'ok');
  assert.equal(without.states.database, 'failed');
  assert.match(step(without, 'database').error.hint, /schema apply/);
  for (const name of ['schema', 'tables', 'access']) assert.equal(without.states[name], 'skipped');
  assert.equal(without.states['round trip'], 'ok');

  await sandbox.run(['call', 'query', 'sql=SELECT 1'], { env: address });
  assert.equal((await sandbox.run(['schema', 'apply'], { env: address })).code, 0);
  const withIt = await status(address);
  assert.equal(withIt.code, 0, JSON.stringify(withIt.report.steps));
  assert.equal(withIt.report.tables.length, 7);
  assert.deepEqual([...new Set(withIt.report.tables.map(({ rows, newest }) => `${rows} ${newest}`))], ['0 null']);
});

test('a replica that does not answer makes it degraded, not broken', async () => {
  const env = { ...address, CH_HOST: `127.0.0.1:1,127.0.0.1:${address.CH_PORT}`, CH_PORT: '' };
  const { code, stdout } = await sandbox.run(['status', '--json'], { env });
  const report = JSON.parse(stdout);
  assert.deepEqual([code, report.fine, report.degraded], [0, true, true], stdout);
  const down = report.steps.filter(({ state }) => state === 'down');
  assert.deepEqual(down.map(({ name, host }) => [name, host]), [['tcp', '127.0.0.1:1']]);
  assert.ok(report.steps.some(({ name, state, host }) => name === 'http' && state === 'ok' && host !== '127.0.0.1:1'));
  const people = await sandbox.run(['status'], { env });
  assert.match(people.stdout, /^down {2}tcp +no connection to 127\.0\.0\.1:1 /m);
  assert.match(people.stdout, /\nit works, degraded: 1 of 2 hosts does not answer\n$/);
  const none = await sandbox.run(['status'], { env: { ...env, CH_HOST: '127.0.0.1:1,127.0.0.1:2' } });
  assert.deepEqual([none.code, /2 problems\n$/.test(none.stdout)], [1, true], none.stdout);
});

test('a database that is not there is named', async () => {
  const seen = await status({ ...address, CH_DATABASE: 'elsewhere' });
  assert.equal(seen.code, 1);
  assert.match(step(seen, 'database').error.message, /elsewhere$/);
  assert.match(step(seen, 'database').error.hint, /^set CH_DATABASE to a database that is there: .*chimera_metrics/);
  assert.match(step(seen, 'login').text, /^as default \(CH_USERNAME is unset\); ClickHouse /);
});

test('an unreachable host: why, what to do, and nothing after it', async () => {
  const env = { CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false', CH_PASSWORD: 'do-not-print-me' };
  const seen = await status(env);
  assert.equal(seen.code, 1);
  const [failed] = seen.report.steps.filter(({ state }) => state === 'failed');
  assert.match(failed.error.message, /127\.0\.0\.1:1/);
  assert.ok(failed.error.hint.length > 10);
  for (const name of ['database', 'schema', 'tables', 'access', 'round trip', 'pool']) {
    assert.equal(seen.states[name], 'skipped', name);
  }
  const { code, stdout, stderr } = await sandbox.run(['status'], { env });
  assert.equal(code, 1);
  assert.match(stdout, /^FAIL {2}\S+ /m);
  assert.match(stdout, /\n1 problem\n$/);
  assert.doesNotMatch(JSON.stringify(seen.report) + stdout + stderr, /do-not-print-me/);
});

test('misuse ends with 2', async () => {
  const { code, stdout } = await sandbox.run(['status', '--clickhouse=yes']);
  assert.deepEqual([code, stdout], [2, '']);
});
