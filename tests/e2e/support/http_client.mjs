// A raw MCP client over Streamable HTTP, in a session.
import { INITIALIZE, ToolClient, VERSION } from './tool_client.mjs';

const REPLY_LIMIT_MS = 30_000;

export function post(url, body, headers = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(REPLY_LIMIT_MS),
  });
}

export class HttpClient extends ToolClient {
  static async connect(url, child) {
    const response = await post(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE });
    if (response.status !== 200) throw new Error(`initialize: ${response.status} ${await response.text()}`);
    const client = new HttpClient(url, child, response.headers.get('mcp-session-id'));
    client.server = (await response.json()).result;
    await client.notify('notifications/initialized');
    return client;
  }

  constructor(url, child, session) {
    super();
    this.url = url;
    this.child = child;
    this.session = session;
    this.headers = { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': VERSION };
    this.lastId = 0;
  }

  async notify(method, params = {}) {
    const response = await post(this.url, { jsonrpc: '2.0', method, params }, this.headers);
    if (response.status !== 202) throw new Error(`${method}: ${response.status} ${await response.text()}`);
  }

  async request(method, params = {}) {
    const id = ++this.lastId;
    const response = await post(this.url, { jsonrpc: '2.0', id, method, params }, this.headers);
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  }
}
