// A minimal MCP client over stdio: just enough to time the server without measuring a client library. A reply counts when
// its last byte is here; it is parsed afterwards.
import { spawn } from 'node:child_process';
import { checked, INITIALIZE } from './messages.mjs';

const LINE_END = 10;

export class StdioClient {
  #waiting = new Map();
  #nextId = 1;
  #pieces = []; // of the line that is coming in

  constructor(binary, env) {
    this.process = spawn(binary, ['serve'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.process.stdout.on('data', (bytes) => this.#take(bytes));
  }

  #take(bytes) {
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END)) {
      this.#pieces.push(bytes.subarray(0, end));
      this.#finish(Buffer.concat(this.#pieces.splice(0)));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > 0) this.#pieces.push(bytes);
  }

  #finish(line) {
    const early = /^\{(?:"jsonrpc":"2.0",)?"id":(\d+)/.exec(line.toString('latin1', 0, 60)); // without parsing megabytes
    const id = early ? Number(early[1]) : JSON.parse(line).id;
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (done) done(line);
  }

  // The reply's bytes. `params` may be JSON text already.
  send(method, params) {
    const id = this.#nextId++;
    const text = typeof params === 'string' ? params : JSON.stringify(params);
    const reply = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.process.stdin.write(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${text}}\n`);
    this.lastId = id;
    return reply;
  }

  async notify(method, params = {}) {
    this.process.stdin.write(JSON.stringify({ jsonrpc: '2.0', method, params }) + '\n');
  }

  async request(method, params) {
    return JSON.parse(await this.send(method, params));
  }

  async initialize() {
    const reply = await this.request('initialize', INITIALIZE);
    await this.notify('notifications/initialized');
    return reply;
  }

  async call(name, args) {
    return checked(name, await this.send('tools/call', { name, arguments: args }));
  }

  async close() {
    const exited = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.stdin.end();
    await exited;
  }
}
