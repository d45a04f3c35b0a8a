import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { authenticate, NOBODY } from '../access/authentication.ts';
import { type Answer, type Format, failure, send, success } from './answer.ts';
import { ApiError } from './api-error.ts';
import { type DispatchContext, dispatch } from './dispatch.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { malform, sendEndless } from './malformed.ts';
import { checkHead, readParameters, splitTarget } from './request.ts';
import type { RequestLog, RequestRecord } from './request-log.ts';

export interface HandlerOptions {
  readonly context: DispatchContext;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly logger: Logger;
  /** Brings the cluster up to the present. */
  readonly settle: () => void;
  /** How long a 401 is held back, in simulated time. */
  readonly unauthorizedDelayMs: number;
}

const REQUESTS_PER_CONNECTION = 100;

/** Answers the requests of one node's server, or does not, as faults will have it. */
export function createHandler(options: HandlerOptions, stopped: AbortSignal) {
  const { context, clock, logger } = options;
  const served = new WeakMap<Socket, number>();

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const count = (served.get(socket) ?? 0) + 1;
    served.set(socket, count);
    options.settle();
    const record = options.requests.begin(
      clock.now(),
      context.localNode.name,
      request.method ?? '',
      request.url ?? '',
    );
    try {
      // A node that is down answers nobody.
      const effect = context.localNode.online
        ? options.faults.take(record.method, record.path)
        : ({ kind: 'loseRequest' } as const);
      const answer = await answerUnder(effect, request, record);
      if (answer === 'cut') socket.destroy();
      else if (answer === 'endless') sendEndless(response, stopped);
      else if (answer !== 'silence') {
        record.status = answer.status;
        options.settle();
        const close = answer.status >= 400 || count >= REQUESTS_PER_CONNECTION || asksToClose(request);
        send(request, response, answer, { now: clock.now(), close });
      }
    } catch (error) {
      if (!stopped.aborted) logger.error({ error: messageOf(error), path: record.path }, 'Request failed');
      socket.destroy();
    }
  };

  async function answerUnder(
    effect: FaultEffect | undefined,
    request: IncomingMessage,
    record: RequestRecord,
  ): Promise<Answer | 'cut' | 'silence' | 'endless'> {
    if (effect?.kind === 'loseRequest') return 'cut';
    if (effect?.kind === 'answer') {
      const { status, reason, contentType, body } = effect;
      return { status, reason, contentType, body };
    }
    if (effect?.kind === 'slow') await clock.sleep(effect.delayMs, stopped);
    const answer = await answerTo(request, record);
    if (!effect) return answer;
    switch (effect.kind) {
      case 'slow':
        return answer;
      case 'loseAnswer':
        return 'cut';
      case 'hang':
        return 'silence';
      case 'endless':
        return 'endless';
      default:
        return answer.status === 200 ? malform(answer, effect.kind) : answer;
    }
  }

  async function answerTo(request: IncomingMessage, record: RequestRecord): Promise<Answer> {
    let format: Format = 'json';
    try {
      checkHead(request);
      const target = splitTarget(request);
      format = target.format;
      const { path } = target;
      const now = clock.now();
      const caller = authenticate(context.authentication, request, path, context.localNode.profile, now);
      if (caller !== NOBODY) record.user = caller.id;
      const parameters = await readParameters(request, target.query);
      options.settle();
      const { result, delayMs } = dispatch(context, {
        method: request.method ?? '',
        path,
        parameters,
        caller,
      });
      if (delayMs > 0) await clock.sleep(delayMs, stopped);
      return success(result, format);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const delayMs = error.status === 401 ? options.unauthorizedDelayMs : error.delayMs;
      if (delayMs > 0) await clock.sleep(delayMs, stopped);
      return failure(error, format);
    }
  }
}

function asksToClose(request: IncomingMessage): boolean {
  return /\bclose\b/i.test(request.headers.connection ?? '') || request.httpVersion === '1.0';
}
