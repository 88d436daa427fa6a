// A raw MCP client over a child's pipes: sends what it is told to, keeps every line that is no JSON object.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { INITIALIZE, ToolClient } from './tool_client.mjs';

const REPLY_LIMIT_MS = 30_000;

export class StdioClient extends ToolClient {
  constructor(child) {
    super();
    this.child = child;
    this.lastId = 0;
    this.waiting = new Map(); // id → {resolve, reject, timer}
    this.impure = [];
    this.unasked = []; // replies without a request of ours, such as errors with the id null
    this.log = '';
    child.stderr.on('data', (chunk) => (this.log += chunk));
    createInterface({ input: child.stdout }).on('line', (line) => this.take(line));
    child.on('close', () => this.fail(new Error(`the server ended: ${this.log}`)));
  }

  take(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      message = null;
    }
    if (message?.jsonrpc !== '2.0') return void this.impure.push(line);
    const waiter = this.waiting.get(message.id);
    if (!waiter) return void this.unasked.push(message);
    this.waiting.delete(message.id);
    clearTimeout(waiter.timer);
    waiter.resolve(message);
  }

  fail(error) {
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.waiting.clear();
  }

  sendLine(line) {
    this.child.stdin.write(line);
    this.child.stdin.write('\n');
  }

  notify(method, params = {}) {
    this.sendLine(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  // The reply to the request `id` that `line` carries, or a rejection when none comes.
  replyTo(id, line) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`no reply within ${REPLY_LIMIT_MS} ms to ${line.slice(0, 200)}; log: ${this.log}`));
      }, REPLY_LIMIT_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.sendLine(line);
    });
  }

  async request(method, params = {}) {
    const id = ++this.lastId;
    const { result, error } = await this.replyTo(id, JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  }

  async initialize() {
    this.server = await this.request('initialize', INITIALIZE);
    this.notify('notifications/initialized');
  }

  // Ends the input and returns the exit code.
  async end() {
    this.child.stdin.end();
    return this.exitCode();
  }

  async exitCode() {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}
