// The read budget: a statement that would read more is asked about first, where the client can ask its user.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { post } from './support/http_client.mjs';
import { askEngine } from './support/processes.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const BUDGET = 100_000;
const BIG = 'SELECT sum(n) FROM big';

let sandbox;
let url;
before(async () => {
  sandbox = await Sandbox.create({ CHIMERA_READ_BUDGET_ROWS: String(BUDGET) });
  ({ url } = await sandbox.startHttp(['--demo']));
  const { socket } = await sandbox.oneEngine();
  const make = (sql) => askEngine(socket, sql);
  await make('CREATE TABLE chimera_metrics.big (day Date, n UInt64) ENGINE = MergeTree PARTITION BY day ORDER BY n');
  await make("INSERT INTO chimera_metrics.big SELECT toDate('2026-01-01') + number % 2, number FROM numbers(1000000)");
});
after(() => sandbox.close());

const refusal = (result) => {
  assert.equal(result.isError, true, JSON.stringify(result));
  return result._meta['chimera/error'].code;
};

const TRANSPORTS = {
  stdio: () => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env }),
  http: () => new StreamableHTTPClientTransport(new URL(url)),
};

for (const [name, open] of Object.entries(TRANSPORTS)) {
  describe(`the SDK over ${name}`, () => {
    const client = new Client({ name: 'e2e', version: '1' }, { capabilities: { elicitation: {} } });
    const asked = [];
    let answer;
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params);
      return answer;
    });
    const query = (sql) => client.callTool({ name: 'query', arguments: { sql } });

    before(() => client.connect(open()));
    after(() => client.close());

    test('yes: it runs', async () => {
      answer = { action: 'accept', content: { proceed: true } };
      const result = await query(BIG);
      assert.deepEqual(result.structuredContent.rows, [['499999500000']]);
      assert.equal(asked.length, 1);
      assert.match(asked[0].message, /about 1,000,000 rows \(1,000,000 rows in 2 parts of chimera_metrics\.big\)/);
      assert.match(asked[0].message, /budget is 100,000 rows/);
      assert.match(asked[0].message, /sorted by \(n\) and partitioned by day/);
      assert.equal(asked[0].requestedSchema.properties.proceed.type, 'boolean');
    });

    for (const no of [{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { proceed: false } }]) {
      test(`${JSON.stringify(no)}: it does not run, and the model hears why`, async () => {
        answer = no;
        const result = await query(BIG);
        assert.equal(refusal(result), 'declined');
        assert.match(result.content[0].text, /the user was asked/);
      });
    }

    test('what stays within the budget is not asked about', async () => {
      asked.length = 0;
      const cheap = ['SELECT count() FROM bench_runs WHERE latency_p95_ms > 0', 'SELECT n FROM big LIMIT 3'];
      for (const sql of [...cheap, 'SELECT sum(n) FROM big WHERE n < 100', 'SHOW TABLES', 'SELECT 1']) {
        assert.ok(!(await query(sql)).isError, sql);
      }
      assert.ok(!(await client.callTool({ name: 'get.data_freshness', arguments: {} })).isError);
      assert.equal(asked.length, 0);
    });

    test('neither joins, subqueries nor a LIMIT hide what is read, and typed tools ask, too', async () => {
      answer = { action: 'decline' };
      const costly = [
        'SELECT (SELECT sum(n) FROM big) AS s',
        'SELECT count() FROM bench_runs WHERE latency_p95_ms IN (SELECT n FROM big)',
        'SELECT sum(a.n) FROM big AS a JOIN big AS b ON a.n = b.n LIMIT 5',
        'SELECT sum(n) FROM big WHERE n % 1000003 = 1000002 LIMIT 1',
      ];
      for (const sql of costly) assert.equal(refusal(await query(sql)), 'declined', sql);
      const aggregate = { table: 'big', metrics: [{ column: 'n', function: 'sum' }] };
      assert.equal(refusal(await client.callTool({ name: 'query.aggregate', arguments: aggregate })), 'declined');
    });

    test('a statement that is wrong says so itself', async () => {
      asked.length = 0;
      assert.equal(refusal(await query('SELECT nope FROM big')), 'unknown_column');
      assert.equal(asked.length, 0);
    });
  });
}

test('who cannot be asked gets the estimate and what would read less', async () => {
  const client = await sandbox.serve();
  const text = await client.refusal('query', { sql: BIG });
  assert.match(text, /^over_budget: the statement would read about 1,000,000 rows/);
  assert.match(text, /Hint: restrict .*partitioned by day.*CHIMERA_READ_BUDGET_ROWS/);
});

test('without a session: the question is the result, and the answer counts for its statement only', async () => {
  const call = async (sql, more = {}) => {
    const params = {
      name: 'query',
      arguments: { sql },
      ...more,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
      },
    };
    const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'query' };
    const response = await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, headers);
    assert.match(response.headers.get('content-type'), /^application\/json/);
    return response.json();
  };
  const { result } = await call(BIG);
  assert.equal(result.resultType, 'input_required');
  assert.equal(result.inputRequests.proceed.method, 'elicitation/create');
  const { requestState } = result;
  const yes = { inputResponses: { proceed: { action: 'accept', content: { proceed: true } } }, requestState };
  assert.deepEqual((await call(BIG, yes)).result.structuredContent.rows, [['499999500000']]);
  assert.equal((await call('SELECT avg(n) FROM big', yes)).error.code, -32602);
  const no = { inputResponses: { proceed: { action: 'decline' } }, requestState };
  assert.equal(refusal((await call(BIG, no)).result), 'declined');
});
