// The command line as a person uses it: 0 done, 1 failed with a reason, 2 used wrongly.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { BIN, Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

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
  for (const command of ['serve', 'engine', 'schema', 'demo', 'tools', 'call', 'config', 'status', 'check', 'import', 'export']) {
    assert.match(await succeeds(command, '--help'), /Usage:/i);
  }
});

const MISUSES = [[], ['check'], ['check', '--jsonl', 'SELECT 1'], ['serv'], ['serve', '--bogus'], ['schema'], ['schema', 'drop'], ['demo'], ['call'], ['engine'],
  ['engine', '--data', '/tmp/x'], ['call', 'query', 'sql=SELECT 1', '--json', '{}']];
test('misuse ends with 2, the reason on stderr and nothing on stdout', async () => {
  for (const args of MISUSES) {
    const { code, stdout, stderr } = await sandbox.run(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.ok(stderr.length > 10, args.join(' '));
  }
});

// [arguments, what the message names]
const TYPOS = [
  [['serv'], /no command `serv`; did you mean `serve`\?/],
  [['schema', 'aply'], /no command `schema aply`; did you mean `apply`\?/],
  [['frobnicate'], /no command `frobnicate`; there are .*serve/],
  [['--ch-hots', 'db', 'serve'], /no flag --ch-hots; did you mean `--ch-host`/],
  [['serve', '--ch-hots=db'], /no flag --ch-hots; did you mean `--ch-host`/],
  [['serve', '--htp', '127.0.0.1:0'], /no flag --htp; did you mean `--http`/],
  [['engine', '--data', '/tmp/x', '--lisen', '127.0.0.1:0'], /no flag --lisen; did you mean `--listen`/],
  [['config', 'CH_HOST'], /`CH_HOST` is one argument too many/],
];
test('a word that is not known is answered with the nearest that is', async () => {
  for (const [args, expected] of TYPOS) {
    const { code, stdout, stderr } = await sandbox.run(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, expected);
  }
});

test('what cannot be printed is a failure', async () => {
  for (const args of ['--version', '--help', 'config']) {
    const { code } = await sandbox.runProgram('bash', ['-c', `exec '${BIN}' ${args} >/dev/full`]);
    assert.equal(code, 1, args);
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

test('demo load tells of one that was cut off, and how to begin again', async () => {
  const cut = await Sandbox.create();
  try {
    const engine = await RemoteEngine.start(cut, { secure: false });
    await engine.applySchema();
    const run = (...args) => cut.run(args, { env: engine.settings() });
    await engine.ask('RENAME TABLE llm_events TO elsewhere');
    assert.equal((await run('demo', 'load')).code, 1);
    await engine.ask('RENAME TABLE elsewhere TO llm_events');
    for (const args of [[], ['--if-empty']]) {
      const { code, stderr } = await run('demo', 'load', ...args);
      assert.equal(code, 1);
      assert.match(stderr, /was begun and has not ended; these hold a part of it: bench_runs, session_stats, ui_events\n/);
    }
    const served = await cut.startHttp(['--demo'], { env: engine.settings() });
    served.child.kill();
    const { stderr } = await run('demo', 'load');
    for (const statement of stderr.match(/TRUNCATE TABLE [^;]+/g)) await engine.ask(statement);
    assert.equal((await run('demo', 'load')).code, 0);
    assert.equal(await engine.ask('SELECT (SELECT count() FROM bench_runs), (SELECT count() FROM ui_events), (SELECT count() FROM llm_events)'), '31\t1243\t60');
    assert.match((await run('demo', 'load', '--if-empty')).stdout, /kept, its tables hold rows/);
  } finally {
    await cut.close();
  }
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
