// Good arguments for every tool. Rows to insert are the examples that the dataset's own files state.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './product.mjs';

const TABLES = ['episodes', 'llm_events', 'ui_events', 'bench_runs', 'deployments', 'session_stats', 'watcher_runs'];

export function exampleRow(name, dataset = 'chimera_metrics') {
  const path = join(ROOT, `schema/${dataset}/tools/insert.${name}.json`);
  const { columns } = JSON.parse(readFileSync(path, 'utf8'));
  return Object.fromEntries(columns.map(({ name, example }) => [name, example]));
}

const insertArguments = TABLES.map((table) => [`insert.${table}`, { rows: [exampleRow(table)] }]);

export const GOOD_ARGUMENTS = {
  query: { sql: 'SELECT model, quant FROM bench_runs WHERE model != {not:String} LIMIT 3', params: { not: 'x' } },
  'query.aggregate': {
    table: 'llm_events',
    metrics: [{ function: 'count' }, { function: 'avg', column: 'latency_ms' }],
    group_by: ['model'],
    filters: [{ column: 'status', op: '=', value: 'success' }],
  },
  'query.correlation': {
    x: { table: 'bench_runs', column: 'latency_p95_ms', aggregate: 'avg' },
    y: { table: 'session_stats', column: 'avg_latency_ms', aggregate: 'avg' },
    days: 30,
  },
  'query.trend': { table: 'bench_runs', column: 'latency_p95_ms', aggregate: 'avg', bucket: 'day', days: 30 },
  'get.correlation_data': { days: 7 },
  'get.trend_data': { metric: 'latency_p95_ms', days: 30 },
  'get.performance_summary': { days: 30 },
  'get.quality_metrics': { days: 30 },
  'get.data_freshness': {},
  'list.databases': {},
  'list.tables': { database: 'chimera_metrics' },
  'describe.table': { table: 'bench_runs' },
  ...Object.fromEntries(insertArguments),
};
