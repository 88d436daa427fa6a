// What the bench's MCP clients have in common.
export const VERSION = '2025-11-25';
export const INITIALIZE = { protocolVersion: VERSION, capabilities: {}, clientInfo: { name: 'bench', version: '1' } };

// The result of a call that must have worked.
export function checked(name, bytes) {
  const reply = JSON.parse(bytes);
  if (reply.error || reply.result.isError) throw new Error(`${name}: ${JSON.stringify(reply).slice(0, 500)}`);
  return reply.result;
}
