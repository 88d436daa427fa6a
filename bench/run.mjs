// The figures of docs/performance.md, measured in one run on fresh data folders. Prints a table and writes
// build/bench.json. BIN names another binary; arguments choose parts: `node bench/run.mjs beside`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureBeside } from './beside.mjs';
import { measureBuffer } from './buffer.mjs';
import { measureCrowd } from './crowd.mjs';
import { measureEmbedded } from './embedded.mjs';
import { Figures } from './figures.mjs';
import { measureGate } from './gate.mjs';
import { measureImport } from './import.mjs';
import { measureInfra } from './infra.mjs';
import { measureWebhook } from './webhook.mjs';

const PARTS = { embedded: measureEmbedded, beside: measureBeside, crowd: measureCrowd, gate: measureGate, infra: measureInfra,
  webhook: measureWebhook, import: measureImport, buffer: measureBuffer };

const binary = process.env.BIN ?? new URL('../build/release/chimera-mcp', import.meta.url).pathname;
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
const folder = mkdtempSync(join(tmpdir(), 'chimera-bench-'));
const figures = new Figures();
try {
  for (const part of chosen) await PARTS[part](figures, binary, folder);
  figures.print();
  figures.save(new URL('../build/bench.json', import.meta.url));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = figures.allMet ? 0 : 1;
