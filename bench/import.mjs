// A million rows of CSV by `import`, beside the engine reading the same file itself.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, now } from './figures.mjs';

const ROWS = 1_000_000;
const RUNS = 3;
const MODELS = ['gpt-4', 'llama3.1:8b-instruct-q4_0', 'mixtral'];

// PostgreSQL's spelling; ids that differ in every row.
async function writeRows(path) {
  const file = createWriteStream(path);
  file.write('ts,run_id,source,model,operation,tokens_in,tokens_out,latency_ms,cost_usd,status,error_msg\n');
  const begin = Date.UTC(2025, 10, 1);
  for (let i = 0; i < ROWS; ++i) {
    const ts = new Date(begin + i * 1500).toISOString().replace('T', ' ').replace('Z', '+00');
    const id = `${(i * 2654435761 % 4294967296).toString(16).padStart(8, '0')}-1e66-4a17-8122-${i.toString(16).padStart(12, '0')}`;
    const line = `${ts},${id},council,${MODELS[i % 3]},"review, long",${100 + i % 5000},${i % 900},${i % 30000},`
      + `${i % 7}.${String(i % 1_000_000).padStart(6, '0')},${i % 9 ? 'success,' : 'failure,"no ""done"" in time"'}\n`;
    if (!file.write(line)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

async function startEngine(binary, folder) {
  const engine = spawn(binary, ['engine', '--data', join(folder, 'import-data'), '--listen', '127.0.0.1:0']);
  const url = await new Promise((resolve, reject) => {
    engine.stderr.on('data', (chunk) => {
      const found = /listening on (http:\S+)/.exec(chunk);
      if (found) resolve(found[1]);
    });
    engine.on('close', () => reject(new Error('the engine ended')));
  });
  return { engine, url };
}

async function send(url, query, body = '') {
  const reply = await fetch(`${url}?query=${encodeURIComponent(query)}&async_insert=0&date_time_input_format=best_effort`,
    { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } });
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
  return text;
}

export async function measureImport(figures, binary, folder) {
  const path = join(folder, 'million.csv');
  await writeRows(path);
  const bytes = readFileSync(path);
  const { engine, url } = await startEngine(binary, folder);
  const env = { ...process.env, CH_HOST: '127.0.0.1', CH_PORT: new URL(url).port, CH_SECURE: 'false' };
  const run = (args) => promisify(execFile)(binary, args, { env });
  try {
    await run(['schema', 'apply']);
    const empty = async () => {
      await send(url, 'CREATE OR REPLACE TABLE default.calls AS chimera_metrics.llm_events');
    };
    const alone = [];
    const imported = [];
    for (let i = 0; i < RUNS; ++i) {
      await empty();
      let start = now();
      await send(url, 'INSERT INTO default.calls FORMAT CSVWithNames', bytes);
      alone.push(now() - start);
      await empty();
      start = now();
      await run(['import', 'default.calls', path, '--again', String(i)]);
      imported.push(now() - start);
      const count = Number(await send(url, 'SELECT count() FROM default.calls'));
      if (count !== ROWS) throw new Error(`${count} rows were imported`);
    }
    const ratio = median(alone) / median(imported);
    figures.record('import of 1M rows of CSV: rate beside the engine reading the file itself', ratio, '×', { atLeast: 0.5 },
      { engine_ms: alone, import_ms: imported });
    figures.record('import of 1M rows of CSV (119 MB), median of 3', ROWS / median(imported) * 1000, 'rows/s');
  } finally {
    engine.kill();
  }
}
