// A ClickHouse that grants what config/clickhouse/accounts.sql grants to one of its accounts; see account_engine.py.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './product.mjs';
import { ended } from './processes.mjs';

export const ACCOUNTS = join(ROOT, 'config/clickhouse/accounts.sql');
const LIBCHDB = process.env.CHIMERA_LIBCHDB || join(ROOT, 'third_party/chdb/libchdb.so');

export function accountStatements() {
  const text = readFileSync(ACCOUNTS, 'utf8').replace(/--.*/g, '');
  return text.split(';').map((part) => part.trim().replace(/\s+/g, ' ')).filter(Boolean);
}

export class AccountEngine {
  // `file`: another one than the product's.
  static async start(sandbox, account, file = ACCOUNTS) {
    const script = join(ROOT, 'tests/e2e/support/account_engine.py');
    const child = sandbox.spawn('python3', [script, LIBCHDB, file, account, join(sandbox.folder, 'accounts')]);
    const port = await new Promise((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (chunk) => { said += chunk; });
      child.stdout.once('data', (chunk) => resolve(Number(chunk)));
      child.once('close', () => reject(new Error(`no engine for ${account}: ${said}`)));
    });
    return new AccountEngine(child, port);
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
    this.env = { CH_HOST: '127.0.0.1', CH_PORT: String(port), CH_SECURE: 'false' };
  }

  // The code of the exception that `sql` ends in, 0 when it succeeds.
  async code(sql, parameters = {}) {
    const url = `http://127.0.0.1:${this.port}/?${new URLSearchParams(parameters)}`;
    const response = await fetch(url, { method: 'POST', body: sql });
    await response.text();
    return Number(response.headers.get('X-ClickHouse-Exception-Code') ?? 0);
  }

  async stop() {
    this.child.kill('SIGKILL');
    await ended(this.child.pid);
  }
}
