// Tools that are switched off: not listed, not callable in any spelling, not offered by any text.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const INSERT = 'insert.bench_runs';

let sandbox;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
});
after(() => sandbox.close());

async function listed(client) {
  return (await client.request('tools/list', {})).tools;
}

async function textOf(client, uri) {
  return (await client.request('resources/read', { uri })).contents[0].text;
}

test('read-only: nothing that writes is there', async () => {
  for (const names of ['dotted', 'underscore']) {
    const client = await sandbox.serve({ env: { CHIMERA_MODE: 'read-only', CHIMERA_TOOL_NAMES: names } });
    const tools = await listed(client);
    assert.ok(tools.length > 8);
    assert.deepEqual(tools.filter(({ annotations }) => !annotations.readOnlyHint), []);
    for (const name of [INSERT, 'insert_bench_runs']) {
      await assert.rejects(client.call(name, GOOD_ARGUMENTS[INSERT]), /read-only \(its operator set CHIMERA_MODE\)/);
    }
    for (const { name, description } of tools) {
      if (/insert[._][a-z*]/.test(description)) assert.match(description, /Not on this server: .*insert[._]/, name);
    }
    for (const uri of ['clickhouse://chimera_metrics/bench_runs', 'chimera://datasets/chimera_metrics']) {
      const text = await textOf(client, uri);
      assert.ok(!/insert[._]/.test(text), text);
      assert.match(text, /query[._]aggregate|get[._]/);
    }
    assert.ok(!/insert[._]/.test(client.server.instructions), client.server.instructions);
    assert.match(client.server.instructions, /Nothing can be written here/);
    client.child.stdin.end();
  }
});

test('lists: what is denied or not allowed is gone, and texts say so', async () => {
  const env = { CHIMERA_TOOLS_ALLOW: 'query,query_*,get.*,list.*', CHIMERA_TOOLS_DENY: 'query.trend' };
  const client = await sandbox.serve({ env });
  const names = (await listed(client)).map(({ name }) => name);
  assert.ok(names.includes('query') && names.includes('query.aggregate') && names.includes('list.tables'));
  assert.ok(!names.includes('query.trend') && !names.includes('describe.table') && !names.some((name) => name.startsWith('insert')));
  await assert.rejects(client.call('query_trend', GOOD_ARGUMENTS['query.trend']), /CHIMERA_TOOLS_DENY/);
  await assert.rejects(client.call('describe.table', { table: 'bench_runs' }), /CHIMERA_TOOLS_ALLOW/);
  const page = await textOf(client, 'clickhouse://chimera_metrics/bench_runs');
  assert.match(page, /^- Statistics .*: `query.aggregate`, `query.correlation` with table/m);
  assert.match(page, /^Not on this server: `query.trend`\.$/m);
  assert.ok(!client.server.instructions.includes('query.trend'));
  const result = await client.request('prompts/get', { name: 'write_query', arguments: { question: 'how many runs?' } });
  assert.match(result.messages[0].content.text, /Not on this server: .*`query.trend`/);
  client.child.stdin.end();
});

test('the command line heeds it, and tells', async () => {
  const env = { CHIMERA_MODE: 'read-only' };
  const call = await sandbox.run(['call', 'insert_bench_runs', '--json', JSON.stringify(GOOD_ARGUMENTS[INSERT])], { env });
  assert.equal(call.code, 1);
  assert.match(call.stderr, /read-only/);
  assert.ok(!(await sandbox.run(['tools'], { env })).stdout.includes('insert'));
  const status = JSON.parse((await sandbox.run(['status', '--json'], { env })).stdout);
  const step = status.steps.find(({ name }) => name === 'tools');
  assert.equal(step.read_only, true);
  assert.match(step.switched_off[INSERT], /CHIMERA_MODE/);
});

test('a glob that no tool fits ends the program', async () => {
  const { code, stderr } = await sandbox.run(['tools'], { env: { CHIMERA_TOOLS_DENY: 'insert.bench_rums' } });
  assert.equal(code, 1);
  assert.match(stderr, /CHIMERA_TOOLS_DENY: no tool has a name like `insert.bench_rums`/);
  assert.match(stderr, /insert.bench_runs/);
});
