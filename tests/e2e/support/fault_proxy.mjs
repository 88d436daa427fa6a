// A TCP proxy with faults. The fault can be changed at any time: open connections take the new one at once, and their
// byte counts begin again. A fault is an object, or a function that makes one for each connection:
//   {delayMs: 50}                        every piece waits that long, in order
//   {cut: {up: 100}} {cut: {down: 100}}  the connection ends once so many bytes went to the server, or to the client
//   {cut: …, reset: true}                … with RST instead of FIN
//   {halfClose: 100}                     the client gets FIN after so many bytes; what it sends is still taken
//   {blackHole: true}                    bytes are taken, nothing is passed on or answered
//   {flip: {up: 100}} {flip: {down: 100}}  the lowest bit of the byte at that offset is turned over
//   {drip: {bytes: 10, everyMs: 5}}      the client gets so many bytes at a time
//   {flip: …, once: true}                a cut, half-close or flip that strikes one connection only
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

function write(to, bytes) {
  if (bytes.length === 0 || to.writableEnded) return undefined;
  return new Promise((resolve, reject) => to.write(bytes, (error) => (error ? reject(error) : resolve())));
}

class Passage {
  constructor(proxy, client) {
    this.proxy = proxy;
    this.client = client;
    this.server = connect({ ...proxy.target, allowHalfOpen: true });
    this.take(proxy.fault);
    for (const socket of [this.client, this.server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.end());
    }
    this.#carry('up', this.client, this.server);
    this.#carry('down', this.server, this.client);
  }

  take(fault) {
    this.fault = (typeof fault === 'function' ? fault() : fault) ?? {};
    this.passed = { up: 0, down: 0 };
  }

  end(reset = false) {
    for (const socket of [this.client, this.server]) reset ? socket.resetAndDestroy() : socket.destroy();
    this.proxy.passages.delete(this);
  }

  async #carry(direction, from, to) {
    try {
      for await (const bytes of from.iterator({ destroyOnReturn: false })) await this.#pass(direction, bytes, to);
      if (this.fault.blackHole || to.readableEnded) this.end();
      else to.end();
    } catch {
      this.end();
    }
  }

  async #pass(direction, bytes, to) {
    const { delayMs, drip } = this.fault;
    if (delayMs) await sleep(delayMs);
    const size = drip && direction === 'down' ? drip.bytes : bytes.length;
    for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
      if (size < bytes.length) await sleep(drip.everyMs);
      await this.#passPiece(direction, bytes.subarray(at, at + size), to);
    }
  }

  async #passPiece(direction, bytes, to) {
    const { blackHole, cut, flip, halfClose, reset } = this.fault;
    if (blackHole) return;
    const start = this.passed[direction];
    this.passed[direction] += bytes.length;
    this.#flip(bytes, (flip?.[direction] ?? Infinity) - start);
    const limit = (direction === 'down' ? (cut?.down ?? halfClose) : cut?.up) ?? Infinity;
    if (start + bytes.length < limit || !this.#strike()) return void (await write(to, bytes));
    await write(to, bytes.subarray(0, Math.max(limit - start, 0)));
    if (cut) this.end(reset);
    else to.end();
  }

  #flip(bytes, at) {
    if (at >= 0 && at < bytes.length && this.#strike()) bytes[at] ^= 1;
  }

  // Whether the fault happens here and now.
  #strike() {
    if (this.fault.once && this.fault.spent) return false;
    this.fault.spent = true;
    ++this.proxy.struck;
    return true;
  }
}

export class FaultProxy {
  // Listens on a free port of 127.0.0.1 and connects to `target`, {host, port}.
  static async start(target, fault = {}) {
    const proxy = new FaultProxy(target, fault);
    await proxy.accept();
    return proxy;
  }

  constructor(target, fault) {
    this.target = target;
    this.fault = fault;
    this.port = 0;
    this.accepted = 0; // connections so far
    this.struck = 0; // how often a cut, a half-close or a flip happened
    this.passages = new Set(); // open connections
  }

  use(fault) {
    this.fault = fault;
    for (const passage of this.passages) passage.take(fault);
  }

  // Listens (again), on the same port as before.
  async accept() {
    this.listener = createServer({ allowHalfOpen: true }, (socket) => {
      ++this.accepted;
      this.passages.add(new Passage(this, socket));
    });
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
    this.port = this.listener.address().port;
  }

  // Ends every connection.
  drop(reset = false) {
    for (const passage of this.passages) passage.end(reset);
  }

  // Ends every connection and closes the port, until `accept`.
  async refuse() {
    if (!this.listener.listening) return;
    const closed = once(this.listener, 'close');
    this.listener.close();
    this.drop();
    await closed;
  }

  close() {
    return this.refuse();
  }
}
