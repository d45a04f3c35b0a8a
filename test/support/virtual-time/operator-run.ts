import { createOperator } from '../../../src/controllers/operator.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { NamespacedName } from '../../../src/kubernetes/kubernetes-object.ts';
import { createLeaderElector } from '../../../src/kubernetes/leader-elector.ts';
import { DEFAULT_LEASE_TIMING, type LeaseTiming } from '../../../src/kubernetes/lease-timing.ts';
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxClient, type ProxmoxClient } from '../../../src/proxmox/client.ts';
import { createProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { createPausableClock } from '../pausable-clock.ts';
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
  /** As on SIGSTOP, though it still hears of changes: it acts on nothing, and answers wait for it. */
  pause(): void;
  /** It goes on where it was, late. */
  resume(): void;
  /** Whether it is the one that acts. Always where there is no election. */
  leads(): boolean;
}

export interface OperatorRunOptions {
  readonly client: ApiClient;
  readonly clock: VirtualClock;
  readonly traffic: Traffic;
  readonly namespace: string;
  readonly random: () => number;
  /** It acts only while it holds this lease. */
  readonly election?: {
    readonly lease: NamespacedName;
    readonly identity: string;
    readonly timing?: LeaseTiming;
  };
}

class Killed extends Error {}

export function startOperatorRun(options: OperatorRunOptions): OperatorRun {
  const { traffic, namespace, random, election } = options;
  const clock = createPausableClock(options.clock);
  const logger = createRecordingLogger();
  const stopping = new AbortController();
  const killed = new AbortController();
  let end: { readonly error: unknown } | undefined;
  let resumed: PromiseWithResolvers<void> | undefined;
  const awake = () => resumed?.promise;
  const client = pausable(mortal(traffic.ofApi(options.client), killed.signal), awake);
  const elector =
    election &&
    createLeaderElector({ timing: DEFAULT_LEASE_TIMING, ...election, client, clock, random, logger });
  const operator = createOperator({
    client,
    openProxmox: (connection) => {
      const clientClock = traffic.clientClock(options.clock);
      const real = createProxmoxClient({ ...connection, clock: clientClock, random, logger });
      const counted = traffic.ofProxmox(mortal<ProxmoxClient>(real, killed.signal));
      return createProxmoxCluster(pausable(counted, awake));
    },
    ...(elector ? { elector } : {}),
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
    kill() {
      killed.abort(new Killed('the operator was killed'));
      resume();
    },
    pause() {
      clock.pause();
      resumed ??= Promise.withResolvers<void>();
    },
    resume,
    leads: () => elector?.isCertain() ?? true,
  };

  function resume(): void {
    clock.resume();
    resumed?.resolve();
    resumed = undefined;
  }
}

/** The same, but while the process is paused nothing is sent, and no answer comes to it. */
function pausable<T extends object>(target: T, awake: () => Promise<void> | undefined): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function' || name === 'close' || name === 'watch') return member;
      return async (...parameters: unknown[]) => {
        await awake();
        try {
          return await member.apply(object, parameters);
        } finally {
          await awake();
        }
      };
    },
  });
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
