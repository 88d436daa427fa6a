// The command line as a person uses it: 0 done, 1 failed with a reason, 2 used wrongly.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { Sandbox } from './support/product.mjs';

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

async function succeeds(...args) {
  const { code, stdout, stderr } = await sandbox.run(args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function fails(...args) {
  const { code, stdout, stderr } = await sandbox.run(args);
  assert.deepEqual([code, stdout], [1, ''], `${args.join(' ')}: ${stderr}`);
  return stderr;
}

test('--version and --help', async () => {
  assert.match(await succeeds('--version'), /^chimera-mcp \d+\.\d+\.\d+\n$/);
  assert.match(await succeeds('--help'), /Examples:[^]*chimera-mcp serve/);
  for (const command of ['serve', 'engine', 'schema', 'demo', 'tools', 'call']) {
    assert.match(await succeeds(command, '--help'), /Usage:/i);
  }
});

const MISUSES = [[], ['serv'], ['serve', '--bogus'], ['schema'], ['schema', 'drop'], ['demo'], ['call'], ['engine'],
  ['engine', '--data', '/tmp/x'], ['call', 'query', 'sql=SELECT 1', '--json', '{}']];
test('misuse ends with 2, the reason on stderr and nothing on stdout', async () => {
  for (const args of MISUSES) {
    const { code, stdout, stderr } = await sandbox.run(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.ok(stderr.length > 10, args.join(' '));
  }
});

test('schema status, apply, status, apply', async () => {
  const before = await sandbox.run(['schema', 'status']);
  assert.equal(before.code, 1, before.stderr);
  assert.match(before.stdout, /0001_core_tables +pending/);
  assert.match(await succeeds('schema', 'apply'), /applied 0001/);
  assert.match(await succeeds('schema', 'status'), /0001_core_tables +applied \d{4}/);
  assert.match(await succeeds('schema', 'apply'), /up to date/);
});

test('demo load fills empty tables only', async () => {
  assert.match(await succeeds('demo', 'load'), /loaded/);
  assert.match(await fails('demo', 'load'), /rows/);
  assert.match(await succeeds('demo', 'load', '--if-empty'), /kept/);
  assert.match(await succeeds('call', 'query', 'sql=SELECT count()::UInt32 FROM bench_runs'), /\[\[31\]\]/);
});

test('tools, as a list and as JSON', async () => {
  const lines = (await succeeds('tools')).trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => line.split(' ')[0]).sort(), Object.keys(GOOD_ARGUMENTS).sort());
  const tools = JSON.parse(await succeeds('tools', '--json'));
  assert.ok(tools.every(({ inputSchema, outputSchema }) => inputSchema && outputSchema));
});

test('call with key=value, with JSON, in both spellings', async () => {
  assert.match(await succeeds('call', 'get.correlation_data', 'days=7'), /correlation/);
  assert.match(await succeeds('call', 'get_correlation_data', '--json', '{"days": 7}'), /correlation/);
  assert.match(await succeeds('call', 'query', "sql=SELECT 'a=b' AS x"), /a=b/);
  assert.match(await succeeds('call', 'query', 'sql=SELECT {n:UInt8}', 'params={"n": 5}', 'max_rows=1'), /5/);
});

test('call says what is wrong', async () => {
  assert.match(await fails('call', 'query.trends'), /query\.trend/);
  assert.match(await fails('call', 'get.trend_data', 'metric=latency_p95', 'days=7'), /latency_p95_ms/);
  assert.match(await fails('call', 'query', 'SELECT 1'), /key=value/);
  assert.match(await fails('call', 'query', '--json', '{broken'), /JSON/i);
  assert.match(await fails('call', 'query', '--json', '[1]'), /object/i);
});

test('no command leaves an engine behind', async () => {
  await sandbox.stopEngines();
  assert.deepEqual(sandbox.engines(), []);
});
