// Buffered writes under faults: the database away while writes go on, the server killed at random moments. Afterwards the
// table has exactly what was answered, each row once. CHIMERA_SOAK=1: a minute of absence under 1,000 writes a second, and
// 50 kills.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { exampleRow } from './support/arguments.mjs';
import { BUFFERS } from './support/buffers.mjs';
import { HttpClient } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const SOAK = process.env.CHIMERA_SOAK === '1';
const AWAY_MS = SOAK ? 60_000 : 4000;
const WRITES_A_SECOND = SOAK ? 1000 : 300;
const WRITERS = 16;
const KILLS = SOAK ? 50 : 6;
const SETTLED_MS = 60_000;

// A sandbox with an engine, a buffer and a server, and what was answered so far.
class Scene {
  static async open(buffer) {
    const scene = new Scene();
    scene.sandbox = await Sandbox.create();
    scene.engine = await RemoteEngine.start(scene.sandbox, { secure: false });
    await scene.engine.applySchema();
    scene.env = scene.engine.settings(await buffer.start(scene.sandbox));
    await scene.start();
    return scene;
  }

  answered = [];
  refused = 0;
  nextId = 0;

  async start() {
    this.server = await this.sandbox.startHttp([], { env: this.env });
  }

  async kill() {
    this.server.child.kill('SIGKILL');
    if (this.server.child.signalCode === null) await once(this.server.child, 'exit');
  }

  connect() {
    return HttpClient.connect(this.server.url, this.server.child);
  }

  // A write with an id of its own; when the answer is lost, its sender does not know, and asks again with the same key
  // once a server is there: `doubted` keeps those that nobody asked again.
  async write(client, id) {
    const data = { ...exampleRow('llm_events'), operation: 'fault', tokens_in: id };
    const result = await client.call('insert.llm_events', { data, mode: 'buffered', idempotency_key: `fault-${id}` });
    if (!result.isError) return this.answered.push(id);
    assert.equal(result._meta['chimera/error'].code, 'busy', result.content[0].text);
    assert.ok(result._meta['chimera/error'].retry_after_s > 0);
    ++this.refused;
  }

  async settle() {
    const client = await this.connect();
    const last = this.nextId++;
    await until(async () => {
      const before = this.answered.length;
      await this.write(client, last);
      return this.answered.length > before;
    }, 'a last write is taken', SETTLED_MS);
    const stored = async () => Number(await this.engine.ask(`SELECT count() FROM llm_events WHERE tokens_in = ${last}`));
    await until(async () => (await stored()) === 1, 'the last write is stored', SETTLED_MS);
  }

  // `lost`: ids whose answers were lost; they may be there or not, but once.
  async check(lost = []) {
    const text = await this.engine.ask(
      "SELECT tokens_in, count() FROM llm_events WHERE operation = 'fault' GROUP BY tokens_in ORDER BY tokens_in");
    const counts = new Map(text.trim().split('\n').map((line) => line.split('\t').map(Number)));
    const doubled = [...counts].filter(([, count]) => count !== 1);
    assert.deepEqual(doubled, [], 'doubled');
    assert.deepEqual(this.answered.filter((id) => !counts.has(id)), [], 'answered and missing');
    const known = new Set([...this.answered, ...lost]);
    assert.deepEqual([...counts.keys()].filter((id) => !known.has(id)), [], 'stored without an answer');
  }
}

for (const buffer of BUFFERS) {
  test(`${buffer.name}: the database is away while writes go on`, async () => {
    const scene = await Scene.open(buffer);
    try {
      const clients = await Promise.all(Array.from({ length: WRITERS }, () => scene.connect()));
      const start = Date.now();
      const end = start + AWAY_MS + 2000;
      const writers = clients.map(async (client) => {
        while (Date.now() < end) {
          const due = start + (scene.nextId / WRITES_A_SECOND) * 1000;
          const id = scene.nextId++;
          if (due > Date.now()) await setTimeout(due - Date.now());
          await scene.write(client, id);
        }
      });
      await setTimeout(1000);
      await scene.engine.kill();
      await setTimeout(AWAY_MS);
      await scene.engine.restart();
      await Promise.all(writers);
      const seconds = (Date.now() - start) / 1000;
      console.log(`${scene.answered.length} answered (${Math.round(scene.answered.length / seconds)} a second), ${scene.refused} refused`);
      assert.ok(scene.answered.length > (AWAY_MS / 1000) * WRITES_A_SECOND * 0.3, `${scene.answered.length} answered`);
      await scene.settle();
      await scene.check();
    } finally {
      await scene.sandbox.close();
    }
  });

  test(`${buffer.name}: the server is killed ${KILLS} times at random moments`, async () => {
    const scene = await Scene.open(buffer);
    const lost = [];
    try {
      for (let round = 0; round < KILLS; ++round) {
        const clients = await Promise.all(Array.from({ length: 4 }, () => scene.connect()));
        const writers = clients.map(async (client) => {
          for (;;) {
            const id = scene.nextId++;
            try {
              await scene.write(client, id);
            } catch (error) {
              if (error.code === 'ERR_ASSERTION') throw error;
              lost.push(id);
              return;
            }
          }
        });
        await setTimeout(Math.random() * 1500);
        await scene.kill();
        await Promise.all(writers);
        await scene.start();
      }
      console.log(`${scene.answered.length} answered, ${lost.length} answers lost`);
      await scene.settle();
      await scene.check(lost);
    } finally {
      await scene.sandbox.close();
    }
  });
}
