// `schema apply`, killed at random points: the next one completes it, and nothing is there twice. CHIMERA_KILLS tries
// more of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const KILLS = Number(process.env.CHIMERA_KILLS ?? 8);

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox, { secure: false });
});
after(() => sandbox.close());

async function timeOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

test(`a schema apply that is killed is completed by the next one, ${KILLS} times`, { timeout: 600_000 }, async (t) => {
  const env = engine.settings();
  const whole = await timeOf(() => engine.applySchema());
  let cut = 0;
  for (let i = 0; i < KILLS; ++i) {
    await engine.ask('DROP DATABASE chimera_metrics SYNC');
    const child = sandbox.spawn(BIN, ['schema', 'apply'], { env });
    await sleep(Math.random() * whole);
    child.kill('SIGKILL');
    await ended(child.pid);
    const before = await engine.ask(`SELECT count() FROM system.tables WHERE database = 'chimera_metrics'`).catch(() => '0');
    if (Number(before) > 0 && Number(before) < 8) ++cut;
    await engine.applySchema();
    const { code, stdout } = await sandbox.run(['schema', 'diff'], { env });
    assert.deepEqual([code, stdout], [0, 'chimera_metrics: as declared\n']);
    const versions = await engine.ask('SELECT version, count() FROM schema_migrations GROUP BY version ORDER BY version');
    assert.match(versions, /^(\d+\t1\n?)+$/);
  }
  t.diagnostic(`${cut} of ${KILLS} were cut in the middle of a migration`);
});
