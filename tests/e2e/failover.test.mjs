// Several hosts: the first that works is used, the change is quick, and the preferred one is used again once it is back.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exampleRow } from './support/arguments.mjs';
import { FaultProxy } from './support/fault_proxy.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const QUICK_MS = 2500; // half of the connect timeout
const TIMEOUT_SECONDS = 10;
const RETURN_MS = 60_000;
const CALLS = 40;

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox);
  await engine.applySchema();
});
after(() => sandbox.close());

// Two ways to one engine: replicas that agree at every moment.
let first;
let second;
let client;
beforeEach(async () => {
  [first, second] = await Promise.all([1, 2].map(() => FaultProxy.start({ host: '127.0.0.1', port: engine.port })));
  const hosts = { CH_HOST: `127.0.0.1:${first.port},127.0.0.1:${second.port}`, CH_TIMEOUT: String(TIMEOUT_SECONDS) };
  client = await sandbox.serve({ env: { ...engine.settings(), ...hosts } });
});
afterEach(async () => {
  client.child.kill('SIGKILL');
  await Promise.all([first.close(), second.close()]);
});

async function timedCall() {
  const began = performance.now();
  assert.equal(await client.value('SELECT 7'), 7);
  return performance.now() - began;
}

test('the first is preferred', async () => {
  for (let i = 0; i < 5; ++i) await timedCall();
  assert.ok(first.accepted > 0);
  assert.equal(second.accepted, 0);
});

test('the first refuses from the start', async () => {
  await first.refuse();
  const took = await timedCall();
  assert.ok(took < QUICK_MS, `${took} ms`);
  assert.ok(second.accepted > 0);
});

test('the first goes while it is used, and comes back', async () => {
  await timedCall();
  await first.refuse();
  const took = await timedCall();
  assert.ok(took < QUICK_MS, `${took} ms`);
  await first.accept();
  const { accepted } = first;
  await until(async () => (await timedCall()) && first.accepted > accepted, 'the first is used again', RETURN_MS);
});

test('the first takes connections and never answers', async () => {
  first.use({ blackHole: true });
  const times = [];
  for (let i = 0; i < CALLS / 2; ++i) times.push(await timedCall());
  assert.ok(Math.max(...times) < TIMEOUT_SECONDS * 1000, `${times}`);
  const slow = times.filter((took) => took > QUICK_MS);
  assert.ok(slow.length <= 4, `${slow.length} calls waited for a host that is known to be dead: ${times}`);
});

test('a host that fails is not asked by every call', async () => {
  first.use({ cut: { down: 0 } });
  for (let i = 0; i < CALLS / 4; ++i) await Promise.all([1, 2, 3, 4].map(timedCall));
  assert.ok(first.accepted < CALLS / 2, `${first.accepted} connections for ${CALLS} calls`);
});

const insert = (operation) => ['insert.llm_events', { data: { ...exampleRow('llm_events'), operation } }];
const count = (operation) => engine.ask(`SELECT count() FROM llm_events WHERE operation = '${operation}' FORMAT TSV`);

test('an insert goes to the other host when the first refuses', async () => {
  await first.refuse();
  await client.answer(...insert('refused'));
  assert.equal(await count('refused'), '1');
});

// Another server would not recognise the rows: its table has a deduplication window of its own.
test('an insert whose answer was lost is left to the caller, and is stored once', async () => {
  await client.answer(...insert('before'));
  first.use({ cut: { down: 0 } });
  const text = await client.refusal(...insert('lost'));
  assert.match(text, /^unavailable: .* may or may not have been stored/);
  first.use({});
  await client.answer(...insert('lost'));
  assert.equal(await count('lost'), '1');
});

test('both are gone, then one returns', async () => {
  await timedCall();
  await Promise.all([first.refuse(), second.refuse()]);
  const text = await client.refusal('query', { sql: 'SELECT 7' });
  assert.match(text, /^unavailable: /);
  await second.accept();
  const works = async () => !(await client.call('query', { sql: 'SELECT 7' })).isError;
  await until(async () => (await works()) || (await sleep(100)), 'calls work again', RETURN_MS);
});
