// Telemetry whose every figure can be computed by hand, and what the dataset's files for other programs hold.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './product.mjs';

const FOLDER = join(ROOT, 'schema/transfer_telemetry');

export const fileOf = (path) => readFileSync(join(FOLDER, path), 'utf8');
export const alertNames = () => readdirSync(join(FOLDER, 'alerts')).flatMap((name) => name.match(/^(.*)\.sql$/)?.[1] ?? []);
export const statementOf = (alert) => fileOf(`alerts/${alert}.sql`).replace(/^--.*\n/gm, '').trim();

// A row of tcp_telemetry: what the tool's declaration requires, by its examples, and `more`.
export function measurement(more) {
  const { columns } = JSON.parse(fileOf('tools/insert.tcp_telemetry.json'));
  const example = Object.fromEntries(columns.filter((column) => column.default === undefined && !column.computed).map(({ name, example }) => [name, example]));
  return { ...example, ...more };
}

export function evaluation(more) {
  return { model_name: 'm', model_version: '1.0', prediction_accuracy: 0.9, mae: 10, rmse: 20, r2_score: 0.8, training_samples: 1000, inference_time_ms: 2, ...more };
}

const row = (agent_id, timestamp, transfer_id, throughput_mbps, bandwidth_mbps, latency_ms, packet_loss_rate, more) =>
  measurement({ agent_id, project_id: agent_id === 'b1' ? 'p2' : 'p1', timestamp, transfer_id, throughput_mbps, bandwidth_mbps, latency_ms, packet_loss_rate, ...more });

export const UNTIL = '2025-10-07T12:00:00Z';

// Of the 24 hours before UNTIL, five rows of a1 and one of b1; the first is just too old, the last just too new.
export const ROWS = [
  row('a1', '2025-10-06T11:59:59.999Z', 'tr-0', 999, 999, 999, 0.9),
  row('a1', '2025-10-07T10:00:05Z', 'tr-1', 100, 200, 10, 0.01),
  row('a1', '2025-10-07T10:00:35Z', 'tr-1', 200, 300, 20, 0.02, { optimization_applied: 'chunk', predicted_throughput: 180, actual_throughput: 200, improvement_percent: 10 }),
  row('b1', '2025-10-07T10:00:50Z', 'tr-9', 600, 700, 5, 0),
  row('a1', '2025-10-07T10:01:10Z', 'tr-2', 300, 400, 30, 0, { optimization_applied: 'chunk', predicted_throughput: 330, actual_throughput: 300 }),
  row('a1', '2025-10-07T11:30:00Z', 'tr-3', 400, 500, 40, 0.05, { optimization_applied: 'streams', predicted_throughput: 400, improvement_percent: 30 }),
  row('a1', '2025-10-07T11:59:59.999Z', 'tr-4', 150, 100, 50, 0.02, { predicted_throughput: 100, actual_throughput: 160 }),
  row('a1', '2025-10-07T12:00:00Z', 'tr-5', 888, 888, 888, 0.8),
];
