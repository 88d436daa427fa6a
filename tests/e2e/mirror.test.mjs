// Two databases at once: what is written reaches both, differences are found with their day, and one can take the place
// of the other without a write lost.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { BUFFERS } from './support/buffers.mjs';
import { until } from './support/processes.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const event = (operation, more = {}) => ({ ...exampleRow('llm_events'), operation, ...more });

// A process that lets nobody write to a buffer's file while it lives.
async function lockFile(sandbox, path) {
  const child = sandbox.spawn('python3', ['-c', `
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.read()`, path]);
  await once(child.stdout, 'data');
  return child;
}

for (const buffer of BUFFERS) {
  describe(`with ${buffer.name}`, () => {
    let sandbox;
    let old;
    let fresh;
    let client;
    let buffered;
    const file = () => join(sandbox.folder, 'mirror.conf');
    const settings = (more = {}) => old.settings({ ...buffered, CHIMERA_MIRROR: file(), ...more });
    const run = (...args) => sandbox.run(['ingest', 'mirror', ...args], { env: settings() });
    const insert = (row, more = {}) => client.answer('insert.llm_events', { data: row, ...more });
    const countIn = async (engine, operation) =>
      Number(await engine.ask(`SELECT count() FROM llm_events WHERE operation = '${operation}'`));
    const arrives = (engine, operation, count = 1) =>
      until(async () => (await countIn(engine, operation)) === count, `${operation} is stored`);
    const compared = async (...args) => {
      const { code, stdout, stderr } = await run('compare', '--json', ...args);
      assert.ok(stdout, stderr);
      const report = JSON.parse(stdout);
      return { code, report, events: report.tables.find(({ table }) => table === 'chimera_metrics.llm_events') };
    };

    before(async () => {
      sandbox = await Sandbox.create();
      buffered = await buffer.start(sandbox);
      [old, fresh] = await Promise.all(
        ['old', 'fresh'].map((name) => RemoteEngine.start(sandbox, { secure: false, name })));
      await Promise.all([old.applySchema(), fresh.applySchema()]);
      const lines = Object.entries(fresh.settings()).filter(([name]) => name !== 'CH_TIMEOUT');
      await writeFile(file(), lines.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
      client = await sandbox.serveHttp([], { env: settings() });
    });
    after(() => sandbox.close());

    test('what is written reaches both, buffered or not', async () => {
      const answer = await insert(event('both'), { mode: 'buffered' });
      assert.match(answer.position, /Z$/);
      await arrives(old, 'both');
      await arrives(fresh, 'both');
      const stored = await insert(event('sync'));
      assert.equal(stored.repeated, false);
      assert.equal(await countIn(old, 'sync'), 1, 'it is in the table when it is answered');
      await arrives(fresh, 'sync');
      assert.equal((await insert(event('sync'), { mode: 'buffered' })).repeated, true, 'one identity for both modes');
    });

    test('both have the same rows', async () => {
      await insert(event('another day', { ts: '2025-10-09T01:00:00Z' }));
      const { ts: _, ...untimed } = event('now');
      await insert(untimed);
      const { code, events } = await compared();
      assert.equal(code, 0);
      assert.deepEqual([events.equal, events.days, events.rows, events.mirror_rows], [true, [], 4, 4]);
      const { stdout } = await run('compare', 'llm_events');
      assert.match(stdout, /^chimera_metrics\.llm_events +4 +4 +equal$/m);
      assert.match(stdout, /both databases have the same rows/);
    });

    const onlyFiles = buffer.name !== 'sqlite' && 'nobody can lock half of a Redis';
    test('a kill between the two buffers is made good by a repeat', { skip: onlyFiles }, async () => {
      const lock = await lockFile(sandbox, buffered.CHIMERA_BUFFER.replace('sqlite:', ''));
      const lost = insert(event('between'), { mode: 'buffered' }).catch(() => 'lost');
      await arrives(fresh, 'between');
      client.child.kill('SIGKILL');
      assert.equal(await lost, 'lost');
      lock.kill();
      await once(lock, 'exit');
      client = await sandbox.serveHttp([], { env: settings() });
      assert.equal(await countIn(old, 'between'), 0, 'it died before the main buffer had the row');
      assert.equal((await insert(event('between'), { mode: 'buffered' })).repeated, false);
      await arrives(old, 'between');
      const { code, events } = await compared('llm_events');
      assert.deepEqual([code, events.equal], [0, true]);
      assert.equal(await countIn(fresh, 'between'), 1);
      assert.equal((await insert(event('between'), { mode: 'buffered' })).repeated, true);
    });

    test('a comparison while rows arrive takes none of them for a difference', async () => {
      let writing = true;
      const writers = [0, 1].map(async (writer) => {
        for (let i = 0; writing; ++i) await insert(event('meanwhile', { tokens_in: 2 * i + writer }), { mode: 'buffered' });
      });
      try {
        for (let i = 0; i < 2; ++i) {
          const { code, report } = await compared('llm_events');
          assert.equal(code, 0, JSON.stringify(report));
        }
      } finally {
        writing = false;
        await Promise.all(writers);
      }
      const { code, events } = await compared('llm_events');
      assert.deepEqual([code, events.days_left_out], [0, []], 'nothing is left out when nobody writes');
    });

    test('a mirror that is away holds up nobody, and gets everything later', async () => {
      await fresh.kill();
      await insert(event('away'));
      assert.equal(await countIn(old, 'away'), 1);
      const late = await run('compare', '--timeout', '2');
      assert.equal(late.code, 1);
      assert.match(late.stderr, /mirror: /);
      const { stdout } = await run('status');
      assert.match(stdout, buffer.name === 'sqlite' ? /^mirror: .*writes\.sqlite\.mirror$/m : /^mirror: /m);
      const page = await (await fetch(client.url.replace('/mcp', '/metrics'))).text();
      assert.match(page, /^timestore_hot_tail_rows\{table="mirror:chimera_metrics.llm_events"\} 1$/m);
      await fresh.restart();
      await arrives(fresh, 'away');
    });

    test('while the main database is away, rows are safe and the answer says so', async () => {
      await old.kill();
      const refused = await client.refusal('insert.llm_events', { data: event('main away') });
      assert.match(refused, /safe in the buffer/);
      await arrives(fresh, 'main away');
      await old.restart();
      await arrives(old, 'main away');
      assert.equal((await insert(event('main away'))).repeated, true);
      assert.equal((await compared()).code, 0);
    });

    test('a value that differs is found with its day', async () => {
      await fresh.ask(
        "ALTER TABLE llm_events UPDATE tokens_in = tokens_in + 1 WHERE operation = 'another day' SETTINGS mutations_sync = 1");
      const { code, events } = await compared('llm_events');
      assert.equal(code, 1);
      assert.deepEqual(events.days, [{ day: '2025-10-09', rows: 1, mirror_rows: 1 }]);
      const failed = await run('switch');
      assert.equal(failed.code, 1);
      assert.match(failed.stdout, /2025-10-09: 1 rows in both, with other values/);
      assert.match(failed.stderr, /writes are taken again/);
      await insert(event('thawed'));
      await fresh.ask(
        "ALTER TABLE llm_events UPDATE tokens_in = tokens_in - 1 WHERE operation = 'another day' SETTINGS mutations_sync = 1");
      assert.equal((await compared()).code, 0);
    });

    test('a row that only one has is found, and so are columns and tables', async () => {
      await fresh.ask("INSERT INTO llm_events SELECT * FROM llm_events WHERE operation = 'both'");
      await fresh.ask('ALTER TABLE llm_events ADD COLUMN more String');
      await fresh.ask('RENAME TABLE ui_events TO ui_events_elsewhere');
      const { report, events } = await compared();
      assert.deepEqual(events.days, [{ day: '2025-10-07', rows: events.days[0].rows, mirror_rows: events.days[0].rows + 1 }]);
      assert.deepEqual(events.columns_only_in_mirror, ['more']);
      assert.equal(report.tables.find(({ table }) => table === 'chimera_metrics.ui_events').mirror_rows, null);
      await fresh.ask('RENAME TABLE ui_events_elsewhere TO ui_events');
      await fresh.ask('ALTER TABLE llm_events DROP COLUMN more SETTINGS mutations_sync = 1');
      await fresh.ask("ALTER TABLE llm_events DROP PARTITION '2025-10-07'");
      const rows = await old.ask("SELECT * FROM llm_events WHERE toDate(ts) = '2025-10-07' FORMAT JSONEachRow");
      await fresh.ask(`INSERT INTO llm_events FORMAT JSONEachRow ${rows}`);
      assert.equal((await compared()).code, 0);
    });

    test('import writes into one database alone, and says how', async () => {
      await writeFile(join(sandbox.folder, 'rows.jsonl'), `${JSON.stringify(event('imported'))}\n`);
      const command = ['import', 'llm_events', join(sandbox.folder, 'rows.jsonl')];
      const { code, stderr } = await sandbox.run(command, { env: settings() });
      assert.equal(code, 1);
      assert.match(stderr, /CHIMERA_MIRROR.*--config/s);
    });

    test('a switch freezes the writes of all servers, and the new database takes them after the thaw', async () => {
      const done = await run('switch');
      assert.equal(done.code, 0, done.stdout + done.stderr);
      assert.match(done.stdout, /take CHIMERA_MIRROR out/);
      for (const mode of ['sync', 'buffered']) {
        const result = await client.call('insert.llm_events', { data: event('frozen'), mode });
        assert.equal(result._meta['chimera/error'].code, 'busy');
        assert.match(result._meta['chimera/error'].message, /frozen for a switch/);
        assert.ok(result._meta['chimera/error'].retry_after_s > 0);
      }
      assert.match((await run('status')).stdout, /frozen/);
      client.child.kill('SIGTERM');
      await once(client.child, 'exit');
      const env = fresh.settings(buffered);
      client = await sandbox.serveHttp([], { env });
      assert.match(await client.refusal('insert.llm_events', { data: event('frozen'), mode: 'buffered' }), /frozen/);
      assert.equal((await sandbox.run(['ingest', 'mirror', 'thaw'], { env })).code, 0);
      assert.equal((await insert(event('both'), { mode: 'buffered' })).repeated, true, 'what was answered before is known');
      await insert(event('moved'), { mode: 'buffered' });
      await arrives(fresh, 'moved');
      assert.equal(await countIn(old, 'moved'), 0);
    });

    test('a mirror needs a buffer', async () => {
      const { code, stderr } = await sandbox.run(['status'], { env: settings({ CHIMERA_BUFFER: 'off' }) });
      assert.equal(code, 1);
      assert.match(stderr, /CHIMERA_MIRROR.*needs a buffer/);
    });
  });
}
