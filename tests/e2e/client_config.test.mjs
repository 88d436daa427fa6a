// What `client-config` prints: the README's configurations, and servers that start as their hosts would start them.
import assert from 'node:assert/strict';
import { realpathSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BIN, ROOT, Sandbox } from './support/product.mjs';
import { StdioClient } from './support/stdio_client.mjs';

const HOSTS = {
  'claude-desktop': 'Claude Desktop',
  'claude-code': 'Claude Code',
  cursor: 'Cursor',
  vscode: 'VS Code',
  codex: 'Codex',
  'copilot-cli': 'Copilot CLI',
};
const EXECUTABLE = realpathSync(BIN);
const URL = 'http://127.0.0.1:8080/mcp';
// As on a machine where nothing is set; a blank variable counts as unset.
const UNSET = { CHIMERA_DATA_DIR: '', CHIMERA_ENGINE_IDLE: '', CHIMERA_LIBCHDB: '' };
const PARSE_TOML = 'import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.stdin.read())))';

let sandbox;
before(async () => { sandbox = await Sandbox.create(); });
after(() => sandbox.close());

async function print(args, options) {
  const { code, stdout, stderr } = await sandbox.run(['client-config', ...args], options);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
}

// The host's own file, read as the host reads it.
async function parse(host, text) {
  if (host !== 'codex') return JSON.parse(text);
  return JSON.parse((await sandbox.runProgram('python3', ['-c', PARSE_TOML], { input: text })).stdout);
}

async function entry(host, args, options) {
  const { stdout, stderr } = await print([host, ...args], options);
  const file = await parse(host, stdout);
  const server = { codex: 'mcp_servers', vscode: 'servers' }[host] ?? 'mcpServers';
  assert.deepEqual(Object.keys(file[server]), ['chimera']);
  return { file, server: file[server].chimera, stderr };
}

test('without a name, the clients are listed', async () => {
  const { stdout } = await print([]);
  assert.deepEqual(stdout.trim().split('\n').map((line) => line.split(' ')[0]), Object.keys(HOSTS));
});

for (const [host, title] of Object.entries(HOSTS)) {
  test(`${title}: the README says what the command prints`, async () => {
    const { stdout, stderr } = await print([host], { env: UNSET });
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const shown = readme.slice(readme.indexOf(`**${title}**`)).match(/```\w+\n([^]*?)```/)[1];
    assert.equal(stdout.replaceAll(EXECUTABLE, '/path/to/chimera-mcp'), shown);
    assert.match(stderr, new RegExp(`^# ${title}: into .*(json|toml)`));
  });

  test(`${title}: what is printed starts a server with names that it takes`, async () => {
    // Hosts start servers with little of the environment, in a folder of theirs.
    const env = { CHIMERA_DATA_DIR: 'data', CHIMERA_ENGINE_IDLE: '5' };
    const { server } = await entry(host, [], { env, cwd: sandbox.folder });
    const plain = { ...Object.fromEntries(Object.keys(sandbox.env).map((name) => [name, ''])), PATH: process.env.PATH };
    const child = sandbox.spawn(server.command, server.args, { env: { ...plain, HOME: sandbox.folder, ...server.env }, cwd: '/' });
    const client = new StdioClient(child);
    await client.initialize();
    const { tools } = await client.request('tools/list');
    for (const { name } of tools) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
    assert.equal(server.env.CHIMERA_DATA_DIR, join(sandbox.folder, 'data'));
    await client.end();
  });

  test(`${title}: a password is named, never told`, async () => {
    const env = { CH_HOST: 'db', CH_PASSWORD: 's3cret' };
    const { file, server, stderr } = await entry(host, [], { env });
    assert.equal(server.env.CH_HOST, 'db');
    assert.doesNotMatch(JSON.stringify(file) + stderr, /s3cret/);
    assert.match(stderr, /CH_PASSWORD is not told/);
    const named = {
      'claude-desktop': [server.env.CH_PASSWORD, undefined],
      'claude-code': [server.env.CH_PASSWORD, '${CH_PASSWORD}'],
      cursor: [server.env.CH_PASSWORD, '${env:CH_PASSWORD}'],
      vscode: [`${server.env.CH_PASSWORD} ${file.inputs?.[0].id} ${file.inputs?.[0].password}`, '${input:CH_PASSWORD} CH_PASSWORD true'],
      codex: [server.env_vars?.[0], 'CH_PASSWORD'],
      'copilot-cli': [server.env.CH_PASSWORD, '${CH_PASSWORD}'],
    }[host];
    assert.equal(named[0], named[1]);
  });

  test(`${title}: a settings file is named by its path, and what it sets is not repeated`, async () => {
    const path = join(sandbox.folder, 'my.conf');
    await writeFile(path, 'CH_HOST=db\nCH_PASSWORD=s3cret\nCHIMERA_TOOL_NAMES=dotted\n', { mode: 0o600 });
    const { server, file } = await entry(host, ['--config', 'my.conf'], { env: UNSET, cwd: sandbox.folder });
    assert.deepEqual(server.args, ['serve', '--config', path]);
    assert.deepEqual(server.env, { CHIMERA_TOOL_NAMES: 'underscore' });
    assert.doesNotMatch(JSON.stringify(file), /s3cret|CH_PASSWORD/);
  });

  test(`${title}: reaches a running server by its URL`, async () => {
    const { server, stderr } = await entry(host, ['--http', URL], { env: { CH_PASSWORD: 's3cret', CH_HOST: 'db' } });
    if (host === 'claude-desktop') assert.deepEqual(server, { command: 'npx', args: ['-y', 'mcp-remote', URL] });
    else assert.equal(server.url, URL);
    assert.equal(server.env, undefined);
    assert.match(stderr, /start it with CHIMERA_TOOL_NAMES=underscore/);
  });
}

test('Claude Desktop reaches other machines by plain HTTP only when told so', async () => {
  for (const [url, told] of [['http://10.0.0.1:80/mcp', true], ['http://127.0.0.1.example/mcp', true], ['https://db/mcp', false]]) {
    const { server } = await entry('claude-desktop', ['--http', url]);
    assert.equal(server.args.includes('--allow-http'), told, url);
  }
});

test('values that files must quote arrive as they are', async () => {
  const name = 'a "b" \\ ü\'';
  for (const host of Object.keys(HOSTS)) {
    const { server } = await entry(host, [], { env: { CH_HOST: 'db', CH_DATABASE: name } });
    assert.equal(server.env.CH_DATABASE, name, host);
  }
});

test('a wrong name or URL is refused with what to write', async () => {
  for (const [args, hint] of [
    [['codx'], /did you mean `codex`/], [['codex', '--http', '127.0.0.1:8080'], /http:\/\/127\.0\.0\.1:8080\/mcp/],
    [['codex', '--http', 'http://host:80'], /\/mcp/],
  ]) {
    const { code, stdout, stderr } = await sandbox.run(['client-config', ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, hint);
  }
});
