// A minimal MCP client over stdio: just enough to time the server without measuring a client library.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class StdioClient {
  #waiting = new Map();
  #nextId = 1;

  constructor(binary, env) {
    this.process = spawn(binary, ['serve'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    createInterface({ input: this.process.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  #take(message) {
    const done = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (done) done(message);
  }

  request(method, params) {
    const id = this.#nextId++;
    const reply = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.process.stdin.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }) + '\n');
    return reply;
  }

  async initialize() {
    const reply = await this.request('initialize', {
      protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' },
    });
    this.process.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    return reply;
  }

  async call(name, args) {
    const reply = await this.request('tools/call', { name, arguments: args });
    if (reply.error || reply.result.isError) throw new Error(`${name}: ${JSON.stringify(reply)}`);
    return reply.result;
  }

  async close() {
    const exited = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.stdin.end();
    await exited;
  }
}
