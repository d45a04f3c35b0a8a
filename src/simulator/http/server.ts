import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { authenticate } from '../access/authentication.ts';
import type { KeyPair } from '../certificates/certificates.ts';
import { type Answer, failure, send, success } from './answer.ts';
import { ApiError } from './api-error.ts';
import { type DispatchContext, dispatch } from './dispatch.ts';
import type { Faults } from './faults.ts';
import { checkHead, readParameters, splitTarget } from './request.ts';
import type { RequestLog } from './request-log.ts';

export interface ServerOptions {
  readonly context: DispatchContext;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly logger: Logger;
  readonly certificate: KeyPair;
  /** Brings the cluster up to the present. */
  readonly settle: () => void;
  /** How long a 401 is held back, in simulated time. */
  readonly unauthorizedDelayMs: number;
}

/** The HTTPS server of one node. */
export interface ApiServer {
  listen(port: number, host: string): Promise<number>;
  /** Cuts all connections and listens no more; may be started again. */
  close(): Promise<void>;
}

const IDLE_MS = 5_000;
const REQUESTS_PER_CONNECTION = 100;

export function createApiServer(options: ServerOptions): ApiServer {
  let running: { readonly server: Server; readonly stopped: AbortController } | undefined;
  return {
    listen(port, host) {
      const stopped = new AbortController();
      const handle = createHandler(options, stopped.signal);
      const server = createServer(
        { key: options.certificate.key, cert: options.certificate.certificate },
        (request, response) => void handle(request, response),
      );
      // Idle connections end after 5 s without a word (docs/proxmox-api.md §1.8).
      server.keepAliveTimeout = IDLE_MS;
      server.keepAliveTimeoutBuffer = 0;
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

function createHandler(options: ServerOptions, stopped: AbortSignal) {
  const { context, clock, logger } = options;
  const served = new WeakMap<Socket, number>();

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const count = (served.get(socket) ?? 0) + 1;
    served.set(socket, count);
    options.settle();
    const record = options.requests.begin(clock.now(), request.method ?? '', request.url ?? '');
    try {
      // A node that is down answers nobody.
      if (!context.localNode.online) {
        socket.destroy();
        return;
      }
      const effect = options.faults.take(record.method, record.path);
      if (effect?.kind === 'loseRequest') {
        socket.destroy();
        return;
      }
      if (effect?.kind === 'slow') await clock.sleep(effect.delayMs, stopped);
      const answer: Answer =
        effect?.kind === 'answer'
          ? {
              status: effect.status,
              reason: effect.reason,
              contentType: effect.contentType,
              body: effect.body,
            }
          : await answerTo(request, (user) => {
              record.user = user;
            });
      if (effect?.kind === 'loseAnswer') {
        socket.destroy();
        return;
      }
      if (effect?.kind === 'hang') return;
      record.status = answer.status;
      options.settle();
      const close = answer.status >= 400 || count >= REQUESTS_PER_CONNECTION || asksToClose(request);
      send(request, response, answer, { now: clock.now(), close });
    } catch (error) {
      if (!stopped.aborted) logger.error({ error: messageOf(error), path: record.path }, 'Request failed');
      socket.destroy();
    }
  };

  async function answerTo(request: IncomingMessage, identified: (user: string) => void): Promise<Answer> {
    try {
      checkHead(request);
      const { path, query } = splitTarget(request);
      const caller = authenticate(request.headers, context.permissions);
      if (typeof caller === 'string') {
        if (options.unauthorizedDelayMs > 0) await clock.sleep(options.unauthorizedDelayMs, stopped);
        throw new ApiError(401, caller, { body: 'None' });
      }
      identified(caller.id);
      const parameters = await readParameters(request, query);
      options.settle();
      return success(dispatch(context, { method: request.method ?? '', path, parameters, caller }));
    } catch (error) {
      if (error instanceof ApiError) return failure(error);
      throw error;
    }
  }
}

function asksToClose(request: IncomingMessage): boolean {
  return /\bclose\b/i.test(request.headers.connection ?? '') || request.httpVersion === '1.0';
}
