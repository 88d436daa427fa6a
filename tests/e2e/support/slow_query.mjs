// Queries that would run for hours, and whether the engine still works on them.
import { askEngine, until } from './processes.mjs';

const SOON_MS = 10_000;
let marks = 0;

export class SlowQuery {
  // For the engine that listens on `socket`.
  constructor(socket) {
    this.socket = socket;
    this.mark = `mark_${process.pid}_${++marks}`;
    this.sql = `SELECT count() AS ${this.mark} FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))`;
    this.arguments = { sql: this.sql, timeout_seconds: 60 };
  }

  async isRunning() {
    const sql = `SELECT count() FROM system.processes WHERE query LIKE '%${this.mark}%' AND query NOT LIKE '%processes%'`;
    return Number(await askEngine(this.socket, sql)) > 0;
  }

  runs() {
    return until(() => this.isRunning(), `${this.mark} runs`);
  }

  isFreed() {
    return until(async () => !(await this.isRunning()), `${this.mark} is freed`, SOON_MS);
  }
}
