import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import type { KeyPair } from '../certificates/certificates.ts';
import { createHandler, type HandlerOptions } from './handler.ts';

export interface ServerOptions extends HandlerOptions {
  readonly certificate: KeyPair;
}

/** The HTTPS server of one node. */
export interface ApiServer {
  /** Resolves with the port. Does nothing when it listens already. */
  listen(port: number, host: string): Promise<number>;
  /** Cuts all connections and listens no more; may be started again. */
  close(): Promise<void>;
}

const IDLE_MS = 5_000;

export function createApiServer(options: ServerOptions): ApiServer {
  let running: { readonly server: Server; readonly stopped: AbortController } | undefined;
  return {
    listen(port, host) {
      if (running) return Promise.resolve((running.server.address() as AddressInfo).port);
      const stopped = new AbortController();
      const handle = createHandler(options, stopped.signal);
      const server = createServer(
        { key: options.certificate.key, cert: options.certificate.certificate },
        (request, response) => void handle(request, response),
      );
      // Idle connections end after 5 s without a word (docs/proxmox-api.md §1.8).
      server.keepAliveTimeout = IDLE_MS;
      server.keepAliveTimeoutBuffer = 0;
      server.on('connection', (socket: Socket) => {
        options.settle();
        if (!options.context.localNode.online) socket.destroy();
      });
      running = { server, stopped };
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      });
    },
    async close() {
      if (!running) return;
      const { server, stopped } = running;
      running = undefined;
      stopped.abort(new Error('the simulator was stopped'));
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
