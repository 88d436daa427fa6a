// What can be said of the container files without a container engine; `make docker-check` runs the images themselves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, Sandbox } from './support/product.mjs';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const DOCKERFILE = read('Dockerfile');

let sandbox;
before(async () => { sandbox = await Sandbox.create(); });
after(() => sandbox.close());

function healthCheck(port) {
  const command = /HEALTHCHECK [^[]*(\[[\s\S]*?"\])\n/.exec(DOCKERFILE)[1].replace(/\\\n/g, '');
  return JSON.parse(command).map((argument) => argument.replaceAll('8080', port));
}

test('the health check passes on a server and fails without one', async () => {
  const { url, child } = await sandbox.startHttp([], { env: { CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false' } });
  const [command, ...args] = healthCheck(new URL(url).port);
  const alive = await sandbox.runProgram(command, args);
  assert.equal(alive.code, 0, alive.stderr);
  const elsewhere = await sandbox.runProgram(command, args.map((argument) => argument.replace('/healthz', '/nowhere')));
  assert.notEqual(elsewhere.code, 0);
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('close', resolve));
  assert.notEqual((await sandbox.runProgram(command, args)).code, 0);
});

test('the settings in the deployment files are settings', async () => {
  const { stdout } = await sandbox.run(['--help']);
  for (const path of ['deploy/compose.yaml', 'deploy/chimera-mcp.service', 'docs/deployment.md', 'Dockerfile']) {
    for (const [name] of read(path).matchAll(/\b(?:CH|CHIMERA)_[A-Z_]+\b/g)) {
      if (name === 'CHIMERA_IMAGE') continue; // compose.yaml's own
      const known = stdout.includes(`--${name.toLowerCase().replaceAll('_', '-')}`);
      assert.ok(known, `${path}: ${name}`);
    }
  }
});

test('the targets that pages build are in the Dockerfile', () => {
  const targets = ['docs/deployment.md', 'deploy/compose.yaml', 'scripts/docker_check.sh']
    .flatMap((path) => [...read(path).matchAll(/--target (\w+)/g)]).map(([, target]) => target);
  assert.ok(targets.includes('server') && targets.includes('full'));
  for (const target of targets) assert.match(DOCKERFILE, new RegExp(`^FROM .* AS ${target}$`, 'm'));
});
