// What a machine can get wrong: each is a clear message, and the protocol goes on answering.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/product.mjs';

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

test('a port in use', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address();
  const { code, stdout, stderr } = await sandbox.run(['serve', '--http', `127.0.0.1:${port}`]);
  holder.close();
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, new RegExp(`${port}`));
  assert.match(stderr, /in use|taken/);
});

test('an address that is none', async () => {
  for (const address of ['8080', '127.0.0.1:99999', '127.0.0.1:x']) {
    for (const command of [['serve', '--http'], ['engine', '--data', join(sandbox.folder, 'unused'), '--listen']]) {
      const { code, stderr } = await sandbox.run([...command, address]);
      assert.equal(code, 2, address);
      assert.ok(stderr.includes(`\`${address}\` is not HOST:PORT; write it as 127.0.0.1:8080`), stderr);
      assert.doesNotMatch(stderr, /chimera-mcp \d/, 'nothing was started');
    }
  }
  assert.match((await sandbox.run(['serve', '--http', '80'])).stderr, /write it as 127\.0\.0\.1:80$/m);
  const { code, stderr } = await sandbox.run(['serve', '--http', 'no.such.host.invalid:0']);
  assert.equal(code, 1);
  assert.match(stderr, /no\.such\.host\.invalid/);
});

// Also for root, who can write everywhere: no folder can be made below a file.
test('a data folder that cannot be made', async () => {
  const file = join(sandbox.folder, 'file');
  await writeFile(file, 'x');
  const env = { CHIMERA_DATA_DIR: join(file, 'data') };
  for (const args of [['serve'], ['serve', '--http', '127.0.0.1:0'], ['call', 'query', 'sql=SELECT 1']]) {
    const { code, stdout, stderr } = await sandbox.run(args, { env });
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.ok(stderr.includes(file) && stderr.includes('CHIMERA_DATA_DIR'), stderr);
  }
});

test('libchdb is missing', async () => {
  const env = { CHIMERA_LIBCHDB: '/nonexistent/libchdb.so', CHIMERA_DATA_DIR: join(sandbox.folder, 'no-engine') };
  const client = await sandbox.serve({ env });
  assert.equal(client.server.serverInfo.name, 'chimera-mcp');
  const text = await client.refusal('query', { sql: 'SELECT 1' });
  assert.match(text, /\/nonexistent\/libchdb\.so/);
  assert.equal(await client.end(), 0);
  assert.deepEqual(client.impure, []);
});

test('a remote ClickHouse that is not there', async () => {
  const env = { CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false' };
  const client = await sandbox.serve({ env });
  assert.match(await client.refusal('query', { sql: 'SELECT 1' }), /127\.0\.0\.1/);
  assert.equal(await client.end(), 0);
});

test('a setting that means nothing', async () => {
  const wrong = { CH_TIMEOUT: 'soon', CHIMERA_TOOL_NAMES: 'camel', CHIMERA_LOG_LEVEL: 'x' };
  for (const [name, value] of Object.entries(wrong)) {
    const { code, stdout, stderr } = await sandbox.run(['serve'], { env: { [name]: value } });
    assert.deepEqual([code, stdout], [1, ''], name);
    assert.ok(stderr.includes(name) && stderr.includes(value), stderr);
  }
});
