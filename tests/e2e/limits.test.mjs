// What one caller may use of a server, and that the others get their share.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { post } from './support/http_client.mjs';
import { Sandbox } from './support/product.mjs';
import { INITIALIZE } from './support/tool_client.mjs';

// For a second at least, on one connection: every block waits.
const SLOW = "SELECT count() FROM numbers(20) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1";
const READS = 'SELECT sum(number) FROM numbers(1000)';

let sandbox;
let tokens;
before(async () => {
  sandbox = await Sandbox.create();
  tokens = { flood: await newToken('flood'), calm: await newToken('calm') };
  const lines = Object.values(tokens).map(({ line }) => `${line}\n`).join('');
  await writeFile(join(sandbox.folder, 'tokens'), lines, { mode: 0o600 });
});
after(() => sandbox.close());

async function newToken(name) {
  const { stdout, stderr } = await sandbox.run(['token', 'new', name]);
  return { value: stdout.trim(), line: stderr.split('\n').find((line) => line.startsWith(`${name} `)) };
}

class Caller {
  static async connect(url, token) {
    const caller = new Caller(url, { Authorization: `Bearer ${token.value}` });
    const answer = await caller.send('initialize', INITIALIZE);
    caller.headers['Mcp-Session-Id'] = answer.headers.get('mcp-session-id');
    return caller;
  }

  constructor(url, headers) {
    Object.assign(this, { url, headers, id: 0 });
  }

  send(method, params) {
    return post(this.url, { jsonrpc: '2.0', id: ++this.id, method, params }, this.headers);
  }

  async call(name, args) {
    const answer = await this.send('tools/call', { name, arguments: args });
    if (answer.status !== 200) return { status: answer.status };
    const { result } = await answer.json();
    return { ...result, error: result._meta?.['chimera/error'] };
  }

  query(sql) {
    return this.call('query', { sql });
  }
}

async function callers(env) {
  const { url, child } = await sandbox.startHttp([], { env: { CHIMERA_TOKENS_FILE: join(sandbox.folder, 'tokens'), ...env } });
  return { flood: await Caller.connect(url, tokens.flood), calm: await Caller.connect(url, tokens.calm), child };
}

test('one floods, the other is answered all the while', async () => {
  const { flood, calm, child } = await callers({ CHIMERA_CALLS_AT_ONCE: '40', CH_CONNECTION_POOL_SIZE: '4' });
  assert.ok(!(await calm.query(READS)).isError);
  let busy = true;
  const floods = Array.from({ length: 40 }, () => flood.query(SLOW));
  const flooded = Promise.allSettled(floods).then(() => { busy = false; });
  const waits = [];
  for (let i = 0; i < 10; ++i) {
    const start = performance.now();
    const answer = await calm.query(READS);
    assert.ok(!answer.isError, answer.content?.[0].text);
    waits.push(performance.now() - start);
  }
  assert.ok(busy, 'the flood was over before the others were done');
  console.log(`# in their order: ${waits.map((ms) => ms.toFixed(0)).join(' ')} ms`);
  waits.sort((a, b) => a - b);
  console.log(`# the other's answers while one floods: median ${waits[5].toFixed(0)} ms, longest ${waits[9].toFixed(0)} ms`);
  assert.ok(waits[5] < 1500, `median ${waits[5]} ms`);
  child.kill('SIGKILL');
  await flooded;
});

test('calls in a minute: refused with when to come back, for that caller alone', async () => {
  const { flood, calm, child } = await callers({ CHIMERA_CALLS_PER_MINUTE: '20', CHIMERA_TOOL_CALLS_PER_MINUTE: 'list.*=2' });
  const answers = [];
  while (answers.length < 200 && !answers.at(-1)?.isError) answers.push(await flood.query('SELECT 1'));
  assert.ok(answers.length > 20);
  const refused = answers.at(-1);
  assert.equal(refused.error.code, 'rate_limited');
  assert.ok(refused.isError && refused.error.retry_after_s >= 1 && refused.error.retry_after_s <= 3, JSON.stringify(refused.error));
  assert.match(refused.content[0].text, /`flood` may make 20 calls a minute.*call again in \d s.*CHIMERA_CALLS_PER_MINUTE/s);
  for (let i = 0; i < 2; ++i) assert.ok(!(await calm.call('list.databases', {})).isError);
  assert.match((await calm.call('list_databases', {})).error.message, /2 calls of list.databases a minute/);
  assert.ok(!(await calm.query('SELECT 1')).isError);
  child.kill();
});

test('calls at once: one too many is refused at once', async () => {
  const { flood, child } = await callers({ CHIMERA_CALLS_AT_ONCE: '2' });
  await flood.query('SELECT 1');
  const answers = await Promise.all([SLOW, SLOW, SLOW, SLOW].map((sql) => flood.query(sql)));
  const codes = answers.map(({ error }) => error?.code).filter(Boolean);
  assert.deepEqual(codes, ['rate_limited', 'rate_limited']);
  child.kill();
});

test('rows in an hour: charged after the call', async () => {
  const { flood, calm, child } = await callers({ CHIMERA_ROWS_PER_HOUR: '1500' });
  for (let i = 0; i < 2; ++i) assert.ok(!(await flood.query(READS)).isError);
  const refused = await flood.query('SELECT 1');
  assert.equal(refused.error.code, 'quota_exceeded');
  assert.ok(refused.error.retry_after_s > 600 && refused.error.retry_after_s <= 3600, JSON.stringify(refused.error));
  assert.ok(!(await calm.query(READS)).isError);
  child.kill();
});
