// A minimal MCP client over Streamable HTTP: one session, one keep-alive connection a caller.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { HttpConnection } from './http_connection.mjs';
import { checked, INITIALIZE, VERSION } from './messages.mjs';

const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

// {process, port} of a new server that logs to a file, as under a service manager: a log that this process read as it
// grows would be measured too.
export async function startHttpServer(binary, env, logFile) {
  const log = openSync(logFile, 'w');
  const child = spawn(binary, ['serve', '--http', '127.0.0.1:0'], { env, stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  for (;;) {
    const said = readFileSync(logFile, 'latin1');
    const found = said.match(/http:\/\/127\.0\.0\.1:(\d+)\/mcp/);
    if (found) return { process: child, port: Number(found[1]) };
    if (child.exitCode !== null) throw new Error(`serve --http ended: ${said}`);
    await setTimeout(5);
  }
}

export class McpHttpClient {
  #nextId = 1;

  // A caller with a connection of its own, in the session of `other` when one is given.
  static async open(port, other) {
    const client = new McpHttpClient(await HttpConnection.open({ port, headers: HEADERS }));
    client.session = other?.session ?? (await client.#initialize());
    return client;
  }

  constructor(connection) {
    this.connection = connection;
    this.name = randomUUID(); // a session's callers must not use the same ids
  }

  async #initialize() {
    const { headers } = await this.#post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE });
    this.session = headers['mcp-session-id'];
    await this.notify('notifications/initialized');
    return this.session;
  }

  #post(message) {
    const body = typeof message === 'string' ? message : JSON.stringify(message);
    const headers = this.session ? { 'Mcp-Session-Id': this.session, 'MCP-Protocol-Version': VERSION } : {};
    return this.connection.post('/mcp', body, headers);
  }

  // The reply's bytes. `params` may be JSON text already.
  async send(method, params) {
    this.lastId = `${this.name}-${this.#nextId++}`;
    const text = typeof params === 'string' ? params : JSON.stringify(params);
    const message = `{"jsonrpc":"2.0","id":"${this.lastId}","method":"${method}","params":${text}}`;
    return (await this.#post(message)).body;
  }

  notify(method, params = {}) {
    return this.#post({ jsonrpc: '2.0', method, params });
  }

  async call(name, args) {
    return checked(name, await this.send('tools/call', { name, arguments: args }));
  }

  close() {
    this.connection.close();
  }
}

// {send, leave}: a call of the revision without sessions, in which leaving cancels.
export async function statelessCall(port, params) {
  const version = '2026-07-28';
  const meta = { protocolVersion: version, clientInfo: INITIALIZE.clientInfo, clientCapabilities: {} };
  const _meta = Object.fromEntries(Object.entries(meta).map(([key, value]) => [`io.modelcontextprotocol/${key}`, value]));
  const headers = { ...HEADERS, 'MCP-Protocol-Version': version, 'Mcp-Method': 'tools/call', 'Mcp-Name': params.name };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...params, _meta } });
  const connection = await HttpConnection.open({ port, headers });
  return { send: () => connection.post('/mcp', body), leave: () => connection.close() };
}
