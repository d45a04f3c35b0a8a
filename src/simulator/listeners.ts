import type { ApiServer } from './http/server.ts';
import type { Node } from './world/node.ts';

/** The ports of a cluster's nodes. One is open while it is wanted and its node has power. */
export interface Listeners {
  /** Opens all; resolves with the ports by node. The first gets `port`, the others the ones after it, or any if it is 0. */
  open(port: number): Promise<ReadonlyMap<string, number>>;
  set(node: string, wanted: boolean): void;
  powered(node: string, online: boolean): void;
  /** When everything is as it was last wanted. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Listener {
  readonly server: ApiServer;
  port: number;
  wanted: boolean;
  powered: boolean;
}

export function createListeners(
  servers: readonly { readonly node: Node; readonly server: ApiServer }[],
  host: string,
): Listeners {
  const listeners = new Map(
    servers.map(({ node, server }): [string, Listener] => [
      node.name,
      { server, port: 0, wanted: true, powered: true },
    ]),
  );
  let pending: Promise<unknown> = Promise.resolve();

  function change(node: string, changes: Partial<Pick<Listener, 'wanted' | 'powered'>>): void {
    const listener = listeners.get(node);
    if (!listener) throw new Error(`node ${node} has no port of its own; use listen: perNode`);
    Object.assign(listener, changes);
    pending = pending.then(async () => {
      if (listener.wanted && listener.powered) await listener.server.listen(listener.port, host);
      else await listener.server.close();
    });
  }

  return {
    async open(port) {
      let next = port;
      for (const listener of listeners.values()) {
        listener.port = await listener.server.listen(next, host);
        if (next !== 0) next += 1;
      }
      return new Map([...listeners].map(([node, listener]) => [node, listener.port]));
    },
    set: (node, wanted) => change(node, { wanted }),
    powered: (node, powered) => change(node, { powered }),
    settled: () => pending.then(() => undefined),
    async close() {
      await pending;
      for (const { server } of listeners.values()) await server.close();
    },
  };
}
