import { createOperator } from '../../../src/controllers/operator.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxClient, type ProxmoxClient } from '../../../src/proxmox/client.ts';
import { createProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { createRecordingLogger, type RecordingLogger } from '../recording-logger.ts';
import type { Traffic } from './traffic.ts';

/** One run of the operator in this process, on a virtual clock. */
export interface OperatorRun {
  readonly logger: RecordingLogger;
  /** Undefined until it has ended; what it rejected with, if it did. */
  ended(): { readonly error: unknown } | undefined;
  /** As on SIGTERM. Time may have to pass until it has ended. */
  stop(): void;
  /** As on SIGKILL: it says not one word more. What it had sent may still arrive. */
  kill(): void;
}

export interface OperatorRunOptions {
  readonly client: ApiClient;
  readonly clock: VirtualClock;
  readonly traffic: Traffic;
  readonly namespace: string;
  readonly random: () => number;
}

class Killed extends Error {}

export function startOperatorRun(options: OperatorRunOptions): OperatorRun {
  const { clock, traffic, namespace, random } = options;
  const logger = createRecordingLogger();
  const stopping = new AbortController();
  const killed = new AbortController();
  let end: { readonly error: unknown } | undefined;
  const operator = createOperator({
    client: mortal(traffic.ofApi(options.client), killed.signal),
    openProxmox: (connection) => {
      const client = createProxmoxClient({ ...connection, clock: traffic.clientClock(clock), logger });
      return createProxmoxCluster(traffic.ofProxmox(mortal<ProxmoxClient>(client, killed.signal)));
    },
    instance: 'operator',
    namespaces: [namespace],
    clock,
    random,
    logger,
    signal: AbortSignal.any([stopping.signal, killed.signal]),
    graceSignal: killed.signal,
  });
  operator.run().then(
    () => {
      end = { error: undefined };
    },
    (error: unknown) => {
      end = { error };
    },
  );
  return {
    logger,
    ended: () => end,
    stop: () => stopping.abort(new Error('the operator was told to stop')),
    kill: () => killed.abort(new Killed('the operator was killed')),
  };
}

/** The same, but a dead process calls nobody. */
function mortal<T extends object>(target: T, killed: AbortSignal): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function' || name === 'close') return member;
      return (...parameters: unknown[]) => {
        killed.throwIfAborted();
        return member.apply(object, parameters);
      };
    },
  });
}
