// What the two raw clients have in common: calling tools over their `request`.
import assert from 'node:assert/strict';

export const VERSION = '2025-11-25';
export const INITIALIZE = {
  protocolVersion: VERSION,
  capabilities: {},
  clientInfo: { name: 'e2e', version: '1' },
};

export class ToolClient {
  // The whole result of tools/call.
  call(name, args) {
    return this.request('tools/call', { name, arguments: args });
  }

  // structuredContent of a call that must succeed.
  async answer(name, args) {
    const result = await this.call(name, args);
    assert.ok(!result.isError, `${name}: ${result.content?.[0].text}`);
    return result.structuredContent;
  }

  // The text of a call that must be refused as a result that a model can act on.
  async refusal(name, args) {
    const result = await this.call(name, args);
    assert.equal(result.isError, true, `${name} ${JSON.stringify(args)} should be refused: ${JSON.stringify(result)}`);
    assert.equal(result.structuredContent, undefined);
    assert.equal(typeof result._meta['chimera/error'].code, 'string');
    return result.content[0].text;
  }

  // The rows of a query that must succeed.
  async rows(sql, params) {
    return (await this.answer('query', params ? { sql, params } : { sql })).rows;
  }

  // The one value of a query; 64-bit integers arrive as text.
  async value(sql) {
    return (await this.rows(sql))[0][0];
  }
}
