// The official Inspector's command line as the client.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const INSPECTOR = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));
const CALL = ['--method', 'tools/call', '--tool-name', 'query', '--tool-args-json', '{"sql": "SELECT 42 AS answer"}'];
const LIST = ['--method', 'tools/list', '--strict'];

let sandbox;
let targets;
before(async () => {
  sandbox = await Sandbox.create();
  const passedOn = ['CHIMERA_DATA_DIR', 'XDG_RUNTIME_DIR', 'CHIMERA_ENGINE_IDLE'];
  const { url } = await sandbox.startHttp();
  targets = {
    stdio: [BIN, 'serve', ...passedOn.flatMap((name) => ['-e', `${name}=${sandbox.env[name]}`])],
    http: [url, '--transport', 'http', '--protocol-era', 'legacy'],
  };
});
after(() => sandbox.close());

async function inspect(target, method) {
  const args = ['--cli', ...target, ...method, '--format', 'json'];
  const { code, stdout, stderr } = await sandbox.runProgram(INSPECTOR, args, { env: { HOME: sandbox.folder } });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const output = JSON.parse(stdout);
  return output.result ?? output;
}

for (const transport of ['stdio', 'http']) {
  test(`tools/list over ${transport}, its schemas portable`, async () => {
    const { tools } = await inspect(targets[transport], LIST);
    assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(GOOD_ARGUMENTS).sort());
  });

  test(`tools/call over ${transport}`, async () => {
    const { structuredContent } = await inspect(targets[transport], CALL);
    assert.deepEqual(structuredContent.rows, [[42]]);
  });
}
