// A ClickHouse that is not the product's own: the engine as a process of its own behind TCP, by TLS unless told
// otherwise, with an account. It can be killed and started again on the same port and data.
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ended } from './processes.mjs';
import { BIN } from './product.mjs';

const USER = 'agent';
const PASSWORD = 'correct-horse-9';

// Files of a self-signed certificate for 127.0.0.1 and localhost, which is its own authority.
export async function makeCertificate(sandbox, folder) {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { code, stderr } = await sandbox.runProgram('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-out', cert, '-keyout', key],
  ]);
  if (code !== 0) throw new Error(`openssl: ${stderr}`);
  return { cert, key };
}

// The port that an engine says it listens on.
export function announcedPort(engine) {
  return new Promise((resolve, reject) => {
    let said = '';
    engine.stderr.on('data', (chunk) => {
      said += chunk;
      const found = said.match(/listening on https?:\/\/127\.0\.0\.1:(\d+)/);
      if (found) resolve(Number(found[1]));
    });
    engine.on('close', () => reject(new Error(`the engine ended: ${said}`)));
  });
}

export class RemoteEngine {
  // `users`: more accounts, as `engine --user` takes them.
  static async start(sandbox, { secure = true, name = 'remote', users = [] } = {}) {
    const folder = join(sandbox.folder, name);
    await mkdir(folder);
    const files = secure ? await makeCertificate(sandbox, folder) : null;
    const engine = new RemoteEngine(sandbox, folder, files, users);
    await engine.restart();
    return engine;
  }

  constructor(sandbox, folder, files, users) {
    this.sandbox = sandbox;
    this.folder = folder;
    this.files = files;
    this.users = [`${USER}:${PASSWORD}`, ...users];
    this.port = 0;
  }

  async restart() {
    const args = ['engine', '--data', join(this.folder, 'data'), '--listen', `127.0.0.1:${this.port}`];
    if (this.files) args.push('--tls-cert', this.files.cert, '--tls-key', this.files.key);
    this.child = this.sandbox.spawn(BIN, [...args, ...this.users.flatMap((user) => ['--user', user])]);
    this.port = await announcedPort(this.child);
  }

  async kill() {
    this.child.kill('SIGKILL');
    await ended(this.child.pid);
  }

  // The environment of a product that uses this engine, through a proxy's port perhaps.
  settings({ port = this.port, ...more } = {}) {
    return {
      CH_HOST: '127.0.0.1',
      CH_PORT: String(port),
      CH_SECURE: this.files ? 'true' : 'false',
      ...(this.files && { CH_CA_FILE: this.files.cert }),
      CH_USERNAME: USER,
      CH_PASSWORD: PASSWORD,
      CH_TIMEOUT: '10',
      ...more,
    };
  }

  async applySchema() {
    const { code, stderr } = await this.sandbox.run(['schema', 'apply'], { env: this.settings() });
    if (code !== 0) throw new Error(`schema apply: ${stderr}`);
  }

  // What it answers to `sql`, past the product and every proxy.
  async ask(sql, database = 'chimera_metrics') {
    const options = {
      host: '127.0.0.1',
      port: this.port,
      path: `/?database=${database}`,
      method: 'POST',
      agent: false,
      headers: { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD },
      ...(this.files && { ca: await readFile(this.files.cert) }),
    };
    const request = (this.files ? https : http).request(options);
    request.end(sql);
    const [response] = await once(request, 'response');
    const answer = await text(response);
    if (response.statusCode !== 200) throw new Error(answer);
    return answer.trimEnd();
  }
}
