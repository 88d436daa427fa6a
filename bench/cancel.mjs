// From the client's cancellation to the query gone from the database.
import { median, now } from './figures.mjs';
import { McpHttpClient, statelessCall } from './mcp_http_client.mjs';

const TIMES = 11;
let marks = 0;

async function until(condition) {
  const end = now() + 20_000;
  while (!(await condition())) if (now() > end) throw new Error('a query neither began nor ended');
}

// Milliseconds; `start` begins a call and gives what cancels it.
async function cancelOnce(isRunning, start) {
  const mark = `bench_mark_${++marks}`;
  const sql = `SELECT count() AS ${mark} FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))`;
  const cancel = await start({ name: 'query', arguments: { sql, timeout_seconds: 60 } });
  await until(() => isRunning(mark));
  const cancelled = now();
  await cancel();
  await until(async () => !(await isRunning(mark)));
  return now() - cancelled;
}

async function cancelOften(figures, how, isRunning, start) {
  const values = [];
  for (let i = 0; i < TIMES; ++i) values.push(await cancelOnce(isRunning, start));
  const detail = { median: median(values), values };
  figures.record(`${how} to query gone, slowest of ${TIMES}`, Math.max(...values), 'ms', { atMost: 200 }, detail);
}

// Begins a call by `caller`; `canceller` of the same session cancels it.
const notified = (caller, canceller) => async (params) => {
  caller.send('tools/call', params).catch(() => {});
  return () => canceller.notify('notifications/cancelled', { requestId: caller.lastId, reason: 'bench' });
};

const left = (port) => async (params) => {
  const call = await statelessCall(port, params);
  call.send().catch(() => {});
  return call.leave;
};

export async function measureCancel(figures, { stdio, httpPort, remote }) {
  const watch = await remote.connect();
  const isRunning = async (mark) => {
    const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${mark}%' AND query NOT LIKE '%processes%'`;
    return Number(await remote.ask(watch, sql)) > 0;
  };
  const caller = await McpHttpClient.open(httpPort);
  const canceller = await McpHttpClient.open(httpPort, caller);
  await cancelOften(figures, 'cancel over stdio', isRunning, notified(stdio, stdio));
  await cancelOften(figures, 'cancel over HTTP', isRunning, notified(caller, canceller));
  await cancelOften(figures, 'disconnect over HTTP (2026-07-28)', isRunning, left(httpPort));
  for (const connection of [watch, caller, canceller]) connection.close();
}
