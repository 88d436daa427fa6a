// The configuration as an operator meets it: variables, a settings file and flags, and what `config` says of them.
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';

const USUAL_BLOCK = `
CH_HOST=your_clickhouse_host
CH_PORT=9440
CH_USERNAME=your_username
CH_PASSWORD=your_password
CH_DATABASE=chimera_metrics
CH_SECURE=true
CH_TIMEOUT=30
CH_COMPRESSION=true
CH_CONNECTION_POOL_SIZE=10
CH_RETRY_ATTEMPTS=3
`;

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

async function settingsFile(text, mode = 0o600) {
  const path = join(sandbox.folder, 'my.conf');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function configOf(args = [], env = {}) {
  const { code, stdout, stderr } = await sandbox.run([...args, 'config', '--json'], { env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

function valuesOf({ settings }) {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting && setting.value]));
}

async function failureOf(args, env = {}) {
  const { code, stdout, stderr } = await sandbox.run([...args, 'config'], { env });
  assert.deepEqual([code, stdout], [1, '']);
  return stderr;
}

test('the usual block works as it stands, pasted into a shell and into a file', async () => {
  const script = `set -a\n${USUAL_BLOCK}set +a\nexec '${BIN}' config`;
  const shell = await sandbox.runProgram('bash', ['-euc', script]);
  assert.equal(shell.code, 0, shell.stderr);
  assert.match(shell.stdout, /^# Database: chimera_metrics at https:\/\/your_clickhouse_host:8443$/m);
  assert.match(shell.stdout, /^# given as 9440:\nCH_PORT=8443$/m);
  assert.match(shell.stdout, /^#CH_PASSWORD=\*+$/m);
  assert.doesNotMatch(shell.stdout + shell.stderr, /your_password/);
  assert.match(shell.stderr, /9440 is the native protocol's port; using the HTTP port beside it, 8443/);

  const fromFile = await configOf(['--config', await settingsFile(USUAL_BLOCK)]);
  assert.equal(fromFile.database, 'chimera_metrics at https://your_clickhouse_host:8443');
  assert.deepEqual(fromFile.settings.CH_PORT, {
    value: '8443', source: 'file', origin: `${join(sandbox.folder, 'my.conf')}:3`, given: '9440',
  });
  assert.equal(fromFile.settings.CH_PASSWORD.value, '********');
  assert.equal(fromFile.settings.CH_CA_FILE, null);
  assert.equal(fromFile.notices.length, 1);
});

test('what config prints is a settings file with the same meaning', async () => {
  const password = await settingsFile('pw\n');
  const odd = { CH_HOST: 'http://a:9000/ch,http://[::1]/ch', CH_DATABASE: ' o"d #d ', CH_USER: "it's",
    CH_PASSWORD_FILE: password, CH_COMPRESSION: 'NO' };
  const printed = await sandbox.run(['config', '--ch-timeout', '7'], { env: odd });
  const path = join(sandbox.folder, 'printed.conf');
  await writeFile(path, printed.stdout);
  assert.deepEqual(valuesOf(await configOf(['--config', path])), valuesOf(await configOf(['--ch-timeout', '7'], odd)));
});

test('a flag wins over a variable, a variable over the file', async () => {
  const path = await settingsFile('CH_HOST=file\nCH_USERNAME=file\nCH_DATABASE=file\nCH_TIMEOUT=9\n');
  const env = { CH_HOST: 'variable', CH_USERNAME: 'variable', CH_TIMEOUT: '' };
  const { settings } = await configOf(['--config', path, '--ch-host', 'flag'], env);
  const seen = ['CH_HOST', 'CH_USERNAME', 'CH_DATABASE', 'CH_TIMEOUT', 'CH_RETRY_ATTEMPTS'].map((name) => [
    settings[name].value, settings[name].source, settings[name].origin,
  ]);
  assert.deepEqual(seen, [
    ['flag', 'flag', '--ch-host'], ['variable', 'environment', 'environment'], ['file', 'file', `${path}:3`],
    ['9', 'file', `${path}:4`], ['3', 'default', 'default'],
  ]);
});

test("the user's settings file is read, unless another is named", async () => {
  const folder = join(sandbox.folder, 'usual');
  await mkdir(join(folder, '.config/chimera-mcp'), { recursive: true });
  await writeFile(join(folder, '.config/chimera-mcp/chimera-mcp.conf'), 'CH_HOST=usual\n');
  const env = { HOME: folder, XDG_CONFIG_HOME: '' };
  assert.equal((await configOf([], env)).settings.CH_HOST.value, 'usual');
  assert.equal((await configOf([], { HOME: folder })).settings.CH_HOST, null, 'XDG_CONFIG_HOME comes first');
  const named = await settingsFile('CH_DATABASE=named\n');
  assert.equal((await configOf(['--config', named], env)).settings.CH_HOST, null);
});

test('what does not fit is named with its value and its source', async () => {
  const path = await settingsFile('# mine\nCH_TIMEOUT=soon\n');
  assert.match(await failureOf(['--config', path]), new RegExp(`CH_TIMEOUT=soon \\(${path}:2\\) is not a whole number`));
  assert.match(await failureOf([], { CH_TIMEOUT: 'soon' }), /CH_TIMEOUT=soon \(environment\) is not a whole number/);
  assert.match(await failureOf(['--ch-timeout', 'soon']), /CH_TIMEOUT=soon \(--ch-timeout\) is not a whole number/);
  assert.match(await failureOf(['--config', await settingsFile('CH_HOTS=x\n')]), /my.conf:1: unknown setting `CH_HOTS`\n.*`CH_HOST`/);
  assert.match(await failureOf(['--config', sandbox.folder]), /is no regular file/);
  assert.match(await failureOf(['--config', join(sandbox.folder, 'none')]), /none is not there/);
});

test('a mistyped variable is named in the log, which can be off', async () => {
  const env = { CH_PASWORD: 's3cret' };
  const { code, stderr } = await sandbox.run(['config'], { env });
  assert.equal(code, 0);
  assert.match(stderr, /unknown variable CH_PASWORD: did you mean `CH_PASSWORD`/);
  assert.doesNotMatch(stderr, /s3cret/);
  assert.equal((await sandbox.run(['config'], { env: { ...env, CHIMERA_LOG_LEVEL: 'off' } })).stderr, '');
});

test('no password is told, wherever it was put', async () => {
  const places = [
    [[], { CH_PASSWORD: 's3cret' }], [[], { CH_HOST: 'https://me:s3cret@db:8443/?database=x' }],
    [[], { CH_HOST: 'db', CH_PASSWORD: 's3cret\nx' }], [[], { CH_HOST: 'db', CH_WRITE_PASSWORD: 's3cret' }],
    [['--config', await settingsFile('CH_PASSWORD=s3cret # mine\n')], {}],
    [['--ch-password', 's3cret'], {}],
  ];
  for (const [args, env] of places) {
    for (const last of [['config'], ['config', '--json'], ['client-config', 'codex'], ['--help']]) {
      const { stdout, stderr } = await sandbox.run([...args, ...last], { env });
      assert.doesNotMatch(stdout + stderr, /s3cret/, JSON.stringify([args, env]));
    }
  }
  assert.match((await sandbox.run(['--ch-password', 'x', 'config'])).stderr, /use --ch-password-file/);
  assert.doesNotMatch((await sandbox.run(['--help'])).stdout, /--ch-password /);
});

test('the hints carry what is set, and no password', async () => {
  const env = { CH_HOST: 'db', CH_PASSWORD: 's3cret', CH_DATABASE: 'my db' };
  const child = sandbox.spawn(BIN, ['serve', '--http', '127.0.0.1:0', '--hints'], { env });
  let said = '';
  for await (const chunk of child.stderr) {
    said += chunk;
    if (said.includes('Passwords are not shown')) break;
  }
  child.kill('SIGTERM');
  assert.match(said, /claude mcp add chimera --env CHIMERA_TOOL_NAMES=underscore --env CH_HOST=db --env 'CH_DATABASE=my db'/);
  const desktop = JSON.parse(/^\{\n[^]*?^\}/m.exec(said)[0]);
  assert.equal(desktop.mcpServers.chimera.env.CH_HOST, 'db');
  assert.doesNotMatch(said, /s3cret/);
});
