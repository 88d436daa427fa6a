// What an operator does to a server: odd descriptors, odd files, a stop under load, hosts with different environments.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';

let sandbox;
before(async () => {
  sandbox = await Sandbox.create();
});
after(() => sandbox.close());

test('a closed stdin is the end of the input', async () => {
  const { code } = await sandbox.runProgram('bash', ['-c', `exec '${BIN}' serve <&- 2>&-`]);
  assert.equal(code, 0);
});

test('an answer that cannot be written is a failure', async () => {
  const { code } = await sandbox.runProgram('bash', ['-c', `exec '${BIN}' call query sql='SELECT 1' >/dev/full`]);
  assert.equal(code, 1);
});

test('hosts with and without XDG_RUNTIME_DIR share the engine', async () => {
  for (const folder of ['', sandbox.folder]) {
    const { code, stderr } = await sandbox.run(['call', 'query', 'sql=SELECT 1'], { env: { XDG_RUNTIME_DIR: folder } });
    assert.equal(code, 0, stderr);
  }
  await sandbox.oneEngine();
});

function ping(url, agent) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'Content-Type': 'application/json' } }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode));
    });
    sent.on('error', reject).end('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  });
}

test('a stop ends the server although a client keeps calling on its connection', async () => {
  const { url, child } = await sandbox.startHttp();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ping(url, agent);
  child.kill('SIGTERM');
  const exited = once(child, 'exit');
  let refused = false;
  while (!refused) refused = await ping(url, agent).then((status) => status === 503, () => true);
  assert.deepEqual(await exited, [0, null]);
  agent.destroy();
});
