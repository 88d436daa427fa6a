// Processes as /proc shows them: which engines serve a data folder, and whether one is still there.
import { readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it has just ended
  }
}

// [{pid, socket}] of the engine processes of `dataDir`.
export function enginesOf(dataDir) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: commandLine(name) }))
    .filter(({ words }) => words[1] === 'engine' && words.includes(dataDir))
    .map(({ pid, words }) => ({ pid, socket: words[words.indexOf('--socket') + 1] }));
}

function isRunning(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

// Returns once `condition` holds; throws after `limitMs`.
export async function until(condition, what, limitMs = 10_000) {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(20)) {
    if (await condition()) return;
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}

export function ended(pid, limitMs = 10_000) {
  return until(() => !isRunning(pid), `process ${pid} ends`, limitMs);
}

// What the engine behind `socket` answers to `sql`, past every tool and gate.
export async function askEngine(socket, sql) {
  const response = await new Promise((resolve, reject) => {
    request({ socketPath: socket, path: '/', method: 'POST' }, resolve).on('error', reject).end(sql);
  });
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(answer);
  return answer.trimEnd();
}
