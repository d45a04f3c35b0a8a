import { createServer as createPlainServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import type { KeyPair } from '../certificates/certificates.ts';
import { createHandler, type HandlerOptions } from './handler.ts';

export interface ServerOptions extends HandlerOptions {
  readonly certificate: KeyPair;
}

/** The server of one node: HTTPS, and on the same port a redirection to it for who forgot the S. */
export interface ApiServer {
  /** Resolves with the port. Does nothing when it listens already. */
  listen(port: number, host: string): Promise<number>;
  /** Cuts all connections and listens no more; may be started again. */
  close(): Promise<void>;
}

interface Running {
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  readonly stopped: AbortController;
}

const IDLE_MS = 5_000;
const LONGEST_HEAD_BYTES = 8 * 1024;
const TLS_HANDSHAKE = 0x16;

export function createApiServer(options: ServerOptions): ApiServer {
  let running: Running | undefined;
  return {
    listen(port, host) {
      running ??= start(options);
      const { server } = running;
      if (server.listening) return Promise.resolve((server.address() as AddressInfo).port);
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      });
    },
    async close() {
      if (!running) return;
      const { server, sockets, stopped } = running;
      running = undefined;
      stopped.abort(new Error('the simulator was stopped'));
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function start(options: ServerOptions): Running {
  const stopped = new AbortController();
  const sockets = new Set<Socket>();
  const handle = createHandler(options, stopped.signal);
  const secure = createSecureServer(
    {
      key: options.certificate.key,
      cert: options.certificate.certificate,
      maxHeaderSize: LONGEST_HEAD_BYTES,
      // Idle connections end after 5 s without a word (docs/proxmox-api.md §1.8).
      keepAliveTimeout: IDLE_MS,
      keepAliveTimeoutBuffer: 0,
    },
    (request, response) => void handle(request, response),
  );
  const plain = createPlainServer((request, response) => {
    const location = `https://${request.headers.host ?? ''}${request.url ?? '/'}`;
    response.writeHead(request.method === 'GET' ? 301 : 308, { Location: location, Connection: 'close' });
    response.end();
  });
  const server = createServer((socket) => {
    options.settle();
    if (!options.context.localNode.online) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) {
        // TLS takes over the socket beneath the stream, and on the next tick what was read of it.
        secure.emit('connection', socket);
        return;
      }
      plain.emit('connection', socket);
      socket.resume();
    });
  });
  return { server, sockets, stopped };
}
