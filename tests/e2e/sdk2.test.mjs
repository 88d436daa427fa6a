// The official TypeScript SDK 2.x as the client, in both eras and over every transport of each.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';
import { checkClient } from './support/sdk_checks.mjs';

const TRANSPORTS = {
  stdio: ({ sandbox }) => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env, stderr: 'ignore' }),
  http: ({ url }) => new StreamableHTTPClientTransport(url),
  sse: ({ url }) => new SSEClientTransport(new URL('/sse', url)),
};
const CASES = [
  { mode: 'legacy', transports: ['stdio', 'http', 'sse'], era: 'legacy', version: '2025-11-25' },
  { mode: { pin: '2026-07-28' }, transports: ['stdio', 'http'], era: 'modern', version: '2026-07-28' },
  { mode: 'auto', transports: ['stdio', 'http'], era: 'modern', version: '2026-07-28' },
];

const server = {};
before(async () => {
  server.sandbox = await Sandbox.create();
  server.url = new URL((await server.sandbox.startHttp(['--demo'])).url);
});
after(() => server.sandbox.close());

function checkCase({ mode, era, version }, transport) {
  const client = new Client({ name: 'e2e', version: '2' }, { versionNegotiation: { mode } });
  const subject = { client, call: (params, options) => client.callTool(params, options) };
  before(async () => {
    subject.sandbox = server.sandbox;
    await client.connect(TRANSPORTS[transport](server));
  });
  after(() => client.close());

  test('agrees on the era', () => {
    assert.equal(client.getProtocolEra(), era);
    assert.equal(client.getNegotiatedProtocolVersion(), version);
    assert.equal(client.getServerVersion().name, 'chimera-mcp');
    assert.match(client.getInstructions(), /chimera_metrics/);
  });

  checkClient(subject);
}

// All at once: most of the time goes by in queries that wait.
describe('SDK 2', { concurrency: true }, () => {
  for (const one of CASES) {
    for (const transport of one.transports) {
      describe(`over ${transport}, ${one.mode.pin ?? one.mode}`, { concurrency: false }, () => checkCase(one, transport));
    }
  }
});
