// Starts the embedded engine on a free TCP port and a data folder of its own, and makes certificates for it.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const BIN =
  process.env.CHIMERA_MCP_BIN || fileURLToPath(new URL('../../../build/release/chimera-mcp', import.meta.url));

// The engine takes the flags of `more` besides; `folder` and `port` are those of an engine before it.
export async function startEngine(more = [], { folder, port = 0 } = {}) {
  folder ??= await mkdtemp(path.join(tmpdir(), 'chimera-engine-'));
  const args = ['engine', '--listen', `127.0.0.1:${port}`, '--data', path.join(folder, 'data'), ...more];
  const engine = spawn(BIN, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(engine, 'exit');
  const url = await listeningUrl(engine);
  const end = async (signal) => {
    engine.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    url,
    folder,
    ended: exited.then(([code]) => code), // its exit code, once it has left
    port: Number(new URL(url).port),
    end,
    /** Ends it as an operator would and removes its folder; gives its exit code. */
    async stop() {
      const code = await end('SIGTERM');
      await rm(folder, { recursive: true });
      return code;
    },
  };
}

async function listeningUrl(engine) {
  const words = [];
  for await (const line of createInterface({ input: engine.stderr })) {
    words.push(line);
    const url = /listening on (https?:\S+)/.exec(line)?.[1];
    if (url) {
      engine.stderr.resume();
      return url;
    }
  }
  throw new Error(`the engine ended before it listened: ${words.join('\n')}`);
}

// An engine that is not expected to start, in a new folder or in one that is `taken`: its exit code and what it said.
export async function failingEngine(args, taken) {
  const folder = taken ?? (await mkdtemp(path.join(tmpdir(), 'chimera-engine-')));
  const engine = spawn(BIN, ['engine', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data'), ...args]);
  const [said, [code]] = await Promise.all([text(engine.stderr), once(engine, 'exit')]);
  if (!taken) await rm(folder, { recursive: true });
  return { code, said };
}

// A client of `engine` that prints no errors: here they are wanted.
export const clientOf = (engine, more = {}) =>
  createClient({ url: engine.url, log: { level: ClickHouseLogLevel.OFF }, ...more });

export const rowsOf = async (client, query, more = {}) =>
  (await client.query({ query, format: 'JSONEachRow', ...more })).json();

// Returns once `condition` holds; throws after `limitMs`.
export async function until(condition, what, limitMs = 10_000) {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(10)) {
    if (await condition()) return;
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}

// A certificate authority in a folder of its own.
export class Authority {
  constructor(folder) {
    this.folder = folder;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    this.openssl('req', '-x509', ...key, ...this.#files('ca'), '-days', '2', '-subj', '/CN=test authority');
  }

  static async create() {
    return new Authority(await mkdtemp(path.join(tmpdir(), 'chimera-tls-')));
  }

  openssl(...args) {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }

  #files(name) {
    return ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  }

  // A certificate for this machine's loopback addresses, signed by the authority: {cert, key}, paths.
  issue(name) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const signed = ['-x509', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2'];
    const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    this.openssl('req', ...signed, ...key, ...this.#files(name), ...names);
    return { cert: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
  }

  path(name) {
    return path.join(this.folder, name);
  }

  read(name) {
    return readFileSync(this.path(name));
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
