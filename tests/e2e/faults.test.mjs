// A network that fails: every call ends within its deadline, with the whole result or with an error that says what was
// wrong; never with some of the rows. `make soak` turns over every byte instead of a sample.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FaultProxy } from './support/fault_proxy.mjs';
import { Sandbox } from './support/product.mjs';
import { RemoteEngine } from './support/remote_engine.mjs';

const SOAK = process.env.CHIMERA_SOAK === '1';
const ROWS = 5000;
const QUERY = {
  sql: `SELECT toUInt32(number), hex(sipHash64(number)) FROM numbers(${ROWS})`, // 129 KB, in several chunks
  max_rows: 100_000,
  max_bytes: 33_554_432,
  timeout_seconds: 3,
};
const PARALLEL = 4;
const HEAD_BYTES = 450; // of an answer, at least
const MARGIN_MS = 3000; // beyond a deadline, for a busy machine

const CLOSED = { code: 'unavailable', text: /127\.0\.0\.1:\d+ closed the connection before its answer was whole/ };
const NO_HANDSHAKE = { code: 'unavailable', text: /no TLS connection to 127\.0\.0\.1:\d+/ };
const REFUSED = { code: 'unavailable', text: /no connection to 127\.0\.0\.1:\d+/ };
const TOO_LATE = { code: 'timeout', text: /deadline/ };
const WHOLE = null;

// What a call ends in under a fault that stays: by plain HTTP, and by TLS, where a repeat meets it in the handshake.
const FAULTS = [
  ['delay', { delayMs: 20 }, WHOLE, WHOLE],
  ['slow drip', { drip: { bytes: 5000, everyMs: 5 } }, WHOLE, WHOLE],
  ['drip slower than the deadline', { drip: { bytes: 20, everyMs: 50 } }, TOO_LATE, TOO_LATE],
  ['black hole', { blackHole: true }, TOO_LATE, TOO_LATE],
  ['cut before the request', { cut: { up: 0 } }, CLOSED, NO_HANDSHAKE],
  ['cut inside the request', { cut: { up: 100 } }, CLOSED, NO_HANDSHAKE],
  ['cut before the answer', { cut: { down: 0 } }, CLOSED, NO_HANDSHAKE],
  ['cut inside the head', { cut: { down: 100 } }, CLOSED, NO_HANDSHAKE],
  ['cut between rows', { cut: { down: 50_000 } }, CLOSED, CLOSED],
  ['reset between rows', { cut: { down: 50_000 }, reset: true }, CLOSED, CLOSED],
  ['half-close before the answer', { halfClose: 0 }, CLOSED, NO_HANDSHAKE],
  ['half-close between rows', { halfClose: 50_000 }, CLOSED, CLOSED],
];

let sandbox;
before(async () => (sandbox = await Sandbox.create()));
after(() => sandbox.close());

for (const { title, secure, compression } of [
  { title: 'TLS', secure: true, compression: 'false' },
  { title: 'TLS, gzip', secure: true, compression: 'true' },
  { title: 'plain HTTP', secure: false, compression: 'false' },
  { title: 'plain HTTP, gzip', secure: false, compression: 'true' },
]) {
  describe(title, { concurrency: PARALLEL }, () => {
    let engine;
    let truth;
    before(async () => {
      engine = await RemoteEngine.start(sandbox, { secure, name: title });
      await engine.applySchema();
      truth = (await engine.ask(`${QUERY.sql} FORMAT JSONCompactEachRow`)).split('\n').join(',');
    });
    after(() => engine.kill());

    // A proxy and a server of its own, because a server remembers failures. `warm`: it has a connection already.
    async function withFault(fault, warm, work) {
      const proxy = await FaultProxy.start({ host: '127.0.0.1', port: engine.port });
      const env = engine.settings({ port: proxy.port, CH_COMPRESSION: compression });
      const client = await sandbox.serve({ env });
      try {
        if (warm) await client.value('SELECT 1');
        proxy.use(fault);
        await work(client, proxy);
      } finally {
        client.child.kill('SIGKILL');
        await proxy.close();
      }
    }

    // What a call ends in: in time, and with all rows or none.
    async function outcome(client) {
      const began = performance.now();
      const result = await client.call('query', QUERY);
      const took = performance.now() - began;
      assert.ok(took < QUERY.timeout_seconds * 1000 + MARGIN_MS, `${took} ms`);
      if (result.isError) assert.equal(result.structuredContent, undefined);
      else assert.deepEqual([result.structuredContent.rows.length, result.structuredContent.truncated], [ROWS, false]);
      return result;
    }

    const isTruth = ({ structuredContent }) =>
      JSON.stringify(structuredContent.rows) === JSON.stringify(JSON.parse(`[${truth}]`));

    function check(result, expected) {
      const text = result.content[0].text;
      if (expected === WHOLE) return assert.ok(!result.isError && isTruth(result), text.slice(0, 500));
      assert.ok(result.isError, 'this cannot work');
      assert.equal(result._meta['chimera/error'].code, expected.code, text);
      assert.match(text, expected.text);
    }

    for (const [name, fault, plain, tls] of FAULTS) {
      const expected = secure ? tls : plain;
      test(`${name}, on a connection in use; then it is over`, () =>
        withFault(fault, true, async (client, proxy) => {
          check(await outcome(client), expected);
          proxy.use({});
          check(await outcome(client), WHOLE);
        }));
      test(`${name}, on a new connection`, () =>
        withFault(fault, false, async (client) => check(await outcome(client), expected)));
    }

    for (const fault of [{ cut: { up: 100 } }, { cut: { down: 100 } }, { cut: { down: 50_000 } }, { halfClose: 0 }]) {
      test(`${JSON.stringify(fault)} once is mended by trying again`, () =>
        withFault({ ...fault, once: true }, true, async (client, proxy) => {
          check(await outcome(client), WHOLE);
          assert.ok(proxy.struck === 1 && proxy.accepted > 1, 'the call needed another connection');
        }));
    }

    test('nobody listens, then somebody does', () =>
      withFault({}, true, async (client, proxy) => {
        await proxy.refuse();
        check(await outcome(client), REFUSED);
        await proxy.accept();
        check(await outcome(client), WHOLE);
      }));

    // Plain text has no checksum: there, only what frames the rows can be told from them.
    test('a byte turned over', () =>
      withFault({}, true, async (client, proxy) => {
        const step = SOAK ? 1 : 61;
        const hasChecksum = secure || compression === 'true';
        for (let at = 0; at < (hasChecksum ? 2000 : HEAD_BYTES); at += step) await flipOne(client, proxy, { down: at });
        for (let at = 2000; at < 50_000 && hasChecksum; at += step * 50) await flipOne(client, proxy, { down: at });
        for (let at = 0; at < 300 && secure; at += step) await flipOne(client, proxy, { up: at });
      }));

    async function flipOne(client, proxy, flip) {
      const { struck } = proxy;
      proxy.use({ flip, once: true });
      const result = await outcome(client);
      proxy.use({});
      assert.ok(proxy.struck > struck, `nothing was turned over at ${JSON.stringify(flip)}`);
      assert.ok(result.isError || isTruth(result), `wrong rows: ${JSON.stringify(flip)}`);
    }
  });
}
