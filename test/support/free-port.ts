import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port that nothing listened on a moment ago. Another process may take it before the caller does; the
 * kernel hands out ports in a way that makes this rare.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
  return address.port;
}
