// The read gate alone: gate-bench, which stands beside the binary, measures in its own process.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';

export function measureGate(figures, binary) {
  const measured = JSON.parse(execFileSync(join(dirname(binary), 'gate-bench'), { encoding: 'utf8' }));
  figures.record('read gate, a statement of 1 kB, median of 20,000', measured.kilobyte_us, 'µs', { atMost: 20 });
  figures.record(`read gate, a statement of ${Math.round(measured.longest_bytes / 1024)} kB, median of 50`,
    measured.longest_us / 1000, 'ms');
  figures.record('read gate, cost of a byte in the long one against the short one', measured.growth, 'times', { atMost: 2 });
}
