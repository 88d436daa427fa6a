// Every shell command of the documentation runs as it stands, files that a page shows before it included.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { BIN, ROOT, Sandbox } from './support/product.mjs';

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
const BLOCK = /(?:^`([^`\n]+)`[^\n]*:\n\n)?^```(\w*)\n([\s\S]*?)^```$/gm;

// Programs that this test must not run: `make` is answered from the Makefile's targets, `claude` by the shape of the call.
const STAND_INS = {
  make: `grep -q "^$1:" '${ROOT}Makefile' || { echo "no target $1" >&2; exit 1; }`,
  claude: 'case "$*" in "mcp add "*chimera*) ;; *) echo "unexpected: $*" >&2; exit 1 ;; esac',
};

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

// The page's placeholders for a database, filled with an engine that listens on TCP; a fixed port, with a free one.
async function fillPlaceholders(script, sandbox) {
  if (script.includes('127.0.0.1:8123')) return script.replaceAll('127.0.0.1:8123', `127.0.0.1:${await freePort()}`);
  if (!script.includes('your_clickhouse_host')) return script;
  const data = join(sandbox.folder, `remote-${sandbox.children.length}`); // an engine of its own for each script
  const engine = sandbox.spawn(BIN, ['engine', '--data', data, '--listen', '127.0.0.1:0']);
  const port = await new Promise((resolve, reject) => {
    engine.stderr.on('data', (chunk) => {
      const found = /listening on http:\/\/127.0.0.1:(\d+)/.exec(chunk);
      if (found) resolve(found[1]);
    });
    engine.on('close', () => reject(new Error('the engine ended')));
  });
  return script
    .replace('your_clickhouse_host', '127.0.0.1').replace('CH_PORT=8443', `CH_PORT=${port}`)
    .replace('your_username', 'default').replace('your_password', '').replace('CH_SECURE=true', 'CH_SECURE=false');
}

async function makeWorkplace(sandbox) {
  const workplace = join(sandbox.folder, 'work');
  await mkdir(join(workplace, 'build/release'), { recursive: true });
  await mkdir(join(workplace, 'bin'));
  await symlink(BIN, join(workplace, 'build/release/chimera-mcp'));
  await symlink(BIN, join(workplace, 'bin/chimera-mcp'));
  for (const [name, script] of Object.entries(STAND_INS)) {
    await writeFile(join(workplace, 'bin', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(workplace, 'bin', name), 0o755);
  }
  return workplace;
}

let sandbox;
let workplace;
before(async () => {
  sandbox = await Sandbox.create();
  workplace = await makeWorkplace(sandbox);
  await sandbox.loadDemo();
});
after(() => sandbox.close());

for (const page of PAGES) {
  test(`the commands of ${page}`, async () => {
    for (const [, file, language, body] of readFileSync(join(ROOT, page), 'utf8').matchAll(BLOCK)) {
      if (file?.includes('/')) {
        await mkdir(join(workplace, dirname(file)), { recursive: true });
        await writeFile(join(workplace, file), body);
      }
      if (language === 'json') JSON.parse(body);
      if (language !== 'bash') continue;
      const script = await fillPlaceholders(body, sandbox);
      const env = { HOME: workplace, PATH: `${join(workplace, 'bin')}:${process.env.PATH}` };
      const result = await sandbox.runProgram('bash', ['-euo', 'pipefail', '-c', script], { cwd: workplace, env });
      assert.equal(result.code, 0, `${body}\n${result.stdout}${result.stderr}`);
    }
  });
}

test('links between pages lead somewhere', () => {
  for (const page of PAGES) {
    for (const [, target] of readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} links to ${target}`);
    }
  }
});

test('every setting is documented', async () => {
  const { stdout } = await sandbox.run(['--help']);
  const flags = [...stdout.matchAll(/--(ch(?:imera)?-[a-z-]+)/g)].map(([, flag]) => flag);
  assert.ok(flags.length > 10);
  const documented = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  for (const flag of flags) {
    const variable = flag.toUpperCase().replaceAll('-', '_');
    assert.ok(documented.includes(`\`${variable}\``), `docs/configuration.md lacks ${variable}`);
  }
});
