// Starts the embedded engine on a free TCP port and a data folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN =
  process.env.CHIMERA_MCP_BIN || fileURLToPath(new URL('../../../build/release/chimera-mcp', import.meta.url));

export async function startEngine() {
  const folder = await mkdtemp(path.join(tmpdir(), 'chimera-engine-'));
  const args = ['engine', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data')];
  const engine = spawn(BIN, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(engine, 'exit');
  return {
    url: await listeningUrl(engine),
    /** Ends it as an operator would; gives its exit code. */
    async stop() {
      engine.kill('SIGTERM');
      const [code] = await exited;
      await rm(folder, { recursive: true });
      return code;
    },
  };
}

async function listeningUrl(engine) {
  const words = [];
  for await (const line of createInterface({ input: engine.stderr })) {
    words.push(line);
    const url = /listening on (http:\S+)/.exec(line)?.[1];
    if (url) {
      engine.stderr.resume();
      return url;
    }
  }
  throw new Error(`the engine ended before it listened: ${words.join('\n')}`);
}
