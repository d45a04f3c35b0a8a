import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import {
  createProxmoxClient,
  type ProxmoxClient,
  type ProxmoxClientOptions,
} from '../../src/proxmox/client.ts';

export const TOKEN = { id: 'balancer@pve!operator', secret: '6e4b7a52-0000-4c1d-9f3e-0123456789ab' };

export const LOGIN = { username: 'balancer@pve', password: 'open = "sesame" & 100%' };

/** What clients of tests have where they say nothing else: so long that only what never answers is late. */
export const REQUEST_TIMEOUT_MS = 30_000;

export interface ImpatientClock extends Clock {
  /** What it was asked to sleep. */
  readonly slept: readonly number[];
  advance(milliseconds: number): void;
}

/** A clock that never waits. */
export function impatientClock(): ImpatientClock {
  const slept: number[] = [];
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    slept,
    advance(milliseconds) {
      ahead += milliseconds;
    },
    async sleep(milliseconds) {
      slept.push(milliseconds);
    },
  };
}

export function testClient(
  endpoints: readonly string[],
  options: Partial<ProxmoxClientOptions> & { readonly logger?: Logger } = {},
): ProxmoxClient {
  return createProxmoxClient({
    endpoints,
    credentials: { kind: 'Token', ...TOKEN },
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    clock: impatientClock(),
    logger: silentLogger,
    ...options,
  });
}

/** The `OperatorError` a promise rejects with. */
export async function operatorError(promise: Promise<unknown>): Promise<OperatorError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
