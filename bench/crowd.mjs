// Many clients at once: callers who all ask, with and without clients beside them that only listen. In rounds that
// alternate, on the embedded engine.
import { connect } from 'node:net';
import { join } from 'node:path';
import { median, memoryMb, now } from './figures.mjs';
import { McpHttpClient, startHttpServer } from './mcp_http_client.mjs';
import { checked } from './messages.mjs';

const ROUNDS = 5;
const STREAMS = 1000;
const CALLERS = 100;
const CALLS = 20; // of each caller in a round
const PARAMS = JSON.stringify({ name: 'query', arguments: { sql: 'SELECT 1' } });

// An event stream of a session of its own; resolves when its headers are here.
async function listenOn(port) {
  const client = await McpHttpClient.open(port);
  client.close();
  const socket = connect(port, '127.0.0.1');
  const head = ['GET /mcp HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Accept: text/event-stream', `Mcp-Session-Id: ${client.session}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const first = await new Promise((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('a stream was closed')));
  });
  if (!first.toString().startsWith('HTTP/1.1 200')) throw new Error(first.toString());
  return socket;
}

// The median time of a call when all callers ask at once.
async function askAll(callers) {
  const times = [];
  await Promise.all(callers.map(async (caller) => {
    for (let i = 0; i < CALLS; ++i) {
      const start = now();
      checked('query', await caller.send('tools/call', PARAMS));
      times.push(now() - start);
    }
  }));
  if (times.length !== CALLERS * CALLS) throw new Error('a call was not answered');
  return median(times);
}

export async function measureCrowd(figures, binary, folder) {
  const env = { ...process.env, CHIMERA_DATA_DIR: join(folder, 'crowd') };
  const server = await startHttpServer(binary, env, join(folder, 'crowd.log'));
  try {
    const first = await McpHttpClient.open(server.port);
    const callers = await Promise.all(Array.from({ length: CALLERS }, () => McpHttpClient.open(server.port, first)));
    await askAll(callers);
    const [alone, among] = [[], []];
    let peak = 0;
    for (let round = 0; round < ROUNDS; ++round) {
      alone.push(await askAll(callers));
      const streams = [];
      for (let i = 0; i < STREAMS; ++i) streams.push(await listenOn(server.port));
      among.push(await askAll(callers));
      peak = Math.max(peak, memoryMb(server.process.pid, 'VmRSS'));
      if (streams.some((socket) => socket.destroyed)) throw new Error('a stream was closed');
      for (const socket of streams) socket.destroy();
    }
    const detail = { alone, among };
    figures.record(`call of ${CALLERS} callers, median`, median(alone), 'ms', {}, detail);
    const figure = `the same beside ${STREAMS} idle event streams / without`;
    figures.record(figure, median(among) / median(alone), '×', { atMost: 1.5 }, detail);
    figures.record('server process, resident with them', peak, 'MB', { atMost: 150 });
  } finally {
    server.process.kill();
  }
}
