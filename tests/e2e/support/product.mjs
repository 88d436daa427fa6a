// The product under test: its binary, and sandboxes in which a test runs it. A sandbox has a data folder and a runtime
// folder of its own, and takes every process with it when it closes, engines included.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { HttpClient } from './http_client.mjs';
import { ended, enginesOf, until } from './processes.mjs';
import { StdioClient } from './stdio_client.mjs';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const BIN = resolve(process.env.CHIMERA_MCP_BIN || join(ROOT, 'build/release/chimera-mcp'));

const COMMAND_LIMIT_MS = 60_000;
const SERVER_CONFIGURATION = /^(CH|CHIMERA|DD)_/;

function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !SERVER_CONFIGURATION.test(name));
  const libchdb = process.env.CHIMERA_LIBCHDB ? { CHIMERA_LIBCHDB: process.env.CHIMERA_LIBCHDB } : {};
  return { ...Object.fromEntries(kept), ...libchdb };
}

export class Sandbox {
  static async create(env = {}) {
    if (!existsSync(BIN)) throw new Error(`${BIN} is missing: build it, or name it with CHIMERA_MCP_BIN`);
    const folder = await mkdtemp(join(tmpdir(), 'chimera-e2e-'));
    // Empty, so that no settings file of the machine or its user is read.
    await mkdir(join(folder, 'config/chimera-mcp'), { recursive: true });
    await writeFile(join(folder, 'config/chimera-mcp/chimera-mcp.conf'), '');
    return new Sandbox(folder, env);
  }

  constructor(folder, env) {
    this.folder = folder;
    this.dataDir = join(folder, 'data');
    this.children = [];
    this.env = {
      ...cleanEnvironment(),
      CHIMERA_DATA_DIR: this.dataDir,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_RUNTIME_DIR: join(folder, 'run'),
      CHIMERA_ENGINE_IDLE: '30', // should a test be killed before it closes the sandbox
      ...env,
    };
  }

  // Starts `command` without waiting for its end.
  spawn(command, args, { env = {}, cwd = ROOT } = {}) {
    const child = spawn(command, args, { cwd, env: { ...this.env, ...env } });
    child.stdin.on('error', () => {}); // it may end before it has read everything
    this.children.push(child);
    return child;
  }

  // Runs `command` to its end.
  async runProgram(command, args, options = {}) {
    const child = this.spawn(command, args, options);
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    child.stdin.end(options.input ?? '');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    clearTimeout(timer);
    return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
  }

  run(args, options) {
    return this.runProgram(BIN, args, options);
  }

  async loadDemo() {
    const { code, stderr } = await this.run(['demo', 'load']);
    if (code !== 0) throw new Error(`demo load failed: ${stderr}`);
  }

  // A stdio server with an initialized session.
  async serve(options) {
    const client = new StdioClient(this.spawn(BIN, ['serve'], options));
    await client.initialize();
    return client;
  }

  // The URL of a new HTTP server, and its process.
  async startHttp(args = [], { address = '127.0.0.1:0', ...options } = {}) {
    const child = this.spawn(BIN, ['serve', '--http', address, ...args], options);
    const url = await new Promise((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
        const found = said.match(/https?:\/\/\S+\/mcp/);
        if (found) resolve(found[0]);
      });
      child.on('close', () => reject(new Error(`serve --http ended: ${said}`)));
    });
    return { url, child };
  }

  async serveHttp(args, options) {
    const { url, child } = await this.startHttp(args, options);
    return HttpClient.connect(url, child);
  }

  engines() {
    return enginesOf(this.dataDir);
  }

  // The engine, once those that lost the race for the folder have left.
  async oneEngine() {
    await until(() => this.engines().length === 1, 'one engine is left');
    return this.engines()[0];
  }

  async close() {
    const running = this.children.filter((child) => child.exitCode === null && child.signalCode === null);
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map((child) => ended(child.pid)));
    await this.stopEngines('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async stopEngines(signal = 'SIGTERM') {
    for (const { pid } of this.engines()) {
      process.kill(pid, signal);
      await ended(pid);
    }
  }
}
