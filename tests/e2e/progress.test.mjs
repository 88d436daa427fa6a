// Progress of a query while it runs, for who wants to know.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BIN, Sandbox } from './support/product.mjs';

// Reads 5 rows every 50 ms.
const ROWS = 150;
const SLOW = `SELECT sum(sleepEachRow(0.01)) FROM numbers(${ROWS}) SETTINGS max_block_size = 5`;

let sandbox;
let url;
before(async () => {
  sandbox = await Sandbox.create();
  ({ url } = await sandbox.startHttp(['--demo']));
});
after(() => sandbox.close());

const TRANSPORTS = {
  stdio: () => new StdioClientTransport({ command: BIN, args: ['serve'], env: sandbox.env }),
  http: () => new StreamableHTTPClientTransport(new URL(url)),
};

for (const [name, open] of Object.entries(TRANSPORTS)) {
  test(`over ${name}`, async () => {
    const client = new Client({ name: 'e2e', version: '1' });
    await client.connect(open());
    const told = [];
    const call = (sql) =>
      client.callTool({ name: 'query', arguments: { sql } }, undefined, { onprogress: (p) => told.push(p) });
    await call('SELECT 1');
    assert.equal(told.length, 0, 'a short query tells nothing');
    const result = await call(SLOW);
    assert.ok(!result.isError, result.content[0].text);
    assert.ok(told.length >= 2, JSON.stringify(told));
    told.forEach(({ progress, total, message }, i) => {
      assert.ok(progress > (i === 0 ? 0 : told[i - 1].progress), JSON.stringify(told));
      assert.equal(total, ROWS);
      assert.match(message, new RegExp(`^${progress} rows, [\\d.]+ k?B read$`));
    });
    const count = told.length;
    await call('SELECT 1');
    assert.equal(told.length, count, 'nothing comes late');
    await client.close();
  });
}
