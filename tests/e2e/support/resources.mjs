// What a process holds, as /proc tells it.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

// {files, sockets}: open descriptors, and how many sockets are behind them.
export function descriptorsOf(pid) {
  const names = readdirSync(`/proc/${pid}/fd`);
  const target = (name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return ''; // closed meanwhile
    }
  };
  const sockets = new Set(names.map(target).filter((path) => path.startsWith('socket:')));
  return { files: names.length, sockets: sockets.size };
}

export function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
