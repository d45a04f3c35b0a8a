import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import {
  createProxmoxClient,
  type ProxmoxClient,
  type ProxmoxClientOptions,
} from '../../src/proxmox/client.ts';

export const TOKEN = { id: 'balancer@pve!operator', secret: '6e4b7a52-0000-4c1d-9f3e-0123456789ab' };

/** A clock that never waits and keeps what it was asked to sleep. */
export function impatientClock(): Clock & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  return {
    ...systemClock,
    slept,
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
    requestTimeoutMs: 5_000,
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
