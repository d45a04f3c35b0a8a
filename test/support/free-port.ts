import { once } from 'node:events';
import { createServer } from 'node:net';

// Below what kernels hand out to whoever wants any port (32768 and up on Linux, 49152 on others), so that nobody is given this
// one while a server that was stopped is to come back on it.
const LOWEST = 20_000;
const HIGHEST = 32_000;

const given = new Set<number>();

/**
 * A loopback port that nothing listened on a moment ago, and that this process gives nobody else: its owner may come back on it.
 * Another process may take it before the caller does, which is rare.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
