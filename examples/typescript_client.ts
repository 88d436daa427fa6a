// Talks to chimera-mcp over stdio with the official SDK. Node 22.18 or newer runs it as it is:
//   npm install --no-package-lock --prefix examples && node examples/typescript_client.ts [path of chimera-mcp]
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport, getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';

// The SDK hands the server only a few harmless variables; these two groups configure chimera-mcp.
const settings = Object.entries(process.env).filter(([name]) => /^(CHIMERA|CH|XDG)_/.test(name));
const transport = new StdioClientTransport({
  command: process.argv[2] ?? 'build/release/chimera-mcp',
  args: ['serve'],
  env: { ...getDefaultEnvironment(), ...Object.fromEntries(settings as [string, string][]) },
});
const client = new Client({ name: 'typescript', version: '1' });
await client.connect(transport);

const { tools } = await client.listTools();
console.log(`${tools.length} tools, such as ${tools[0].name}: ${tools[0].title}`);

// The SDK checks structuredContent against the tool's outputSchema.
const answer = await client.callTool({
  name: 'query.trend',
  arguments: { table: 'bench_runs', column: 'latency_p95_ms', days: 30 },
});
const [text] = answer.content as { text: string }[];
console.log(answer.isError ? `refused: ${text.text}` : (answer.structuredContent as { summary: string }).summary);

await client.close();
