// The official TypeScript SDK 1.x as the client, over every transport. It checks every structuredContent against the
// tool's outputSchema by itself.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { BIN, Sandbox } from './support/product.mjs';
import { checkClient } from './support/sdk_checks.mjs';

const TRANSPORTS = {
  stdio: ({ sandbox }) => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env, stderr: 'ignore' }),
  http: ({ url }) => new StreamableHTTPClientTransport(url),
  sse: ({ url }) => new SSEClientTransport(new URL('/sse', url)),
};

const server = {};
before(async () => {
  server.sandbox = await Sandbox.create();
  server.url = new URL((await server.sandbox.startHttp(['--demo'])).url);
});
after(() => server.sandbox.close());

for (const [name, open] of Object.entries(TRANSPORTS)) {
  describe(`SDK over ${name}`, () => {
    const client = new Client({ name: 'e2e', version: '1' });
    const subject = { client, call: (params, options) => client.callTool(params, undefined, options) };
    let tools;

    before(async () => {
      subject.sandbox = server.sandbox;
      await client.connect(open(server));
      ({ tools } = await client.listTools());
    });
    after(() => client.close());

    test('introduces itself', () => {
      assert.equal(client.getServerVersion().name, 'chimera-mcp');
      assert.ok(client.getServerCapabilities().tools);
      assert.match(client.getInstructions(), /chimera_metrics/);
    });

    test('lists tools with all that each should have', () => {
      for (const tool of tools) {
        assert.ok(tool.title && tool.description.length > 40, tool.name);
        assert.equal(tool.inputSchema.type, 'object');
        assert.equal(tool.outputSchema.type, 'object');
        for (const refused of ['oneOf', 'anyOf', 'allOf']) assert.ok(!(refused in tool.inputSchema), tool.name);
        for (const hint of ['readOnlyHint', 'destructiveHint', 'openWorldHint']) {
          assert.equal(typeof tool.annotations[hint], 'boolean', `${tool.name} ${hint}`);
        }
        assert.equal(tool.annotations.readOnlyHint, !tool.name.startsWith('insert.'), tool.name);
      }
    });

    test('lists them in what a model can afford to read', () => {
      assert.ok(JSON.stringify(tools).length < 9_000 * 4, `${JSON.stringify(tools).length} characters`);
    });

    for (const [tool, args] of Object.entries(GOOD_ARGUMENTS)) {
      test(`${tool} answers`, async () => {
        const result = await client.callTool({ name: tool, arguments: args });
        assert.ok(!result.isError, result.content[0].text);
        assert.ok(Object.keys(result.structuredContent).length > 0);
        assert.ok(result.content[0].text.length > 0);
      });
    }

    checkClient(subject);

    test('a cancelled call is an error to its caller alone, and the next call works', async () => {
      const errors = [];
      client.onerror = (error) => errors.push(error);
      const sql = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))';
      const call = { name: 'query', arguments: { sql, timeout_seconds: 30 } };
      await assert.rejects(client.callTool(call, undefined, { signal: AbortSignal.timeout(500) }));
      const answer = await client.callTool({ name: 'query', arguments: { sql: 'SELECT 1' } });
      assert.equal(Number(answer.structuredContent.rows[0][0]), 1);
      assert.deepEqual(errors, []);
    });
  });
}
