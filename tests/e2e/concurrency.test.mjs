// Many servers over one data folder share one engine.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

test('eight servers started at once on a fresh folder all answer, over one engine', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => sandbox.serve()));
  const counts = await Promise.all(clients.map((client) => client.value('SELECT count() FROM bench_runs')));
  assert.deepEqual(counts.map(Number), Array(8).fill(0));
  await sandbox.oneEngine();

  await clients[0].answer('insert.episodes', { data: exampleRow('episodes') });
  const seen = await Promise.all(clients.map((client) => client.value('SELECT count() FROM episodes')));
  assert.deepEqual(seen.map(Number), Array(8).fill(1));

  assert.deepEqual(await Promise.all(clients.map((client) => client.end())), Array(8).fill(0));
  assert.deepEqual(clients.flatMap((client) => client.impure), []);
});

test('an engine that nobody uses leaves, and comes back when it is needed', async () => {
  const idle = await Sandbox.create({ CHIMERA_ENGINE_IDLE: '1' });
  const client = await idle.serve();
  await client.answer('insert.episodes', { data: exampleRow('episodes') });
  await until(() => idle.engines().length === 0, 'the engine leaves');
  assert.equal(Number(await client.value('SELECT count() FROM episodes')), 1);
  await idle.close();
});

test('a stdio and an HTTP server share the data', async () => {
  const [stdio, http] = await Promise.all([sandbox.serve(), sandbox.serveHttp()]);
  await stdio.answer('insert.deployments', { data: exampleRow('deployments') });
  assert.equal(Number(await http.value('SELECT count() FROM deployments')), 1);
  await sandbox.oneEngine();
});

test('twenty calls in flight in one server all come back', async () => {
  const client = await sandbox.serve();
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  const answers = await Promise.all(numbers.map((i) => client.value(`SELECT ${i} + sleep(0.05)`)));
  assert.deepEqual(answers.map(Number), numbers);
});

test('a second engine on the same folder says who holds it', async () => {
  const client = await sandbox.serve();
  await client.value('SELECT 1');
  const { pid } = await sandbox.oneEngine();
  const { code, stderr } = await sandbox.run(['engine', '--data', sandbox.dataDir, '--listen', '127.0.0.1:0']);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`\\b${pid}\\b`));
});
