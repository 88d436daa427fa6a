// Writes that are answered when they are safe: they reach their tables once, with or without the database, the server
// and each other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const event = (operation, more = {}) => ({ ...exampleRow('llm_events'), operation, ...more });
const untimed = (operation, more = {}) => {
  const { ts: _, ...rest } = event(operation, more);
  return rest;
};

let sandbox;
let engine;
let client;
const buffer = (extra = {}) => engine.settings({ CHIMERA_BUFFER: `sqlite:${sandbox.folder}/buffer/writes.sqlite`, ...extra });
const start = (extra) => sandbox.serveHttp([], { env: buffer(extra) });
const kill = async () => {
  client.child.kill('SIGKILL');
  await once(client.child, 'exit');
};
const write = (rows, more = {}) => client.answer('insert.llm_events', { rows, mode: 'buffered', ...more });
const countOf = async (operation) =>
  Number(await engine.ask(`SELECT count() FROM llm_events WHERE operation = '${operation}'`));
const arrives = (operation, count = 1) => until(async () => (await countOf(operation)) === count, `${operation} is stored`);

before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
  await engine.applySchema();
  client = await start();
});
after(() => sandbox.close());

test('a row is answered with its position and is in the table within seconds', async () => {
  const answer = await write([untimed('first')]);
  assert.match(answer.position, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal(answer.repeated, false);
  assert.equal(answer.accepted_rows, 1);
  await arrives('first');
});

test('a manifest and a watermark tell of it', async () => {
  const answer = await write([event('recorded'), event('recorded', { ts: '2025-10-08T01:00:00Z', tokens_in: 7 })]);
  await arrives('recorded', 2);
  const at = answer.position;
  const watermark = () => engine.ask("SELECT max(watermark) FROM ingest_watermarks WHERE table_name = 'llm_events'");
  await until(async () => (await watermark()).trim().replace(' ', 'T') + 'Z' >= at, 'the watermark passes the write');
  const manifests = await engine.ask(
    `SELECT partition, rows, length(token), last_position = parseDateTime64BestEffort('${at}', 6, 'UTC')
     FROM ingest_manifests WHERE first_position = parseDateTime64BestEffort('${at}', 6, 'UTC') ORDER BY partition`);
  assert.equal(manifests.trim(), '2025-10-07\t1\t64\t1\n2025-10-08\t1\t64\t1');
});

test('many small writes become few parts', async () => {
  const before = Number(await engine.ask("SELECT count() FROM ingest_manifests WHERE table_name = 'llm_events'"));
  await Promise.all(Array.from({ length: 10 }, async (_, writer) => {
    for (let i = 0; i < 30; ++i) await write([event('many', { tokens_in: writer * 30 + i })]);
  }));
  await arrives('many', 300);
  const inserts = Number(await engine.ask("SELECT count() FROM ingest_manifests WHERE table_name = 'llm_events'")) - before;
  assert.ok(inserts <= 10, `${inserts} inserts`);
});

test('a repeat is told and adds nothing, stored or not', async () => {
  const first = await write([untimed('repeated')]);
  const second = await write([untimed('repeated')]);
  assert.deepEqual([second.repeated, second.position], [true, first.position]);
  await arrives('repeated');
  const third = await write([untimed('repeated')]);
  assert.deepEqual([third.repeated, third.position], [true, first.position]);
  const key = { idempotency_key: 'k-1' };
  await write([event('keyed')], key);
  assert.match(await client.refusal('insert.llm_events', { data: event('other'), mode: 'buffered', ...key }), /^conflict: /);
  await arrives('keyed');
  assert.equal(await countOf('repeated'), 1);
  assert.equal(await countOf('other'), 0);
});

test('rows are checked before they are taken, and a dry run takes none', async () => {
  assert.match(await client.refusal('insert.llm_events', { data: event('bad', { tokens_in: -1 }), mode: 'buffered' }),
    /tokens_in/);
  assert.match(await client.refusal('insert.llm_events', { data: event('bad'), mode: 'later' }), /sync or buffered/);
  const dry = await client.answer('insert.llm_events', { data: event('dry'), mode: 'buffered', dry_run: true });
  assert.equal(dry.position, undefined);
});

test('writes are taken while the database is away, survive the server, and arrive once', async () => {
  await engine.kill();
  for (let i = 0; i < 50; ++i) await write([event('away', { tokens_in: i })]);
  await kill();
  client = await start();
  const again = await write([event('away', { tokens_in: 7 })]);
  assert.equal(again.repeated, true);
  await write([event('away', { tokens_in: 50 })]);
  await engine.restart();
  await arrives('away', 51);
});

test('kill -9 at any moment loses and doubles nothing that was answered', async () => {
  const answered = [];
  for (let round = 0; round < 8; ++round) {
    let running = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; running; ++i) {
        const id = (round * 4 + writer) * 100_000 + i;
        try {
          await write([event('killed', { tokens_in: id })]);
          answered.push(id);
        } catch {
          return;
        }
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 150 + ((round * 377) % 900)));
    client.child.kill('SIGKILL');
    running = false;
    await Promise.all(writers);
    await ended();
    client = await start();
  }
  assert.ok(answered.length > 100, `${answered.length} answered`);
  await write([event('last of them')]);
  await arrives('last of them');
  const stored = (await engine.ask("SELECT tokens_in, count() FROM llm_events WHERE operation = 'killed' GROUP BY 1"))
    .trim().split('\n').map((line) => line.split('\t').map(Number));
  const counts = new Map(stored);
  assert.deepEqual(answered.filter((id) => counts.get(id) !== 1), []);
  assert.deepEqual(stored.filter(([, count]) => count !== 1), []);
});

test('a full buffer refuses, and says when to come back', async () => {
  assert.equal((await sandbox.run(['ingest', 'flush'], { env: buffer() })).code, 0);
  await kill();
  await engine.kill();
  client = await start({ CHIMERA_BUFFER_MAX_ROWS: '10' });
  await write(Array.from({ length: 10 }, (_, i) => event('full', { tokens_in: i })));
  const result = await client.call('insert.llm_events', { data: event('too many'), mode: 'buffered' });
  assert.equal(result._meta['chimera/error'].code, 'busy');
  assert.ok(result._meta['chimera/error'].retry_after_s > 0);
  await engine.restart();
  await arrives('full', 10);
  await until(async () => !(await client.call('insert.llm_events', { data: event('after'), mode: 'buffered' })).isError,
    'there is room again');
});

test('a server that ends stores what waits, where it can', async () => {
  await kill();
  assert.equal((await sandbox.run(['ingest', 'flush'], { env: buffer() })).code, 0);
  const stdio = await sandbox.serve({ env: buffer({ CHIMERA_FLUSH_MS: '3600000' }) });
  await stdio.answer('insert.llm_events', { data: event('at the end'), mode: 'buffered' });
  assert.equal(await countOf('at the end'), 0);
  stdio.child.stdin.end();
  await once(stdio.child, 'exit');
  assert.equal(await countOf('at the end'), 1);
});

test('without a buffer, the error says how there is one', async () => {
  const plain = await sandbox.serveHttp([], { env: engine.settings() });
  const refused = await plain.refusal('insert.llm_events', { data: event('none'), mode: 'buffered' });
  assert.match(refused, /CHIMERA_BUFFER/);
  const { tools } = await plain.request('tools/list', {});
  assert.equal(tools.find(({ name }) => name === 'insert.llm_events').inputSchema.properties.mode, undefined);
});

async function ended() {
  if (client.child.exitCode === null && client.child.signalCode === null) await once(client.child, 'exit');
}
