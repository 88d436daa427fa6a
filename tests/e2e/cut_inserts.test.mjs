// Inserts over a network that cuts connections at random points, repeated by their caller until they are done: every row
// is stored once. `make soak`: 100 batches of 1,000 rows.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exampleRow } from './support/arguments.mjs';
import { FaultProxy } from './support/fault_proxy.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const SOAK = process.env.CHIMERA_SOAK === '1';
const BATCHES = SOAK ? 100 : 30;
const ROWS = 1000;
const MOST_TRIES = 40;
const CALLERS = 4;
const BATCH_BYTES = 330_000; // as JSONEachRow
const GZIP_BYTES = 40_000;
const ANSWER_BYTES = 700;
const HANDSHAKE_BYTES = 2000;

let sandbox;
let engine;
before(async () => {
  sandbox = await Sandbox.create();
  engine = await RemoteEngine.start(sandbox);
  await engine.applySchema();
});
after(() => sandbox.close());

const uuid = (group, number) =>
  `00000000-0000-4000-8${String(group).padStart(3, '0')}-${number.toString(16).padStart(12, '0')}`;

function batch(group, index) {
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    ...exampleRow('llm_events'),
    ts: new Date(Date.UTC(2025, 9, 7, 12) + i).toISOString(),
    run_id: uuid(group, index * ROWS + i),
    operation: `group ${group}`,
  }));
  return index % 2 ? { rows } : { rows, idempotency_key: `${group}/${index}` };
}

const random = (limit) => Math.floor(Math.random() * limit);
const up = (bytes) => ({ cut: { up: random(bytes) }, reset: Math.random() < 0.5 });
const down = () => ({ cut: { down: random(HANDSHAKE_BYTES + 3 * ANSWER_BYTES) }, reset: Math.random() < 0.5 });

// Every connection is cut somewhere in its first few batches or answers.
const GROUPS = [
  { title: 'cut anywhere', compression: 'false', cut: () => (random(2) ? up(2 * BATCH_BYTES) : down()) },
  { title: 'cut anywhere, gzip', compression: 'true', cut: () => (random(2) ? up(2 * GZIP_BYTES) : down()) },
  { title: 'only answers are cut', compression: 'false', cut: down },
  { title: 'only answers are cut, gzip', compression: 'true', cut: down },
];

GROUPS.forEach(({ title, compression, cut }, group) => {
  describe(title, () => {
    let proxy;
    let client;
    let tries = 0;
    before(async () => {
      proxy = await FaultProxy.start({ host: '127.0.0.1', port: engine.port });
      client = await sandbox.serve({ env: engine.settings({ port: proxy.port, CH_COMPRESSION: compression }) });
    });
    after(async () => {
      await proxy.close();
      client.child.kill('SIGKILL');
    });

    async function insert(index) {
      const args = batch(group, index);
      for (let i = 0; i < MOST_TRIES; ++i) {
        ++tries;
        const result = await client.call('insert.llm_events', args);
        if (!result.isError) return;
        const { code } = result._meta['chimera/error'];
        assert.ok(['unavailable', 'timeout', 'busy'].includes(code), result.content[0].text);
        await sleep(20 * i);
      }
      assert.fail(`batch ${index} was not done after ${MOST_TRIES} tries`);
    }

    test(`${BATCHES} batches of ${ROWS} rows`, async (t) => {
      proxy.use(cut);
      let next = 0;
      const caller = async () => {
        while (next < BATCHES) await insert(next++);
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      t.diagnostic(JSON.stringify({ tries, connections: proxy.accepted, cuts: proxy.struck }));
      assert.ok(proxy.struck >= 2, `only ${proxy.struck} cuts`);
      const counts = `SELECT count(), uniqExact(run_id) FROM llm_events WHERE operation = 'group ${group}' FORMAT TSV`;
      assert.equal(await engine.ask(counts), `${BATCHES * ROWS}\t${BATCHES * ROWS}`);
    });
  });
});
