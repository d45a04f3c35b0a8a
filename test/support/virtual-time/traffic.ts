import type { ApiClient, WatchEvent, WatchOptions } from '../../../src/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../../src/kubernetes/resource-kind.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { ProxmoxClient } from '../../../src/proxmox/client.ts';

/**
 * What is under way over real sockets while the virtual clock stands still. The clock may go on once nothing is: then how fast
 * the machine is decides nothing.
 */
export interface Traffic {
  /** The same client; its calls are under way until answered, its writes until every watch of their kind has shown them. */
  ofApi(client: ApiClient): ApiClient;
  ofProxmox(client: ProxmoxClient): ProxmoxClient;
  /** For those clients of Proxmox: who sleeps on it between two attempts is not under way. */
  clientClock(clock: Clock): Clock;
  /** For the simulator: a request that it holds back is not under way. */
  serverClock(clock: Clock): Clock;
  /** Resolves when nothing is under way and nobody has anything left to do. */
  quiet(): Promise<void>;
}

interface OpenWatch {
  readonly kind: string;
  seen: number;
}

/** Requests that a client has open at one endpoint; more wait for their turn (`proxmox/client.ts`). */
const REQUESTS_AT_ONCE = 3;
/** Rounds of the event loop after which whoever was woken has come to a sleep or a request. */
const SETTLING_ROUNDS = 6;

export function createTraffic(): Traffic {
  const watches = new Set<OpenWatch>();
  const written = new Map<string, number>();
  const counts = { api: 0, proxmox: 0, clientSleeps: 0, serverSleeps: 0 };
  let events = 0;
  let wake = () => {};

  function changed(): void {
    events += 1;
    wake();
  }

  async function counted<T>(what: keyof typeof counts, call: () => Promise<T>): Promise<T> {
    counts[what] += 1;
    changed();
    try {
      return await call();
    } finally {
      counts[what] -= 1;
      changed();
    }
  }

  function isUnderWay(): boolean {
    const active = Math.min(counts.proxmox - counts.clientSleeps, REQUESTS_AT_ONCE);
    return counts.api > 0 || active > counts.serverSleeps || [...watches].some(isBehind);
  }

  function isBehind({ kind, seen }: OpenWatch): boolean {
    return seen < (written.get(kind) ?? 0);
  }

  async function write<T extends KubernetesObject>(kind: ResourceKind, call: () => Promise<T>): Promise<T> {
    return await counted('api', async () => {
      const object = await call();
      written.set(kind.kind, Math.max(written.get(kind.kind) ?? 0, Number(object.metadata.resourceVersion)));
      return object;
    });
  }

  async function* watched<T extends KubernetesObject>(
    client: ApiClient,
    kind: ResourceKind,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const watch: OpenWatch = { kind: kind.kind, seen: Number(options.resourceVersion) };
    watches.add(watch);
    try {
      for await (const event of client.watch<T>(kind, options, signal)) {
        yield event;
        // Asked for the next one, so this one was dealt with.
        const version =
          event.type === 'Bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion;
        watch.seen = Math.max(watch.seen, Number(version));
        changed();
      }
    } finally {
      watches.delete(watch);
      changed();
    }
  }

  function sleeping(clock: Clock, what: 'clientSleeps' | 'serverSleeps'): Clock {
    return {
      now: clock.now,
      monotonic: clock.monotonic,
      sleep: (milliseconds, signal) => counted(what, () => clock.sleep(milliseconds, signal)),
    };
  }

  return {
    ofApi: (client) => ({
      get: (...call) => counted('api', () => client.get(...call)),
      list: (...call) => counted('api', () => client.list(...call)),
      watch: (kind, options, signal) => watched(client, kind, options, signal),
      applyStatus: (kind, ...call) => write(kind, () => client.applyStatus(kind, ...call)),
      create: (kind, ...call) => write(kind, () => client.create(kind, ...call)),
      update: (kind, ...call) => write(kind, () => client.update(kind, ...call)),
      patch: (kind, ...call) => write(kind, () => client.patch(kind, ...call)),
    }),
    ofProxmox: (client) => ({
      get: (...call) => counted('proxmox', () => client.get(...call)),
      post: (...call) => counted('proxmox', () => client.post(...call)),
      get user() {
        return client.user;
      },
      get activeEndpoint() {
        return client.activeEndpoint;
      },
      close: () => client.close(),
    }),
    clientClock: (clock) => sleeping(clock, 'clientSleeps'),
    serverClock: (clock) => sleeping(clock, 'serverSleeps'),
    async quiet() {
      for (;;) {
        const mark = events;
        for (let round = 0; round < SETTLING_ROUNDS; round += 1) await nextRound();
        if (events !== mark) continue;
        if (!isUnderWay()) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
