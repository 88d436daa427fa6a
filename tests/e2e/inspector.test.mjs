// The official Inspector's command line as the client, in every era over every transport.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const INSPECTOR = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));
const LIST = ['--method', 'tools/list', '--strict'];
const call = (sql) => ['--method', 'tools/call', '--tool-name', 'query', '--tool-args-json', JSON.stringify({ sql })];
const CASES = [
  ...['legacy', 'modern', 'auto'].flatMap((era) => [{ transport: 'stdio', era }, { transport: 'http', era }]),
  { transport: 'sse', era: 'legacy' },
];
const TOOL_FAILED = 5; // the Inspector's exit code for a result with isError

let sandbox;
let targets;
before(async () => {
  sandbox = await Sandbox.create();
  const passedOn = ['CHIMERA_DATA_DIR', 'XDG_RUNTIME_DIR', 'CHIMERA_ENGINE_IDLE'];
  const { url } = await sandbox.startHttp();
  targets = {
    stdio: [BIN, 'serve', ...passedOn.flatMap((name) => ['-e', `${name}=${sandbox.env[name]}`])],
    http: [url, '--transport', 'http'],
    sse: [String(new URL('/sse', url)), '--transport', 'sse'],
  };
});
after(() => sandbox.close());

async function inspect({ transport, era }, method) {
  const args = ['--cli', ...targets[transport], '--protocol-era', era, ...method, '--format', 'json'];
  const run = await sandbox.runProgram(INSPECTOR, args, { env: { HOME: sandbox.folder } });
  const output = run.stdout ? JSON.parse(run.stdout) : {};
  return { ...run, result: output.result ?? output };
}

for (const target of CASES) {
  const { transport, era } = target;

  test(`tools/list over ${transport}, ${era}: its schemas are portable`, async () => {
    const { code, result, stdout, stderr } = await inspect(target, LIST);
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(result.tools.map(({ name }) => name).sort(), Object.keys(GOOD_ARGUMENTS).sort());
    assert.match(stderr, /^0 errors/m);
  });

  test(`tools/call over ${transport}, ${era}`, async () => {
    const { code, result, stdout, stderr } = await inspect(target, call('SELECT 42 AS answer'));
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(result.structuredContent.rows, [[42]]);
    assert.equal(result.resultType, era === 'legacy' ? undefined : 'complete', 'the era is the one that was asked for');
  });
}

for (const era of ['legacy', 'modern']) {
  test(`a refusal is a result, not a broken connection, ${era}`, async () => {
    const { code, result, stderr } = await inspect({ transport: 'http', era }, call('SELECT nonsense'));
    assert.equal(code, TOOL_FAILED, stderr);
    assert.match(result.content[0].text, /^unknown_column/);
  });
}
