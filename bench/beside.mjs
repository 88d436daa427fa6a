// What the product costs: the same request through MCP (stdio, HTTP) and straight to the engine over a warm TLS
// connection, in rounds that alternate. "The same request" is what the product itself sends for the call, recorded and
// sent again; every client lives in this process, on bare sockets, and a reply counts when its last byte is here.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { measureCancel } from './cancel.mjs';
import { memoryMb, median, now, timed } from './figures.mjs';
import { McpHttpClient, startHttpServer } from './mcp_http_client.mjs';
import { checked } from './messages.mjs';
import { Remote } from './remote.mjs';
import { StdioClient } from './stdio_client.mjs';

const ROUNDS = 5;
const CALLERS = 8;
const INSERT_ROWS = 10_000;
const BLOCK_ROWS = 65_409; // of ClickHouse, max_block_size less a little
const DEFAULT_CAP = 500;

const query = (sql, more) => ({ name: 'query', arguments: { sql, ...more } });
const ONE = query('SELECT 1');
const AGGREGATION = query(
  'SELECT status, model, count() AS n, avg(seconds) AS s, sum(bytes) AS b, uniq(host) AS h FROM wide GROUP BY status, model',
);
const ROWS = query('SELECT * FROM wide LIMIT 100000', { max_rows: 100_000, max_bytes: 33_554_432 });
const CAPPED = query('SELECT * FROM tall');

const withNewId = (target) => target.replace(/query_id=[^&]*/, `query_id=${randomUUID()}`);

// The reply's bytes. Looks at their end only: parsing is not the server's time.
async function callThrough(client, params) {
  const bytes = await client.send('tools/call', params);
  if (!bytes.subarray(-60).includes('"isError":false')) throw new Error(bytes.toString().slice(0, 500));
  return bytes;
}

// The sides of a comparison, each a function that sends the request once and resolves with the reply's bytes.
class Sides {
  static async open(remote, stdio, http) {
    return new Sides(remote, stdio, http, await remote.connect());
  }

  constructor(remote, stdio, http, direct) {
    Object.assign(this, { remote, stdio, http, direct });
  }

  async of(call) {
    const request = await this.remote.requestOf(call.name, call.arguments);
    const params = JSON.stringify(call);
    return {
      direct: () => this.sendDirect(request),
      stdio: () => callThrough(this.stdio, params),
      http: () => callThrough(this.http, params),
    };
  }

  async sendDirect({ target, body }, connection = this.direct) {
    const reply = await connection.post(withNewId(target), body);
    if (reply.status !== 200) throw new Error(`direct: ${reply.status} ${reply.body.toString().slice(0, 300)}`);
    return reply.body;
  }
}

// Of each side, the median over the rounds of what `measure` gives for it; the order turns from round to round.
async function interleaved(sides, measure) {
  const names = Object.keys(sides);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; ++round) {
    const order = names.map((_, i) => names[(i + round) % names.length]);
    for (const name of order) results[name].push(await measure(sides[name], name));
  }
  return Object.fromEntries(names.map((name) => [name, { median: median(results[name]), rounds: results[name] }]));
}

// The same for the time of one request, `times` in a round; within a round the sides take turns with every request.
async function interleavedTimes(sides, times) {
  const names = Object.keys(sides);
  const rounds = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; ++round) {
    const values = Object.fromEntries(names.map((name) => [name, []]));
    for (let i = 0; i < times * names.length; ++i) {
      const name = names[(i + round) % names.length];
      values[name].push((await timed(1, sides[name]))[0]);
    }
    for (const name of names) rounds[name].push(median(values[name]));
  }
  return Object.fromEntries(names.map((name) => [name, { median: median(rounds[name]), rounds: rounds[name] }]));
}

async function compareTimes(figures, what, sides, times, atMost) {
  for (const send of Object.values(sides)) await send(); // warm
  const { direct, ...mcp } = await interleavedTimes(sides, times);
  figures.record(`${what}, direct`, direct.median, 'ms', {}, { rounds: direct.rounds });
  for (const [name, result] of Object.entries(mcp)) {
    const ratio = result.median / direct.median;
    figures.record(`${what}, ${name} / direct`, ratio, '×', { atMost }, { ms: result.median, rounds: result.rounds });
  }
}

// Requests a second by CALLERS at once.
async function throughput(callers, requests) {
  await Promise.all(callers.map((send) => send())); // so that every connection is there
  let left = requests;
  const start = now();
  await Promise.all(callers.map(async (send) => {
    while (left-- > 0) await send();
  }));
  return requests / ((now() - start) / 1000);
}

async function compareThroughput(figures, what, sides, call, requests) {
  const request = await sides.remote.requestOf(call.name, call.arguments);
  const params = JSON.stringify(call);
  const each = (make) => Promise.all(Array.from({ length: CALLERS }, make));
  const connections = await each(() => sides.remote.connect());
  const sessions = await each(() => McpHttpClient.open(sides.httpPort, sides.http));
  const callers = {
    direct: connections.map((connection) => () => sides.sendDirect(request, connection)),
    stdio: connections.map(() => () => callThrough(sides.stdio, params)),
    http: sessions.map((client) => () => callThrough(client, params)),
  };
  const { direct, ...mcp } = await interleaved(callers, (set) => throughput(set, requests));
  figures.record(`${what} at ${CALLERS} callers, direct`, direct.median, '1/s', {}, { rounds: direct.rounds });
  for (const [name, result] of Object.entries(mcp)) {
    const detail = { perSecond: result.median, rounds: result.rounds };
    const figure = `${what} at ${CALLERS} callers, ${name} / direct`;
    figures.record(figure, result.median / direct.median, '×', { atLeast: 0.85 }, detail);
  }
  for (const client of [...connections, ...sessions]) client.close();
}

