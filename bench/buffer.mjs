// Buffered writes: single rows from 8 agents, answered when they are safe, beside the same rows inserted one by one; how
// soon they can be read, and how many parts they become.
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { median, now, quantile } from './figures.mjs';
import { McpHttpClient, startHttpServer } from './mcp_http_client.mjs';

const AGENTS = 8;
const IN_FLIGHT = 8;
const ROUNDS = 3;
const SECONDS = 5;
const TIMES_FASTER = 50;
const AGE_P99_MS = 2000;
const SETTLED_MS = 1500;
const PARTS = 100; // ClickHouse slows inserts down above 1,000 in a partition

// The fields of an insert tool, filled with its schema's examples, so that this file does not repeat the dataset.
async function rowMaker(client) {
  const { tools } = JSON.parse(await client.send('tools/list', {})).result;
  const { properties, required } = tools.find(({ name }) => name === 'insert.llm_events').inputSchema.properties.rows.items;
  const value = (name, { type, enum: allowed, format, pattern, minimum }) => {
    if (allowed) return allowed[0];
    if (format === 'uuid') return crypto.randomUUID();
    if (pattern) return '0'.repeat(40);
    const kind = Array.isArray(type) ? type[0] : type;
    if (kind === 'string') return name;
    if (kind === 'boolean') return true;
    return kind === 'object' ? {} : Math.max(minimum ?? 1, 1);
  };
  const fixed = Object.fromEntries(required.map((name) => [name, value(name, properties[name])]));
  return (id) => ({ ...fixed, operation: `bench ${id}` });
}

let nextId = 0;

// Calls a second of `agents` that each send the next row when the last one is answered.
async function rate(agents, row, more) {
  const end = now() + SECONDS * 1000;
  let calls = 0;
  await Promise.all(agents.map(async (agent) => {
    while (now() < end) {
      await agent.call('insert.llm_events', { data: row(nextId++), ...more });
      ++calls;
    }
  }));
  return calls / SECONDS;
}

// How old the newest row that can be read is, looked at again and again while rows are written.
async function agesWhile(work, reader) {
  const ages = [];
  const settled = now() + SETTLED_MS; // before, nothing was written for a while
  let working = true;
  const done = work().finally(() => (working = false));
  while (working) {
    const sql = "SELECT dateDiff('millisecond', max(ts), now64(3, 'UTC')) FROM llm_events WHERE operation LIKE 'bench %'";
    const age = Number((await reader.call('query', { sql })).structuredContent.rows[0][0]);
    if (now() > settled) ages.push(age);
    await setTimeout(20);
  }
  return { ages, result: await done };
}

export async function measureBuffer(figures, binary, folder) {
  const env = { ...process.env, CHIMERA_DATA_DIR: join(folder, 'buffer'), XDG_RUNTIME_DIR: join(folder, 'run'),
    CHIMERA_BUFFER: 'sqlite' };
  const server = await startHttpServer(binary, env, join(folder, 'buffer.log'));
  const first = await McpHttpClient.open(server.port);
  const agents = [first];
  while (agents.length < AGENTS) agents.push(await McpHttpClient.open(server.port, first));
  const reader = await McpHttpClient.open(server.port, first);
  const row = await rowMaker(first);
  const value = async (sql) => Number((await reader.call('query', { sql })).structuredContent.rows[0][0]);
  await first.call('insert.llm_events', { data: row(nextId++) });

  // An agent may wait for each answer, or have several calls in flight.
  const connections = [...agents];
  while (connections.length < AGENTS * IN_FLIGHT) connections.push(await McpHttpClient.open(server.port, first));
  for (const [callers, words, target] of [[agents, 'one call each', { atLeast: TIMES_FASTER }],
    [connections, `${IN_FLIGHT} calls each`, {}]]) {
    const direct = [];
    const buffered = [];
    for (let round = 0; round < ROUNDS; ++round) {
      direct.push(await rate(callers, row, {}));
      buffered.push(await rate(callers, row, { mode: 'buffered' }));
    }
    figures.record(`8 agents, ${words}: single rows inserted one by one`, median(direct), 'rows/s');
    figures.record(`8 agents, ${words}: buffered`, median(buffered), 'rows/s');
    figures.record(`8 agents, ${words}: buffered over direct`, median(buffered) / median(direct), '', target);
  }

  await setTimeout(2000);
  const { ages } = await agesWhile(() => rate(agents, row, { mode: 'buffered' }), reader);
  figures.record('age of the newest row that can be read, p99', quantile(ages, 0.99), 'ms', { atMost: AGE_P99_MS });
  figures.record('parts of the table afterwards', await value(
    "SELECT count() FROM system.parts WHERE active AND database = 'chimera_metrics' AND table = 'llm_events'"), '', { atMost: PARTS });
  await setTimeout(2500);
  const stored = await value("SELECT count() FROM llm_events WHERE operation LIKE 'bench %'");
  figures.record('rows missing or doubled', Math.abs(stored - nextId), 'rows', { atMost: 0 });
  for (const client of [...connections, reader]) client.close();
  server.process.kill();
}
