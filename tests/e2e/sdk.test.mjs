// The official TypeScript SDK as the client, over both transports. It checks every structuredContent against the
// tool's outputSchema by itself.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GOOD_ARGUMENTS } from './support/arguments.mjs';
import { BIN, Sandbox } from './support/product.mjs';

const TRANSPORTS = {
  stdio: async (sandbox) => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env }),
  http: async (sandbox) => new StreamableHTTPClientTransport(new URL((await sandbox.startHttp(['--demo'])).url)),
};

for (const [name, open] of Object.entries(TRANSPORTS)) {
  describe(`SDK over ${name}`, () => {
    const client = new Client({ name: 'e2e', version: '1' });
    let sandbox;
    let tools;

    before(async () => {
      sandbox = await Sandbox.create();
      await sandbox.loadDemo();
      await client.connect(await open(sandbox));
      ({ tools } = await client.listTools());
    });
    after(async () => {
      await client.close();
      await sandbox.close();
    });

    test('introduces itself', () => {
      assert.equal(client.getServerVersion().name, 'chimera-mcp');
      assert.ok(client.getServerCapabilities().tools);
      assert.match(client.getInstructions(), /chimera_metrics/);
    });

    test('lists exactly the known tools, each with all that it should have', () => {
      assert.deepEqual(tools.map((tool) => tool.name).sort(), Object.keys(GOOD_ARGUMENTS).sort());
      for (const tool of tools) {
        assert.ok(tool.title && tool.description.length > 40, tool.name);
        assert.equal(tool.inputSchema.type, 'object');
        assert.equal(tool.outputSchema.type, 'object');
        for (const refused of ['oneOf', 'anyOf', 'allOf']) assert.ok(!(refused in tool.inputSchema), tool.name);
        for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint']) {
          assert.equal(typeof tool.annotations[hint], 'boolean', `${tool.name} ${hint}`);
        }
        assert.equal(tool.annotations.readOnlyHint, !tool.name.startsWith('insert.'), tool.name);
      }
    });

    for (const [tool, args] of Object.entries(GOOD_ARGUMENTS)) {
      test(`${tool} answers`, async () => {
        const result = await client.callTool({ name: tool, arguments: args });
        assert.ok(!result.isError, result.content[0].text);
        assert.ok(Object.keys(result.structuredContent).length > 0);
        assert.ok(result.content[0].text.length > 0);
      });
    }

    test('a refusal is a result, and the next call works', async () => {
      const refused = await client.callTool({ name: 'query', arguments: { sql: 'SELECT nonsense FROM bench_runs' } });
      assert.equal(refused.isError, true);
      const answer = await client.callTool({ name: 'query', arguments: { sql: 'SELECT count() FROM bench_runs' } });
      assert.ok(Number(answer.structuredContent.rows[0][0]) >= 31);
    });

    test('an unknown tool is a protocol error that names the nearest one', async () => {
      await assert.rejects(client.callTool({ name: 'query.trends', arguments: {} }), /query\.trend/);
    });
  });
}
