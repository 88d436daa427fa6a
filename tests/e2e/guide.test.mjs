// What clients can read before they call a tool, through the official SDK: resources, prompts, suggestions, the
// notification of a changed table, instructions and icon; and that all lists are the same in every process.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askEngine, until } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const TABLES = ['bench_runs', 'deployments', 'episodes', 'llm_events', 'session_stats', 'ui_events', 'watcher_runs'];
const BENCH_RUNS = 'clickhouse://chimera_metrics/bench_runs';
const TEMPLATE = { type: 'ref/resource', uri: 'clickhouse://{database}/{table}' };

// Repeats a change until it is told: one that comes before the server's first look goes unnoticed.
async function changeUntil(told, change) {
  for (let i = 0; i < 5 && !told(); ++i) {
    await change(i);
    await until(told, 'the change is told', 6_000).catch(() => {});
  }
  assert.ok(told(), 'no change was told');
}

const TRANSPORTS = {
  stdio: async (sandbox) => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env }),
  http: async (sandbox) => new StreamableHTTPClientTransport(new URL((await sandbox.startHttp()).url)),
};

for (const [name, open] of Object.entries(TRANSPORTS)) {
  describe(`over ${name}`, () => {
    const client = new Client({ name: 'e2e', version: '1' });
    const updated = [];
    let sandbox;

    const read = async (uri) => (await client.readResource({ uri })).contents[0].text;
    const fill = async (prompt, args) =>
      (await client.getPrompt({ name: prompt, arguments: args })).messages[0].content.text;
    const complete = async (ref, argument, value, args = {}) =>
      (await client.complete({ ref, argument: { name: argument, value }, context: { arguments: args } })).completion;

    before(async () => {
      sandbox = await Sandbox.create();
      await sandbox.loadDemo();
      await client.connect(await open(sandbox));
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated.push(params.uri));
    });
    after(async () => {
      await client.close();
      await sandbox.close();
    });

    test('says what it offers', () => {
      const { resources, prompts, completions } = client.getServerCapabilities();
      assert.deepEqual(resources, { subscribe: true, listChanged: false });
      assert.ok(prompts && completions);
    });

    test('teaches its use in under 200 words', () => {
      const instructions = client.getInstructions();
      const words = instructions.split(/\s+/).length;
      assert.ok(words > 50 && words < 200, `${words} words`);
      for (const told of ['list.tables', 'describe.table', 'query.aggregate', 'insert.*', 'clickhouse://{database}/{table}',
        'chimera://datasets/chimera_metrics']) assert.ok(instructions.includes(told), told);
    });

    test('has a small icon', () => {
      const [{ src, mimeType }] = client.getServerVersion().icons;
      assert.ok(src.length < 1024);
      assert.equal(mimeType, 'image/svg+xml');
      const drawing = Buffer.from(src.split('base64,')[1], 'base64').toString();
      assert.match(drawing, /^<svg xmlns='http:\/\/www.w3.org\/2000\/svg'.*<\/svg>$/);
    });

    test('lists the dataset and its tables', async () => {
      const { resources } = await client.listResources();
      assert.deepEqual(resources.map(({ uri }) => uri),
        ['chimera://datasets/chimera_metrics', ...TABLES.map((table) => `clickhouse://chimera_metrics/${table}`)]);
      for (const { title, description, mimeType } of resources) assert.ok(title && description && mimeType === 'text/markdown');
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), [TEMPLATE.uri]);
    });

    test('every resource that is listed can be read', async () => {
      const { resources } = await client.listResources();
      for (const { uri } of resources) assert.ok((await read(uri)).length > 500, uri);
    });

    test("a table's page has what a query needs", async () => {
      const page = await read(BENCH_RUNS);
      for (const part of ['# chimera_metrics.bench_runs\n', '- Engine: ReplacingMergeTree. ', 'FINAL', '- Size: 31 rows, ',
        '- Sorting key: model, quant, dataset, run_id\n', '- Partition key: toDate(ts)\n', '- TTL: none', '- Times: `ts` from 20',
        "- `ts` DateTime64(3, 'UTC'): When the run finished, UTC.", 'DEFAULT 1.', '- Writes it: `insert.bench_runs`',
        '`get.correlation_data`']) assert.ok(page.includes(part), `${part} in:\n${page}`);
      assert.match(await read('clickhouse://chimera_metrics/episodes'), /`status` .* One of draft, published, failed\./);
      assert.match(await read('clickhouse://system/tables'), /^# system\.tables\n/);
    });

    test("the dataset's page has tables, tools, prompts and words", async () => {
      const page = await read('chimera://datasets/chimera_metrics');
      for (const part of ['- `bench_runs`: 31 rows; `ts` from', '- `get.trend_data`: Is a standard', '- `cost_review`: ',
        '- hearts: Banterhearts']) assert.ok(page.includes(part), `${part} in:\n${page}`);
    });

    test('what is not there, or must not be read, is no resource', async () => {
      for (const uri of ['clickhouse://chimera_metrics/nothing', 'clickhouse://system/query_log', 'clickhouse://nowhere/t',
        'clickhouse://chimera_metrics/bench_runs%27%20OR%201%3D1', 'file:///etc/passwd', 'chimera://datasets/other']) {
        await assert.rejects(client.readResource({ uri }), (error) => error.code === -32002 && error.message.includes(uri), uri);
      }
    });

    test('every prompt fills itself with live facts', async () => {
      const { prompts } = await client.listPrompts();
      assert.deepEqual(prompts.map((prompt) => prompt.name),
        ['correlation_window', 'cost_review', 'data_quality', 'latency_regression', 'write_query']);
      const given = { table: 'llm_events', question: 'Which model is the fastest?' };
      for (const prompt of prompts) {
        const needed = prompt.arguments.filter(({ required }) => required);
        const text = await fill(prompt.name, Object.fromEntries(needed.map((one) => [one.name, given[one.name]])));
        assert.match(text, /\d+ rows/, prompt.name);
        assert.match(text, /from 20\d\d-\d\d-\d\dT/, prompt.name);
        assert.match(text, /\nReport: /, prompt.name);
        assert.doesNotMatch(text, /\{\{|undefined|null/, prompt.name);
        assert.ok(text.length < 6000, `${prompt.name}: ${text.length}`);
      }
      assert.match(await fill('data_quality', { table: 'llm_events', column: 'cost_usd', days: '3' }),
        /of llm_events over the last 3 days; look hardest at cost_usd\.\n\n# chimera_metrics\.llm_events\n/);
    });

    test('a prompt says what is wrong with an argument', async () => {
      await assert.rejects(fill('data_quality', { table: 'llm_event' }), /-32602.*no table `llm_event`; did you mean `llm_events`/);
      await assert.rejects(fill('data_quality', { table: 'llm_events', column: 'cost' }), /-32602.*no column `cost`.*`cost_usd` \(/);
      await assert.rejects(fill('latency_regression', { metric: 'speed' }), /-32602.*there are latency_p50_ms/);
    });

    test('suggests databases, tables, columns, metrics, models and series', async () => {
      const prompt = (of) => ({ type: 'ref/prompt', name: of });
      assert.deepEqual((await complete(TEMPLATE, 'database', 'chim')).values, ['chimera_metrics']);
      assert.deepEqual(await complete(TEMPLATE, 'table', 'e', { database: 'chimera_metrics' }),
        { values: ['episodes', 'bench_runs', 'deployments', 'llm_events', 'session_stats', 'ui_events', 'watcher_runs'], total: 7,
          hasMore: false });
      assert.deepEqual((await complete(TEMPLATE, 'table', 'SETT', { database: 'system' })).values.slice(0, 1), ['settings']);
      assert.deepEqual((await complete(TEMPLATE, 'table', '', { database: 'nowhere' })).values, []);
      assert.deepEqual((await complete(prompt('data_quality'), 'table', 'llm')).values, ['llm_events']);
      assert.deepEqual((await complete(prompt('data_quality'), 'column', 'tok', { table: 'llm_events' })).values,
        ['tokens_in', 'tokens_out']);
      assert.deepEqual((await complete(prompt('latency_regression'), 'metric', 'error')).values, ['error_rate']);
      assert.deepEqual((await complete(prompt('latency_regression'), 'model', 'mis')).values, ['mistral:7b-instruct-q4_0']);
      assert.equal((await complete(prompt('latency_regression'), 'model', 'Q4_0')).total, 2);
      assert.deepEqual((await complete(prompt('cost_review'), 'series', '')).values, ['banterpacks', 'chimera']);
      await assert.rejects(complete(prompt('cost_review'), 'serie', ''), /-32602.*did you mean `series`/);
    });

    test('tells who watches a table that its schema has changed', async () => {
      await client.subscribeResource({ uri: BENCH_RUNS });
      await client.subscribeResource({ uri: 'chimera://datasets/chimera_metrics' });
      await client.subscribeResource({ uri: 'clickhouse://chimera_metrics/new_one' });
      const { socket } = await sandbox.oneEngine();
      const uris = () => [...new Set(updated)].sort();
      await changeUntil(() => uris().length === 2, (i) => askEngine(socket,
        `ALTER TABLE chimera_metrics.bench_runs ADD COLUMN note${i} String COMMENT 'For people'`));
      assert.deepEqual(uris(), ['chimera://datasets/chimera_metrics', BENCH_RUNS]);
      assert.match(await read(BENCH_RUNS), /- `note0` String: For people\./);
      updated.length = 0;
      await askEngine(socket, 'CREATE TABLE chimera_metrics.new_one (a UInt8) ENGINE = MergeTree ORDER BY a');
      await until(() => uris().length === 2, 'the new table is told', 30_000);
      assert.deepEqual(uris(), ['chimera://datasets/chimera_metrics', 'clickhouse://chimera_metrics/new_one']);
      for (const uri of [BENCH_RUNS, 'chimera://datasets/chimera_metrics', 'clickhouse://chimera_metrics/new_one']) {
        await client.unsubscribeResource({ uri });
      }
      await assert.rejects(client.subscribeResource({ uri: 'clickhouse://system/query_log' }), /-32002/);
    });
  });
}

describe('in every process', () => {
  let sandbox;
  before(async () => {
    sandbox = await Sandbox.create();
    await sandbox.loadDemo();
  });
  after(() => sandbox.close());

  test('the lists are the same, byte by byte', async () => {
    const lists = await Promise.all([1, 2].map(async () => {
      const client = await sandbox.serve();
      const lines = [];
      client.child.stdout.on('data', (chunk) => lines.push(chunk));
      for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) await client.request(method);
      return Buffer.concat(lines).toString();
    }));
    assert.ok(lists[0].length > 10_000);
    assert.equal(lists[0], lists[1]);
  });

  test('every text spells tools as they are listed', async () => {
    const client = await sandbox.serve({ env: { CHIMERA_TOOL_NAMES: 'underscore' } });
    const { tools } = await client.request('tools/list');
    const dotted = new RegExp(`\\b(${tools.map(({ name }) => name.replace('_', '\\.')).filter((name) => name.includes('.')).join('|')})\\b`);
    const { contents: [page] } = await client.request('resources/read', { uri: 'chimera://datasets/chimera_metrics' });
    const { messages: [message] } = await client.request('prompts/get', { name: 'cost_review', arguments: {} });
    for (const text of [client.server.instructions, page.text, message.content.text]) {
      assert.doesNotMatch(text, dotted);
      assert.doesNotMatch(text, /\b(get|insert|query|list)\.\*/);
      assert.match(text, /query_|get_/);
    }
  });

  test('a stateless client hears of changes on its stream, and gets -32602 for what is not there', async () => {
    const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } };
    const client = await sandbox.serve();
    await assert.rejects(client.request('resources/read', { uri: 'clickhouse://a/b', ...meta }), (error) => error.code === -32602);
    const read = await client.request('resources/read', { uri: BENCH_RUNS, ...meta });
    assert.ok(read.ttlMs > 0 && read.ttlMs <= 5000, `${read.ttlMs}`);
    client.sendLine(JSON.stringify({ jsonrpc: '2.0', id: 'w', method: 'subscriptions/listen',
      params: { notifications: { resourceSubscriptions: [BENCH_RUNS] }, ...meta } }));
    await until(() => client.unasked.length === 1, 'the acknowledgement');
    const { socket } = await sandbox.oneEngine();
    await changeUntil(() => client.unasked.length > 1, (i) => askEngine(socket,
      `ALTER TABLE chimera_metrics.bench_runs MODIFY COMMENT 'Runs ${i}'`));
    assert.equal(client.unasked[1].params.uri, BENCH_RUNS);
    assert.equal(client.unasked[1].params._meta['io.modelcontextprotocol/subscriptionId'], 'w');
  });

  test('without a database, a prompt is an error that says so', async () => {
    const client = await sandbox.serve({ env: { CH_HOST: '127.0.0.1', CH_PORT: '9', CH_SECURE: 'false', CH_RETRY_ATTEMPTS: '0' } });
    await assert.rejects(client.request('prompts/get', { name: 'cost_review', arguments: {} }),
      (error) => error.code === -32603 && /prompt `cost_review` needs live facts of the database: .*127\.0\.0\.1:9/.test(error.message));
    assert.equal((await client.request('prompts/list')).prompts.length, 5);
    await assert.rejects(client.request('resources/list'), /127\.0\.0\.1:9/);
  });
});
