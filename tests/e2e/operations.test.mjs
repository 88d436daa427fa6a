// What an operator's tools see of a server: health pages, Prometheus' figures, DogStatsD's datagrams.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { exampleRow } from './support/arguments.mjs';
import { HttpClient, post } from './support/http_client.mjs';
import { until } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';
import { announcedPort } from './support/remote_engine.mjs';

let sandbox;
let server; // one that most tests share: {url, child}
before(async () => {
  sandbox = await Sandbox.create();
  server = await sandbox.startHttp();
});
after(() => sandbox.close());

// {status, headers, body} of a page of the server at `url`.
async function page(path, { url = server.url, method = 'GET', headers = {} } = {}) {
  const response = await new Promise((resolve, reject) => {
    request(new URL(path, url), { method, headers, agent: false }, resolve).on('error', reject).end();
  });
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

// The samples of /metrics: {'name{label="value"}': number}.
async function figures(options) {
  const { body } = await page('/metrics', options);
  const samples = body.split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

test('a server that lives says so, to whoever asks', async () => {
  for (const headers of [{}, { Host: '10.1.2.3:8080' }, { Host: 'chimera.internal' }]) {
    const { status, body } = await page('/healthz', { headers });
    assert.deepEqual([status, body], [200, 'ok\n'], JSON.stringify(headers));
  }
  assert.deepEqual((await page('/healthz', { method: 'HEAD' })).body, '');
});

test('pages are read by GET from hosts that are addresses', async () => {
  for (const path of ['/readyz', '/metrics']) {
    assert.equal((await page(path, { headers: { Host: '10.1.2.3:8080' } })).status, 200, path);
    assert.equal((await page(path, { headers: { Host: 'evil.example' } })).status, 403, path);
    assert.equal((await page(path, { headers: { Origin: 'http://evil.example' } })).status, 403, path);
    const posted = await page(path, { method: 'POST' });
    assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD'], path);
  }
  assert.equal((await page('/mcp', { method: 'DELETE', headers: { Host: '10.1.2.3:8080' } })).status, 403, '/mcp');
});

test('names of the operator may be called by', async () => {
  const { url } = await sandbox.startHttp([], { env: { CHIMERA_ALLOWED_HOSTS: 'mcp.example, chimera:8080' } });
  const status = async (host) => (await page('/metrics', { url, headers: { Host: host } })).status;
  assert.deepEqual([await status('mcp.example:1'), await status('chimera:8080'), await status('chimera:81')], [200, 200, 403]);
});

test('an embedded server is ready', async () => {
  const { status, headers, body } = await page('/readyz');
  assert.deepEqual([status, headers['content-type'], JSON.parse(body)], [200, 'application/json', { ready: true }]);
});

// A remote database without the schema.
async function startRemote() {
  const remote = await Sandbox.create();
  const engine = remote.spawn(BIN, ['engine', '--data', remote.dataDir, '--listen', '127.0.0.1:0']);
  const port = String(await announcedPort(engine));
  return { remote, engine, env: { CH_HOST: '127.0.0.1', CH_PORT: port, CH_SECURE: 'false' } };
}

test('a server is not ready before its schema is, nor without its database', async () => {
  const { remote, engine, env } = await startRemote();
  const { url } = await sandbox.startHttp([], { env });
  const pending = await page('/readyz', { url });
  assert.deepEqual([pending.status, JSON.parse(pending.body).ready], [503, false]);
  assert.match(JSON.parse(pending.body).message, /migration 1 .* is not applied/);
  assert.equal((await sandbox.run(['schema', 'apply'], { env })).code, 0);
  await until(async () => (await page('/readyz', { url })).status === 200, 'ready after schema apply');

  engine.kill('SIGKILL');
  await until(async () => (await page('/readyz', { url })).status === 503, 'not ready without the database');
  assert.equal(JSON.parse((await page('/readyz', { url })).body).code, 'unavailable');
  assert.equal((await page('/healthz', { url })).status, 200);
  await remote.close();
});

// A server in front of a database that takes connections and never answers.
async function startWithSilentDatabase(context) {
  const held = [];
  const silent = createServer((socket) => held.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const env = { CH_HOST: '127.0.0.1', CH_PORT: String(silent.address().port), CH_SECURE: 'false' };
  const { url, child } = await sandbox.startHttp([], { env });
  context.after(() => {
    child.kill('SIGKILL');
    held.forEach((socket) => socket.destroy());
    silent.close();
  });
  return { url, held };
}

test('a database that never answers makes a server unready, however many ask', async (context) => {
  const { url, held } = await startWithSilentDatabase(context);
  const answers = await Promise.all(Array.from({ length: 50 }, () => page('/readyz', { url })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [503]);
  assert.ok(held.length < 10, `${held.length} connections for 50 probes`);
});

test('figures count what was done', async () => {
  const { url } = await sandbox.startHttp();
  const client = await HttpClient.connect(url);
  await client.answer('query', { sql: 'SELECT number FROM numbers(5)' });
  await client.refusal('query', { sql: 'SELECT nothing' });
  await client.answer('insert.llm_events', { rows: [exampleRow('llm_events'), exampleRow('llm_events')] });
  await client.call('insert_llm_events', { rows: [{}] });
  await client.call('made_up', {}).catch(() => {});
  const { headers } = await page('/metrics', { url });
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const seen = await figures({ url });
  const expected = {
    'chimera_tool_calls_total{outcome="ok",tool="query"}': 1,
    'chimera_tool_calls_total{outcome="unknown_column",tool="query"}': 1,
    'chimera_tool_calls_total{outcome="ok",tool="insert.llm_events"}': 1,
    'chimera_tool_calls_total{outcome="invalid_argument",tool="insert.llm_events"}': 1,
    'chimera_tool_call_duration_seconds_count{tool="query"}': 2,
    'chimera_database_statements_total{operation="write",outcome="ok"}': 1,
    chimera_database_rows_inserted_total: 2,
    chimera_sessions: 1,
    chimera_tool_calls_in_flight: 0,
    chimera_database_connections_max: 10,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(seen[name], value, name);
  assert.ok(seen.chimera_database_rows_returned_total >= 5);
  assert.ok(seen.process_resident_memory_bytes > 1e6);
  assert.ok(Math.abs(seen.process_start_time_seconds - Date.now() / 1000) < 600);
  assert.ok(!Object.keys(seen).some((name) => name.includes('made_up')), 'a made-up name is no label');
});

const CALL = (sql) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'query', arguments: { sql },
    _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
  },
});
const CALL_HEADERS = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'query' };

test('health answers while as many calls as are allowed are worked on', async (context) => {
  const { url } = await startWithSilentDatabase(context);
  const abort = new AbortController();
  const calls = Array.from({ length: 128 }, () =>
    fetch(url, {
      method: 'POST', body: JSON.stringify(CALL('SELECT 1')), headers: { 'Content-Type': 'application/json', ...CALL_HEADERS },
      signal: abort.signal,
    }).catch(() => {}));
  await until(async () => (await figures({ url })).chimera_tool_calls_in_flight === 128, '128 calls in flight');
  assert.equal((await page('/healthz', { url })).status, 200);
  const refused = await post(url, CALL('SELECT 1'), CALL_HEADERS);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  abort.abort();
  await Promise.all(calls);
});

// A Datadog agent's socket, and the lines it received.
async function startAgent() {
  const socket = createSocket('udp4');
  const lines = [];
  let largest = 0;
  socket.on('message', (datagram) => {
    largest = Math.max(largest, datagram.length);
    lines.push(...datagram.toString().split('\n'));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, lines, largest: () => largest, port: String(socket.address().port) };
}

test('a Datadog agent receives the metrics of a stdio server', async () => {
  const agent = await startAgent();
  const env = { DD_AGENT_HOST: '127.0.0.1', DD_DOGSTATSD_PORT: agent.port, DD_ENV: 'test', DD_SERVICE: 'chimera' };
  const client = await sandbox.serve({ env });
  await client.answer('insert.episodes', { data: exampleRow('episodes') });
  await client.value('SELECT 1');
  await client.refusal('query', { sql: 'SELECT nothing' });
  await client.end();
  const received = (pattern) => agent.lines.some((line) => pattern.test(line));
  const tags = 'service:chimera,env:test';
  for (const expected of [
    new RegExp(`^muse\\.clickhouse\\.insert_success:1\\|c\\|#table:episodes,${tags}$`),
    new RegExp(`^muse\\.clickhouse\\.rows_inserted:1\\|c\\|#table:episodes,${tags}$`),
    new RegExp(`^muse\\.clickhouse\\.query_duration:[\\d.]+\\|h\\|#outcome:ok,${tags}$`),
    new RegExp(`^muse\\.clickhouse\\.query_duration:[\\d.]+\\|h\\|#outcome:unknown_column,${tags}$`),
    new RegExp(`^muse\\.clickhouse\\.connection_pool:\\d+\\|g\\|#state:in_use,${tags}$`),
  ]) {
    await until(() => received(expected), `${expected} in ${agent.lines.join('\n')}`);
  }
  assert.ok(agent.largest() <= 1432);
  agent.socket.close();
});

test('a failed insert is told to the agent, at the address of DD_DOGSTATSD_URL', async () => {
  const agent = await startAgent();
  const env = {
    CH_HOST: '127.0.0.1', CH_PORT: '1', CH_SECURE: 'false', CH_TIMEOUT: '5',
    DD_AGENT_HOST: 'agent.invalid', DD_DOGSTATSD_URL: `udp://127.0.0.1:${agent.port}`,
  };
  const client = await sandbox.serve({ env });
  await client.refusal('insert.episodes', { data: exampleRow('episodes') });
  const failed = /^muse\.clickhouse\.insert_error:1\|c\|#table:episodes,error:unavailable$/;
  await until(() => agent.lines.some((line) => failed.test(line)), `${failed} in ${agent.lines.join('\n')}`);
  await client.end();
  agent.socket.close();
  const refused = await sandbox.run(['serve'], { env: { DD_DOGSTATSD_URL: 'tcp://agent' } });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /DD_DOGSTATSD_URL=tcp:\/\/agent \(environment\) is not udp/);
});

test('the log says what was started, what failed and why, and the end', async () => {
  const client = await sandbox.serve();
  await client.refusal('query', { sql: 'SELECT nothing' });
  await client.end();
  assert.match(client.log, /info chimera-mcp \d\S*; database chimera_metrics on the embedded engine in .*; at most 10 conn/);
  assert.match(client.log, /tool=query outcome=error error=unknown_column query=[0-9a-f-]{36} ms=\d+ request=\d+ /);
  assert.match(client.log, /info ends: the client has left\n$/);
  assert.equal(client.log.trim().split('\n').length, 3, client.log);
});
