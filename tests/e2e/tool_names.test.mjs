// Hosts that refuse dots in names are served by the underscore spelling; both can always be called.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

const MODEL_API_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const underscored = (name) => name.replaceAll('.', '_');

let sandbox;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
});
after(() => sandbox.close());

test('dotted by default, and by an empty setting; both spellings work', async () => {
  const client = await sandbox.serve({ env: { CHIMERA_TOOL_NAMES: '' } });
  const { tools } = await client.request('tools/list');
  assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(GOOD_ARGUMENTS).sort());
  for (const [name, args] of Object.entries(GOOD_ARGUMENTS)) await client.answer(underscored(name), args);
});

test('underscore lists names that model APIs take, and mentions no other', async () => {
  const client = await sandbox.serve({ env: { CHIMERA_TOOL_NAMES: 'underscore' } });
  const { tools } = await client.request('tools/list');
  assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(GOOD_ARGUMENTS).map(underscored).sort());
  for (const { name } of tools) assert.match(name, MODEL_API_NAME);
  for (const dotted of Object.keys(GOOD_ARGUMENTS).filter((name) => name.includes('.'))) {
    assert.ok(!JSON.stringify(tools).includes(dotted), dotted);
  }
  for (const [name, args] of Object.entries(GOOD_ARGUMENTS)) await client.answer(name, args);
});
