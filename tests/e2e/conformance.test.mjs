// The official conformance suite, in its newest release and in the one before, against the server with the suite's
// fixtures; and what of it needs no fixture against the product. It is the checks of each scenario that count, not the
// verdict: a scenario without any failed check, which is not there, or whose checks were skipped, did not pass.
//   CHIMERA_CONFORMANCE_BIN names another binary than build/release/conformance-server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { ROOT, Sandbox } from './support/product.mjs';

const SERVER = resolve(process.env.CHIMERA_CONFORMANCE_BIN || join(ROOT, 'build/release/conformance-server'));
const PACKAGES = fileURLToPath(new URL('node_modules/@modelcontextprotocol/', import.meta.url));
const NEWEST = join(PACKAGES, 'conformance');
const OLDER = join(PACKAGES, 'conformance-0.1');
const LIMIT_MS = 100_000;

// Checks that may end otherwise than with SUCCESS, and why.
const ACCEPTED = {
  'tasks-status-notifications': ['SKIPPED', 'the suite itself has no check for them yet'],
};

// What the product passes without any fixture, by revision.
const WITHOUT_FIXTURES = {
  '2025-11-25': ['server-initialize', 'ping', 'logging-set-level', 'tools-list', 'resources-list', 'prompts-list',
    'dns-rebinding-protection', 'server-sse-multiple-streams', 'server-session-lifecycle'],
  '2026-07-28': ['tools-list', 'resources-list', 'prompts-list', 'caching', 'sep-2164-resource-not-found',
    'dns-rebinding-protection', 'server-sse-multiple-streams', 'http-header-validation',
    'input-required-result-unsupported-methods'],
};

let folder;
const summary = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chimera-conformance-'));
});
after(() => rm(folder, { recursive: true, force: true }));
process.on('exit', () => summary.sort().forEach((line) => console.log(line)));

// The lists of a revision in the suite's requirements file: {scored, unscored}.
function requirements(revision) {
  const lines = readFileSync(join(NEWEST, 'requirements', `${revision}.yaml`), 'utf8').split('\n');
  const lists = { scored: [], unscored: [] };
  let section = '';
  let scenario = '';
  for (const line of lines) {
    section = line.match(/^(\w+):/)?.[1] ?? section;
    if (section === 'server' && line.startsWith('  - ')) lists.scored.push(line.slice(4).trim());
    scenario = line.match(/scenario: *([^\s,}]+)/)?.[1] ?? scenario;
    if (section === 'not_scored' && /leg: *server\b/.test(line)) lists.unscored.push(scenario);
  }
  return lists;
}

// Runs the suite of a package with `args` and returns the checks of each scenario: {scenario: [{id, status, …}]}.
async function runSuite(suite, name, url, args) {
  const out = join(folder, name);
  const main = join(suite, 'dist/index.js');
  const child = spawn(process.execPath, [main, 'server', '--url', url, '-o', out, ...args], { cwd: folder });
  child.stdin.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(timer);
  assert.ok(existsSync(out), said);
  const checks = {};
  for (const entry of readdirSync(out)) {
    const scenario = entry.match(/^server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z$/)?.[1];
    const path = join(out, entry, 'checks.json');
    if (scenario && existsSync(path)) checks[scenario] = JSON.parse(readFileSync(path, 'utf8'));
  }
  return checks;
}

// What keeps `scenario` from having passed; empty when it has.
function flaws(scenario, checks) {
  if (!checks) return [`${scenario} was not run`];
  const counted = checks.filter(({ status }) => status !== 'INFO');
  if (counted.length === 0) return [`${scenario} checked nothing`];
  return counted
    .filter(({ id, status }) => status !== 'SUCCESS' && ACCEPTED[id]?.[0] !== status)
    .map(({ id, status, errorMessage }) => `${scenario}: ${id}: ${status}: ${errorMessage ?? ''}`);
}

function count(scenarios, checks) {
  const found = scenarios.flatMap((scenario) => flaws(scenario, checks[scenario]));
  const passed = scenarios.filter((scenario) => flaws(scenario, checks[scenario]).length === 0).length;
  return { found, text: `${passed}/${scenarios.length}` };
}

function report(line, ...counts) {
  summary.push(line);
  const found = counts.flatMap((one) => one.found);
  assert.deepEqual(found, [], line);
}

// A fixture server of its own for `use`, so that sets do not hear each other's notifications.
async function withServer(use) {
  assert.ok(existsSync(SERVER), `${SERVER} is missing: build it, or name it with CHIMERA_CONFORMANCE_BIN`);
  const child = spawn(SERVER, ['--port', '0']);
  try {
    const url = await new Promise((found, failed) => {
      let said = '';
      child.stderr.on('data', (chunk) => {
        said = (said + chunk).slice(-10_000);
        const match = said.match(/http:\/\/\S+\/mcp/);
        if (match) found(match[0]);
      });
      child.on('close', () => failed(new Error(`the fixture server ended: ${said}`)));
    });
    return await use(url);
  } finally {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}

describe('with fixtures', { concurrency: true }, () => {
  for (const revision of ['2026-07-28', '2025-11-25']) {
    test(revision, () => withServer(async (url) => {
      const { scored, unscored } = requirements(revision);
      const checks = await runSuite(NEWEST, revision, url, ['--requirements', revision]);
      const required = count(scored, checks);
      const others = count(unscored, checks);
      report(`${revision}: ${required.text} required, ${others.text} unscored`, required, others);
      assert.deepEqual(Object.keys(checks).sort(), [...scored, ...unscored].sort());
    }));
  }

  for (const [suite, scenarios] of [['active', 30], ['all', 32]]) {
    test(`release 0.1.16, suite ${suite}`, () => withServer(async (url) => {
      const checks = await runSuite(OLDER, `0.1.16-${suite}`, url, ['--suite', suite]);
      const all = count(Object.keys(checks), checks);
      report(`0.1.16 ${suite}: ${all.text}`, all);
      assert.equal(Object.keys(checks).length, scenarios);
    }));
  }
});

test('the product, without fixtures', async () => {
  const sandbox = await Sandbox.create();
  try {
    const { url } = await sandbox.startHttp();
    await Promise.all(Object.entries(WITHOUT_FIXTURES).map(async ([revision, scenarios]) => {
      const checks = await runSuite(NEWEST, `product-${revision}`, url, ['--requirements', revision]);
      const all = count(scenarios, checks);
      report(`${revision}: ${all.text} without fixtures, on the product`, all);
    }));
  } finally {
    await sandbox.close();
  }
});
