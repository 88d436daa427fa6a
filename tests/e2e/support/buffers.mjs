// The buffers that the tests of buffered writes run on.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './processes.mjs';

export const sqlite = {
  name: 'sqlite',
  start: async (sandbox) => ({ CHIMERA_BUFFER: `sqlite:${join(sandbox.folder, 'buffer/writes.sqlite')}` }),
};

// A server of its own that forces every write to its disk, as the documentation asks for.
export const redis = {
  name: 'redis',
  start: async (sandbox) => {
    const folder = join(sandbox.folder, 'redis');
    const socket = join(folder, 'redis.sock');
    await mkdir(folder);
    sandbox.spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', folder, '--appendonly', 'yes',
      '--appendfsync', 'always', '--save', '']);
    await until(() => existsSync(socket), 'Redis listens');
    return { CHIMERA_BUFFER: `redis+unix://${socket}` };
  },
};

export const BUFFERS = [sqlite, redis];
