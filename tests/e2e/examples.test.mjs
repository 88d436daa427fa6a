// Every example runs as its first lines say.
import assert from 'node:assert/strict';
import { copyFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { BIN, ROOT, Sandbox } from './support/product.mjs';

const EXAMPLES = join(ROOT, 'examples');

let sandbox;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo();
});
after(() => sandbox.close());

async function succeeds(command, args, options) {
  const { code, stdout, stderr } = await sandbox.runProgram(command, args, options);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

test('curl.sh', async () => {
  const { url } = await sandbox.startHttp();
  const replies = (await succeeds(join(EXAMPLES, 'curl.sh'), [url])).split('\n').filter((line) => line.startsWith('{'));
  const [opened, correlation, models] = replies.map((line) => JSON.parse(line).result);
  assert.equal(replies.length, 3);
  assert.equal(opened.serverInfo.name, 'chimera-mcp');
  assert.ok(correlation.structuredContent.hearts_rows > 0);
  assert.ok(models.structuredContent.rows.length > 0);
});

test('python_client.py', async () => {
  const output = await succeeds('python3', [join(EXAMPLES, 'python_client.py'), BIN]);
  assert.match(output, /query\.trend/);
  assert.match(output, /Performance Optimization Insights/);
  assert.match(output, /Correlation strength: -?0\.\d+\nHearts rows: \d+\nPacks rows: \d+/);
});

test('typescript_client.ts', async () => {
  const program = join(sandbox.folder, 'typescript_client.mts'); // beside the packages of these tests
  await copyFile(join(EXAMPLES, 'typescript_client.ts'), program);
  await symlink(fileURLToPath(new URL('node_modules', import.meta.url)), join(sandbox.folder, 'node_modules'));
  const output = await succeeds(process.execPath, [program, BIN]);
  assert.match(output, /19 tools/);
  assert.match(output, /^(rising|falling|flat) .*R²/m);
});
