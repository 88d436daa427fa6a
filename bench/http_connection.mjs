// One keep-alive HTTP/1.1 connection, plain or TLS, that posts and waits: as little as a client can do, so that neither
// side of a comparison pays for a client library. One request at a time; the answer is whole when its last byte is here.
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

export class HttpConnection {
  // `tls`: options of tls.connect, or null. `headers` go with every request.
  static async open({ port, tls = null, headers = {} }) {
    const connection = new HttpConnection(port, tls, { Host: `127.0.0.1:${port}`, ...headers });
    await connection.#connect();
    return connection;
  }

  constructor(port, tls, headers) {
    this.port = port;
    this.tls = tls;
    this.headers = lines(headers);
  }

  async #connect() {
    const where = { host: '127.0.0.1', port: this.port };
    const socket = this.tls ? connectTls({ ...where, ...this.tls }) : connect(where);
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    this.socket = socket;
    this.rest = Buffer.alloc(0);
    await once(socket, this.tls ? 'secureConnect' : 'connect');
  }

  #fail(error) {
    const { waiting } = this;
    this.waiting = null;
    waiting?.reject(error);
  }

  // {status, headers, trailers, body}: header names in lower case, the body a Buffer. Connects again when the server has
  // ended an idle connection.
  async post(target, body, headers = {}) {
    if (this.socket.readableEnded || this.socket.destroyed) await this.#connect();
    const bytes = Buffer.from(body);
    this.reply = { head: null, pieces: [], left: 0, chunked: false, trailers: {} };
    const answer = new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
    const length = `Content-Length: ${bytes.length}\r\n\r\n`;
    this.socket.cork();
    this.socket.write(`POST ${target} HTTP/1.1\r\n${this.headers}${lines(headers)}${length}`);
    this.socket.write(bytes);
    this.socket.uncork();
    return answer;
  }

  close() {
    this.waiting = null;
    this.socket.destroy();
  }

  #take(bytes) {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, bytes]) : bytes;
    while (this.waiting && this.#advance());
  }

  // Takes the next part of the reply out of `rest`; false when it is not all there yet.
  #advance() {
    const { reply } = this;
    if (!reply.head) return this.#takeHead();
    if (reply.left > 0) return this.#takeBody();
    if (!reply.chunked || reply.last) return this.#finish();
    return this.#takeChunkSize();
  }

  #line(separator) {
    const end = this.rest.indexOf(separator);
    if (end < 0) return null;
    const line = this.rest.toString('latin1', 0, end);
    this.rest = this.rest.subarray(end + separator.length);
    return line;
  }

  #takeHead() {
    const text = this.#line('\r\n\r\n');
    if (text === null) return false;
    const [status, ...fields] = text.split('\r\n');
    this.reply.head = { status: Number(status.split(' ')[1]), headers: fieldsOf(fields) };
    this.reply.chunked = this.reply.head.headers['transfer-encoding'] === 'chunked';
    this.reply.left = Number(this.reply.head.headers['content-length'] ?? 0);
    return true;
  }

  #takeBody() {
    if (this.rest.length === 0) return false;
    const piece = this.rest.subarray(0, this.reply.left);
    this.reply.pieces.push(piece);
    this.reply.left -= piece.length;
    this.rest = this.rest.subarray(piece.length);
    return true;
  }

  #takeChunkSize() {
    if (this.reply.pieces.length > 0 && !this.reply.between) {
      if (this.#line('\r\n') === null) return false; // behind the chunk before
      this.reply.between = true;
    }
    const line = this.#line('\r\n');
    if (line === null) return false;
    this.reply.left = parseInt(line, 16);
    this.reply.between = false;
    this.reply.last = this.reply.left === 0;
    return true;
  }

  #finish() {
    const { head, pieces, chunked, trailers } = this.reply;
    while (chunked) {
      const line = this.#line('\r\n');
      if (line === null) return false;
      if (line === '') break;
      Object.assign(trailers, fieldsOf([line]));
    }
    const { resolve } = this.waiting;
    this.waiting = null;
    resolve({ ...head, trailers, body: Buffer.concat(pieces) });
    return false;
  }
}

function lines(headers) {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function fieldsOf(fields) {
  const split = (field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()];
  return Object.fromEntries(fields.map(split));
}
