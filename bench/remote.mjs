// The modern engine as a remote ClickHouse: TLS and an account, on tables that the comparisons read.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, connect } from 'node:tls';
import { HttpConnection } from './http_connection.mjs';
import { StdioClient } from './stdio_client.mjs';

const USER = 'bench';
const PASSWORD = 'bench-9-password';
const HEADERS = { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD };

const TABLES = [
  `CREATE TABLE chimera_metrics.wide (id UInt32, at DateTime, host String, path String, status UInt16, bytes UInt32,
     seconds Float64, model LowCardinality(String), ok Bool, note String) ENGINE = MergeTree ORDER BY id`,
  `INSERT INTO chimera_metrics.wide SELECT number, toDateTime('2025-10-07 00:00:00') + number, concat('host-', number % 50),
     concat('/v1/items/', number), 200 + number % 5, number % 100000, number / 1000, concat('model-', number % 7),
     number % 3 = 0, hex(sipHash64(number)) FROM numbers(1000000)`,
  `CREATE TABLE chimera_metrics.tall (id UInt64, value UInt32) ENGINE = MergeTree ORDER BY id`,
  `INSERT INTO chimera_metrics.tall SELECT number, number % 1000 FROM numbers(10000000)`,
];

function makeCertificate(folder) {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-out', cert, '-keyout', key],
  ], { stdio: 'ignore' });
  return { cert, key };
}

function announcedPort(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = said.match(/listening on https:\/\/127\.0\.0\.1:(\d+)/);
      if (found) resolve(Number(found[1]));
    });
    child.on('exit', () => reject(new Error(`the engine ended: ${said}`)));
  });
}

export class Remote {
  static async start(binary, folder) {
    const home = join(folder, 'remote');
    mkdirSync(home);
    const remote = new Remote(binary, makeCertificate(home));
    const { cert, key } = remote.files;
    const args = ['engine', '--data', join(home, 'data'), '--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key];
    remote.process = spawn(binary, [...args, '--user', `${USER}:${PASSWORD}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    remote.port = await announcedPort(remote.process);
    execFileSync(binary, ['schema', 'apply'], { env: remote.environment(), stdio: 'ignore' });
    const connection = await remote.connect();
    for (const sql of TABLES) await remote.ask(connection, sql);
    connection.close();
    return remote;
  }

  constructor(binary, files) {
    this.binary = binary;
    this.files = files;
    this.ca = readFileSync(files.cert);
  }

  // The environment of a product that uses this engine.
  environment(port = this.port) {
    const kept = Object.entries(process.env).filter(([name]) => !/^(CH|CHIMERA)_/.test(name));
    return {
      ...Object.fromEntries(kept),
      CH_HOST: '127.0.0.1', CH_PORT: String(port), CH_SECURE: 'true', CH_CA_FILE: this.files.cert,
      CH_USERNAME: USER, CH_PASSWORD: PASSWORD,
    };
  }

  // A warm connection, straight to the engine.
  async connect() {
    const connection = await HttpConnection.open({ port: this.port, tls: { ca: this.ca }, headers: HEADERS });
    await this.ask(connection, 'SELECT 1');
    return connection;
  }

  async ask(connection, sql) {
    const { status, body } = await connection.post('/', sql);
    if (status !== 200) throw new Error(`${sql.slice(0, 80)}: ${body}`);
    return body.toString().trimEnd();
  }

  // {target, body}: the first request that the product makes for a tool call, so that the same can be sent directly.
  async requestOf(tool, args) {
    const tap = await Tap.start(this);
    const client = new StdioClient(this.binary, this.environment(tap.port));
    await client.initialize();
    await client.call('query', { sql: 'SELECT 1' }); // what is asked once a connection comes first
    tap.forget();
    await client.call(tool, args);
    await client.close();
    tap.close();
    return tap.firstRequest();
  }

  stop() {
    this.process.removeAllListeners('exit');
    this.process.kill('SIGKILL');
  }
}

// Between the product and the engine, to read what the product sends.
class Tap {
  static start(remote) {
    const { cert, key } = remote.files;
    const tap = new Tap(remote, { cert: readFileSync(cert), key: readFileSync(key) });
    return new Promise((resolve) => tap.server.listen(0, '127.0.0.1', () => resolve(tap)));
  }

  constructor(remote, identity) {
    this.pieces = [];
    this.server = createServer(identity, (client) => {
      const server = connect({ host: '127.0.0.1', port: remote.port, ca: remote.ca });
      for (const socket of [client, server]) socket.on('error', () => {});
      client.on('data', (bytes) => this.pieces.push(bytes));
      client.pipe(server).pipe(client);
    });
  }

  get port() {
    return this.server.address().port;
  }

  forget() {
    this.pieces = [];
  }

  close() {
    this.server.close();
  }

  firstRequest() {
    const sent = Buffer.concat(this.pieces);
    const headEnd = sent.indexOf('\r\n\r\n');
    const head = sent.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)[1]);
    return { target: head.split(' ')[1], body: sent.subarray(headEnd + 4, headEnd + 4 + length) };
  }
}
