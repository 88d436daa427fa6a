// What every official client must be able to do with the product, whatever its version, era and transport.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOOD_ARGUMENTS } from './arguments.mjs';
import { SlowQuery } from './slow_query.mjs';

const COUNT = 'SELECT count() FROM bench_runs';

// `subject.client` is connected and `subject.sandbox` has sample data when the tests run;
// `subject.call(params, options)` calls a tool.
export function checkClient(subject) {
  test('lists the known tools', async () => {
    const { tools } = await subject.client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(GOOD_ARGUMENTS).sort());
  });

  test('calls a tool', async () => {
    const { structuredContent } = await subject.call({ name: 'query', arguments: { sql: COUNT } });
    assert.ok(Number(structuredContent.rows[0][0]) >= 31);
  });

  test('gets to every call of many at once its own answer', async () => {
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    const ask = (number) => subject.call({ name: 'query', arguments: { sql: `SELECT ${number}` } });
    const answers = await Promise.all(numbers.map(ask));
    assert.deepEqual(answers.map(({ structuredContent }) => structuredContent.rows[0][0]), numbers);
  });

  test('reads every list that the server offers', async () => {
    const { resources, prompts } = subject.client.getServerCapabilities();
    if (resources) {
      await subject.client.listResourceTemplates();
      const [first] = (await subject.client.listResources()).resources;
      if (first) assert.ok((await subject.client.readResource({ uri: first.uri })).contents.length > 0);
    }
    if (prompts) assert.ok((await subject.client.listPrompts()).prompts.length > 0);
  });

  test('gets a refusal as a result, and the next call works', async () => {
    const refused = await subject.call({ name: 'query', arguments: { sql: 'SELECT nonsense FROM bench_runs' } });
    assert.equal(refused.isError, true);
    assert.match(refused.content[0].text, /^unknown_column/);
    assert.ok(!(await subject.call({ name: 'query', arguments: { sql: COUNT } })).isError);
  });

  test('gets a protocol error for an unknown tool, which names the nearest one', async () => {
    await assert.rejects(subject.call({ name: 'query.trends', arguments: {} }), /query\.trend/);
  });

  test('sees progress grow, if there is some', async () => {
    const seen = [];
    const sql = 'SELECT count() FROM numbers(12) WHERE NOT sleepEachRow(0.1) SETTINGS max_block_size = 1';
    const options = { onprogress: ({ progress }) => seen.push(progress) };
    const result = await subject.call({ name: 'query', arguments: { sql } }, options);
    assert.deepEqual(result.structuredContent.rows, [['12']]);
    assert.deepEqual(seen, [...new Set(seen)].sort((a, b) => a - b));
  });

  test('frees the database when it gives a call up', async () => {
    const slow = new SlowQuery((await subject.sandbox.oneEngine()).socket);
    const giveUp = new AbortController();
    const call = subject.call({ name: 'query', arguments: slow.arguments }, { signal: giveUp.signal, timeout: 60_000 });
    const ended = assert.rejects(call);
    await slow.runs();
    giveUp.abort('not needed');
    await ended;
    await slow.isFreed();
    assert.ok(!(await subject.call({ name: 'query', arguments: { sql: COUNT } })).isError);
  });
}
