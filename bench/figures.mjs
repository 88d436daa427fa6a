// The figures of a run: what was measured, against what target. Printed as a table, kept as JSON.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export const now = () => performance.now();

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export function quantile(values, level) {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * level))];
}

// The milliseconds of `times` runs of `work`, one after the other.
export async function timed(times, work) {
  const values = [];
  for (let i = 0; i < times; ++i) {
    const start = now();
    await work(i);
    values.push(now() - start);
  }
  return values;
}

// A line of /proc/PID/status such as VmRSS or VmHWM, in MB.
export function memoryMb(pid, line) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)[1]) / 1024;
}

export class Figures {
  constructor() {
    this.rows = [];
  }

  // `target`: {atMost} or {atLeast}; without one the figure is for information. `detail` goes into the JSON only.
  record(figure, value, unit, target = {}, detail = {}) {
    const { atMost = Infinity, atLeast = -Infinity } = target;
    const measured = Number(value.toPrecision(4));
    this.rows.push({ figure, ...target, measured, unit, ok: measured <= atMost && measured >= atLeast, ...detail });
  }

  get allMet() {
    return this.rows.every(({ ok }) => ok);
  }

  print() {
    const cells = this.rows.map(({ figure, atMost, atLeast, measured, unit, ok }) => {
      const target = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : '';
      return [figure, target, String(measured), unit, target === '' ? '' : ok ? 'met' : 'MISSED'];
    });
    cells.unshift(['figure', 'target', 'measured', 'unit', 'verdict']);
    const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
    const isNumber = (i) => i === 1 || i === 2;
    for (const row of cells) {
      const padded = row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
      console.log(padded.join('  ').trimEnd());
    }
  }

  save(path) {
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, JSON.stringify(this.rows, null, 2) + '\n');
  }
}
