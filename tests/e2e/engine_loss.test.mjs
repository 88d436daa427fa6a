// The engine dies or is stopped under a running server: the next call works.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { askEngine, ended, until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';

const SLOW = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))';

let sandbox;
let client;
before(async () => {
  sandbox = await Sandbox.create();
  client = await sandbox.serve();
  await client.answer('insert.episodes', { data: exampleRow('episodes') });
});
after(() => sandbox.close());

for (const signal of ['SIGKILL', 'SIGTERM']) {
  test(`${signal} between two calls`, async () => {
    await sandbox.stopEngines(signal);
    assert.equal(Number(await client.value('SELECT count() FROM episodes')), 1);
  });

  test(`${signal} before an insert`, async () => {
    await sandbox.stopEngines(signal);
    await client.answer('insert.deployments', { data: { ...exampleRow('deployments'), url: signal } });
    const stored = await client.rows('SELECT count() FROM deployments WHERE url = {u:String}', { u: signal });
    assert.equal(Number(stored[0][0]), 1);
  });
}

test('its socket removed: the engine leaves, the next call starts another on the same data', async () => {
  const { pid, socket } = await sandbox.oneEngine();
  await rm(socket);
  assert.equal(Number(await client.value('SELECT count() FROM episodes')), 1);
  await ended(pid);
  assert.notEqual((await sandbox.oneEngine()).pid, pid);
});

test('SIGKILL while a query runs ends it with an answer, and the next call works', async () => {
  const { socket } = await sandbox.oneEngine();
  const running = client.call('query', { sql: SLOW, timeout_seconds: 5 });
  await until(async () => (await askEngine(socket, 'SELECT count() FROM system.processes')) > 1, 'the query runs');
  await sandbox.stopEngines('SIGKILL');
  const result = await running;
  assert.equal(result.isError, true);
  assert.equal(Number(await client.value('SELECT count() FROM episodes')), 1);
});

// Last: it leaves nothing to ask for.
test('its folder removed: the engine leaves, and the next call gets an answer from a new one', async () => {
  const { pid } = await sandbox.oneEngine();
  await rm(sandbox.dataDir, { recursive: true, force: true });
  await ended(pid);
  const result = await client.call('query', { sql: 'SELECT 1' });
  const code = result._meta?.['chimera/error']?.code ?? 'none';
  assert.ok(['none', 'unknown_database'].includes(code), JSON.stringify(result));
  assert.notEqual((await sandbox.oneEngine()).pid, pid);
});
