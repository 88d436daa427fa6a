// Planted secrets: none of them is in what the product says, logs, shows of itself or measures.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const PLANTED = 'pl4nted';
const PASSWORD = `${PLANTED}-password-1`;
const STATE_KEY = `${PLANTED}-state-key-of-more-than-32-bytes`;
const PRIVACY_KEY = `${PLANTED}-privacy-key-of-more-than-32-bytes`;

// A ClickHouse that repeats in its errors whatever it was sent, headers and all, and what else it knows.
const TOLD = [
  `CREATE USER x IDENTIFIED WITH plaintext_password BY '${PLANTED}a'`, `s3('https://b/x', 'AK${PLANTED}b', '${PLANTED}c')`,
  `mysql('h:3306', 'd', 't', 'u', '${PLANTED}d')`, `https://ana:${PLANTED}e@db.example/x`, `X-ClickHouse-Key: ${PLANTED}f`,
  `Authorization: Bearer ${PLANTED}g`, `password = '${PLANTED}h'`, `aws_secret_access_key=${PLANTED}i`,
];
let told = 0;
const echo = createServer((request, response) => {
  const key = request.headers['x-clickhouse-key'];
  response.statusCode = 500;
  response.end(`Code: 36. DB::Exception: near ${TOLD[told++ % TOLD.length]} of ${key}: oops. (BAD_ARGUMENTS)\n`);
});

let sandbox;
let settings;
before(async () => {
  sandbox = await Sandbox.create();
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  settings = {
    CH_HOST: '127.0.0.1', CH_PORT: String(echo.address().port), CH_SECURE: 'false', CH_USERNAME: 'agent', CH_PASSWORD: PASSWORD,
    CH_RETRY_ATTEMPTS: '0', CHIMERA_STATE_KEY: STATE_KEY, CHIMERA_PRIVACY_KEY: PRIVACY_KEY, CHIMERA_LOG_LEVEL: 'debug',
    CHIMERA_PRIVACY: JSON.stringify({ chimera_metrics: { 'ui_events.user_agent': 'hash' } }),
  };
});
after(async () => {
  await sandbox.close();
  echo.close();
});

const clean = (text, where) => assert.doesNotMatch(text, new RegExp(PLANTED), where);

test('answers, logs, metrics and the command line of a server', async () => {
  const { url, child } = await sandbox.startHttp([], { env: settings });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const { HttpClient } = await import('./support/http_client.mjs');
  const client = await HttpClient.connect(url, child);
  for (let i = 0; i < TOLD.length; ++i) {
    const answer = await client.call('query', { sql: `SELECT ${i}` });
    assert.ok(answer.isError);
    assert.match(answer.content[0].text, /BAD_ARGUMENTS/, 'the message is still one');
    clean(JSON.stringify(answer), `answer ${i}`);
  }
  for (const page of ['/metrics', '/readyz', '/healthz']) clean(await (await fetch(new URL(page, url))).text(), page);
  clean(await readFile(`/proc/${child.pid}/cmdline`, 'utf8'), 'the command line');
  clean(log, 'the log');
});

test('what commands print', async () => {
  for (const args of [['config'], ['config', '--json'], ['status'], ['status', '--json'], ['call', 'query', 'sql=SELECT 1'], ['client-config', 'cursor'], ['schema', 'status']]) {
    const { stdout, stderr } = await sandbox.run(args, { env: settings });
    clean(stdout + stderr, args.join(' '));
  }
});

test('settings that are refused do not show what they hold', async () => {
  const broken = [{ CHIMERA_JWKS_URL: `https://ana:${PLANTED}@idp/keys` }, { CH_HOST: `https://ana:${PLANTED}@db` },
    { CHIMERA_PRIVACY_KEY: PLANTED }, { CHIMERA_STATE_KEY: PLANTED }, { CHIMERA_PUBLIC_URL: `https://ana:${PLANTED}@mcp/mcp` }];
  for (const env of broken) {
    const { stdout, stderr } = await sandbox.run(['config'], { env });
    clean(stdout + stderr, JSON.stringify(env));
  }
  const file = join(sandbox.folder, 'bad.conf');
  await writeFile(file, `CH_PASWORD=${PLANTED}\n`);
  const { stdout, stderr } = await sandbox.run(['--config', file, 'config']);
  clean(stdout + stderr, 'a misspelt name');
});

test('the accounts of an engine are not in its arguments', async () => {
  const engine = await RemoteEngine.start(sandbox, { secure: false, users: [`viewer:${PASSWORD}:readonly`] });
  const shown = await readFile(`/proc/${engine.child.pid}/cmdline`, 'utf8');
  assert.match(shown, /viewer:\*+/);
  clean(shown, 'the command line');
  const { code, stdout } = await sandbox.run(['call', 'query', 'sql=SELECT 1'], { env: engine.settings({ CH_USERNAME: 'viewer', CH_PASSWORD: PASSWORD, CH_DATABASE: 'default' }) });
  assert.equal(code, 0, stdout);
});