async function compareRows(figures, sides) {
  const senders = await sides.of(ROWS);
  const answer = checked('query', await senders.stdio()).structuredContent;
  if (answer.truncated || answer.rows.length !== 100_000) throw new Error('not 100,000 rows');
  const { direct, ...mcp } = await interleavedTimes(senders, 3);
  figures.record('100,000 rows × 10 columns, direct', direct.median, 'ms', {}, { rounds: direct.rounds });
  for (const [name, result] of Object.entries(mcp)) {
    const detail = { ms: result.median, rounds: result.rounds };
    const figure = `100,000 rows × 10 columns, speed of ${name} / direct`;
    figures.record(figure, direct.median / result.median, '×', { atLeast: 0.7 }, detail);
  }
}

// The peak of a server that has answered nothing else.
async function measureMemory(figures, remote) {
  const client = new StdioClient(remote.binary, remote.environment());
  await client.initialize();
  const answer = await client.send('tools/call', JSON.stringify(ROWS));
  const answerMb = answer.length / 1024 / 1024;
  const peak = memoryMb(client.process.pid, 'VmHWM');
  await client.close();
  const target = { atMost: Number((25 + 4 * answerMb).toFixed(1)) };
  figures.record('server process, peak during that answer', peak, 'MB', target, { answerMb });
}

// How much the database reads for an answer that the default cap cuts, by its own account when it is read to the end.
async function measureCap(figures, sides) {
  const { target, body } = await sides.remote.requestOf(CAPPED.name, CAPPED.arguments);
  const reply = await sides.direct.post(withNewId(target), body);
  const summary = JSON.parse(reply.trailers['x-clickhouse-summary'] ?? reply.headers['x-clickhouse-summary']);
  const threads = Number(await sides.remote.ask(sides.direct, "SELECT getSetting('max_threads')"));
  const atMost = DEFAULT_CAP + 2 * BLOCK_ROWS * threads;
  const read = Number(summary.read_rows);
  figures.record('rows read for a capped answer from 10M rows', read, 'rows', { atMost }, { threads });
}

async function measureFirstCall(figures, remote) {
  const values = [];
  for (let i = 0; i < ROUNDS; ++i) {
    const client = new StdioClient(remote.binary, remote.environment());
    await client.initialize();
    values.push((await timed(1, () => client.send('tools/call', JSON.stringify(ONE))))[0]);
    await client.close();
  }
  figures.record('first call of a new server, with connection and TLS handshake', median(values), 'ms');
}

function batchOfEvents() {
  const start = Date.UTC(2025, 9, 7, 12) + Math.floor(Math.random() * 3_600_000);
  return Array.from({ length: INSERT_ROWS }, (_, i) => ({
    ts: new Date(start + i).toISOString(), run_id: randomUUID(), source: 'council', model: 'llama3.1:8b-instruct-q4_0',
    operation: 'episode_draft', tokens_in: 512 + (i % 100), tokens_out: 344, latency_ms: 2450 + (i % 500),
    cost_usd: 0.010335, status: 'success', error_msg: '',
  }));
}

// Texts are made before the clock starts: what is timed is the servers' work and the way there.
async function compareInserts(figures, sides) {
  const { target } = await sides.remote.requestOf('insert.llm_events', { rows: batchOfEvents().slice(0, 10) });
  const withNewToken = () => withNewId(target).replace(/(deduplication_token=)[^&]*/, `$1${randomUUID()}`);
  const through = (client) => async () => {
    const params = JSON.stringify({ name: 'insert.llm_events', arguments: { rows: batchOfEvents() } });
    return () => callThrough(client, params);
  };
  const prepare = {
    direct: async () => {
      const body = batchOfEvents().map((row) => JSON.stringify(row)).join('\n');
      const request = { target: withNewToken(), body };
      return () => sides.sendDirect(request);
    },
    stdio: through(sides.stdio),
    http: through(sides.http),
  };
  const measure = async (make) => {
    const values = [];
    for (let i = 0; i < 3; ++i) values.push((await timed(1, await make()))[0]);
    return median(values);
  };
  const { direct, ...mcp } = await interleaved(prepare, measure);
  figures.record(`insert of ${INSERT_ROWS} rows, direct`, direct.median, 'ms', {}, { rounds: direct.rounds });
  for (const [name, result] of Object.entries(mcp)) {
    const detail = { ms: result.median, rounds: result.rounds };
    const figure = `insert.llm_events of ${INSERT_ROWS} rows, speed of ${name} / direct`;
    figures.record(figure, direct.median / result.median, '×', { atLeast: 0.6 }, detail);
  }
}

export async function measureBeside(figures, binary, folder) {
  const remote = await Remote.start(binary, folder);
  const stdio = new StdioClient(binary, remote.environment());
  const server = await startHttpServer(binary, remote.environment(), join(folder, 'http.log'));
  try {
    await stdio.initialize();
    const http = await McpHttpClient.open(server.port);
    const sides = await Sides.open(remote, stdio, http);
    sides.httpPort = server.port;
    await measureFirstCall(figures, remote);
    await compareTimes(figures, 'SELECT 1', await sides.of(ONE), 101, 1.2);
    await compareTimes(figures, 'aggregation over 1M rows', await sides.of(AGGREGATION), 11, 1.05);
    await compareThroughput(figures, 'SELECT 1', sides, ONE, 800);
    await compareThroughput(figures, 'aggregation over 1M rows', sides, AGGREGATION, 40);
    await compareRows(figures, sides);
    await measureMemory(figures, remote);
    await measureCap(figures, sides);
    await compareInserts(figures, sides);
    await measureCancel(figures, sides);
    await stdio.close();
  } finally {
    server.process.kill();
    remote.stop();
  }
}
