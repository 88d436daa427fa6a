// What agents see of every tool, compared with tests/snapshots/tools.json, so that no change of it goes unnoticed.
// UPDATE_SNAPSHOTS=1 writes the file anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, Sandbox } from './support/product.mjs';

const SNAPSHOT = join(ROOT, 'tests/snapshots/tools.json');

test('the definitions of the tools are those of the snapshot', async () => {
  const sandbox = await Sandbox.create();
  try {
    const { stdout } = await sandbox.run(['tools', '--json']);
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(SNAPSHOT, stdout);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  } finally {
    await sandbox.close();
  }
});
