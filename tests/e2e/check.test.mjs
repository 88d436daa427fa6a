// `chimera-mcp check`: the read gate's word, without a database or a configuration.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BIN } from './support/product.mjs';

// An environment that no other command would accept.
const BROKEN = { CH_PORT: 'x', CHIMERA_LOG_LEVEL: 'loud' };

function run(args, input = '') {
  return new Promise((resolve) => {
    const child = spawn(BIN, args, { env: { PATH: process.env.PATH, HOME: '/nonexistent', ...BROKEN } });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
    child.on('close', (code) => resolve({ code, ...out }));
    child.stdin.on('error', () => {}); // it may end before it has read everything
    child.stdin.end(input);
  });
}

const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));
const corpus = (name) => lines(readFileSync(new URL(`../security/${name}.jsonl`, import.meta.url), 'utf8'));

test('a read passes with 0', async () => {
  const { code, stdout, stderr } = await run(['check', 'SELECT count() FROM bench_runs']);
  assert.deepEqual([code, stdout, stderr], [0, 'passes: one SELECT that only reads\n', '']);
});

test('what is refused ends with 1: what, why, where and what instead', async () => {
  const { code, stdout } = await run(['check', "SELECT 1\nFROM url('x')"]);
  assert.equal(code, 1);
  assert.match(stdout, /refused \(statement_refused\): the table function `url` reads data from outside/);
  assert.match(stdout, /line 2, column 6 \(byte 14\)/);
  assert.match(stdout, /instead: read only the tables of this database/);
});

test('--function and --dictionary open what they name', async () => {
  assert.equal((await run(['check', 'SELECT my_udf(1)'])).code, 1);
  assert.equal((await run(['check', '--function', 'my_udf', 'SELECT my_udf(1)'])).code, 0);
  assert.equal((await run(['check', '--dictionary', 'a.b', "SELECT dictGet('a.b', 'x', 1)"])).code, 0);
});

test('--jsonl answers every line, also those that are none', async () => {
  const input = ['{"sql": "SELECT 1"}', '{"sql": "DROP TABLE t"}', 'no json', '{"sql": 1}', '[]', '', '{"sql": ""}',
    '{"sql": "SELECT \'\\u0000\'"}', '{"sql": "EXISTS t", "more": true}'].join('\n');
  const { code, stdout } = await run(['check', '--jsonl'], input);
  assert.equal(code, 0);
  const answers = lines(stdout);
  assert.deepEqual(answers.map(({ allowed }) => allowed),
    [true, false, false, false, false, false, false, false, true]);
  assert.deepEqual(answers.map((answer) => answer.code), [null, 'statement_refused', 'invalid_argument',
    'invalid_argument', 'invalid_argument', 'invalid_argument', 'syntax_error', 'syntax_error', null]);
  assert.deepEqual([answers[1].position, answers[7].position], [0, 8]);
  for (const { allowed, reason } of answers) assert.equal(typeof reason, allowed ? 'object' : 'string');
});

test('the corpus: no hostile statement passes, no benign one is refused', async () => {
  for (const [name, allowed] of [['hostile', false], ['benign', true]]) {
    const statements = corpus(name).filter(({ dictionaries }) => !dictionaries);
    const input = statements.map(({ sql }) => `${JSON.stringify({ sql })}\n`).join('');
    const answers = lines((await run(['check', '--jsonl'], input)).stdout);
    assert.equal(answers.length, statements.length);
    answers.forEach((answer, i) => assert.equal(answer.allowed, allowed, statements[i].sql));
  }
});
