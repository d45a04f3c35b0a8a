import { isIP } from 'node:net';

import { type Clock, scaledClock, systemClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../lib/logger.ts';
import { createAccounts } from './access/accounts.ts';
import { createPermissions } from './access/permissions.ts';
import { createTickets } from './access/tickets.ts';
import { type ClusterIdentity, createIdentity, type KeyPair } from './certificates/certificates.ts';
import { type ClusterView, createClusterView } from './cluster-view.ts';
import { type Control, createControl } from './control.ts';
import { routes } from './endpoints/routes.ts';
import { applyEvent } from './events.ts';
import { createFaults } from './http/faults.ts';
import type { HandlerOptions } from './http/handler.ts';
import { createRequestLog, type RequestRecord } from './http/request-log.ts';
import { createRouter } from './http/router.ts';
import { createApiServer } from './http/server.ts';
import { createListeners } from './listeners.ts';
import { createRandom } from './random.ts';
import type { ScenarioDocument } from './scenario/document.ts';
import { createScenario } from './scenario/scenario.ts';
import { type Cluster, createCluster } from './world/cluster.ts';
import type { Node } from './world/node.ts';

export interface SimulatorOptions {
  readonly scenario: ScenarioDocument;
  /** The simulated time starts at its present and runs `scenario.speed` times faster. The system's clock when absent. */
  readonly clock?: Clock;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** Any free one when absent. With `listen: perNode` the first node's; the others follow it, or take any free one. */
  readonly port?: number;
  /** Of an earlier simulator of the same cluster, so that it is recognised; made anew when absent. */
  readonly identity?: ClusterIdentity;
  /** How long a 401 is held back, in simulated time; 3000 as in PVE when absent. */
  readonly unauthorizedDelayMs?: number;
  readonly logger?: Logger;
}

/** A simulated Proxmox VE cluster behind the real API's wire format. */
export interface Simulator {
  /** Of the first node. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of every node that has a port of its own, by name: all with `listen: perNode`, else the first. */
  readonly urls: Readonly<Record<string, string>>;
  /** PEM of the cluster's root CA. */
  readonly caCertificate: string;
  readonly identity: ClusterIdentity;
  /** The simulated time. */
  readonly clock: Clock;
  readonly cluster: ClusterView;
  readonly control: Control;
  /** Every request so far, oldest first. */
  requests(): readonly RequestRecord[];
  /** Closes all ports and connections, or those of one node, or opens them again; the cluster goes on meanwhile. */
  setReachable(reachable: boolean, node?: string): Promise<void>;
  /** When ports that control and events opened and closed are so. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a simulated cluster. Throws `InvalidInput` when the scenario is wrong. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const scenario = createScenario(options.scenario);
  const base = options.clock ?? systemClock;
  const clock = scenario.speed === 1 ? base : scaledClock(base, scenario.speed);
  const cluster = createCluster(scenario, clock.now());
  const settle = () => cluster.timeline.advanceTo(clock.now());
  const permissions = createPermissions(scenario.users, (vmid) => cluster.guests.get(vmid)?.pool);
  const accounts = createAccounts(scenario.users, clock.now());
  const tickets = createTickets();
  const faults = createFaults();
  const requests = createRequestLog();
  const host = options.host ?? '127.0.0.1';
  const identity = options.identity ?? (await identityOf(cluster, host, clock.now()));
  const random = createRandom(scenario.seed);
  const router = createRouter(routes);

  function serverOf(localNode: Node) {
    const handler: HandlerOptions = {
      context: {
        cluster,
        permissions,
        authentication: { accounts, tickets },
        router,
        localNode,
        random,
        certificates: {
          authority: identity.authority.certificate,
          ofNode: (node) => certificateOf(identity, node).certificate,
        },
      },
      clock,
      faults,
      requests,
      logger: options.logger ?? silentLogger,
      settle,
      unauthorizedDelayMs: options.unauthorizedDelayMs ?? 3000,
    };
    return createApiServer({ ...handler, certificate: certificateOf(identity, localNode.name) });
  }

  const nodes = [...cluster.nodes.values()];
  const listening = scenario.listen === 'perNode' ? nodes : nodes.slice(0, 1);
  const listeners = createListeners(
    listening.map((node) => ({ node, server: serverOf(node) })),
    host,
  );
  const control = createControl({
    cluster,
    accounts,
    tickets,
    faults,
    settle,
    setListening: (node, open) => listeners.set(node, open),
  });
  for (const event of scenario.events) {
    cluster.timeline.after(event.atMs, () => applyEvent(control, event.document));
  }
  const ports = await listeners.open(options.port ?? 0);
  if (scenario.listen === 'perNode') cluster.onPower((node) => listeners.powered(node.name, node.online));
  const urls = Object.fromEntries([...ports].map(([node, port]) => [node, urlOf(host, port)]));
  const first = nodes[0]?.name ?? '';
  const port = ports.get(first) ?? 0;

  return {
    url: urlOf(host, port),
    host,
    port,
    urls,
    caCertificate: identity.authority.certificate,
    identity,
    clock,
    cluster: createClusterView(cluster, settle),
    control,
    requests: () => requests.all(),
    setReachable(reachable, node) {
      for (const name of node === undefined ? ports.keys() : [node]) listeners.set(name, reachable);
      return listeners.settled();
    },
    settled: () => listeners.settled(),
    stop: () => listeners.close(),
  };
}

function urlOf(host: string, port: number): string {
  return `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function identityOf(cluster: Cluster, host: string, now: number): Promise<ClusterIdentity> {
  const nodes = [...cluster.nodes.values()].map((node) => ({
    name: node.name,
    addresses: host === '0.0.0.0' || host === '::' ? [node.ip] : [node.ip, host],
  }));
  return createIdentity(cluster.scenario.clusterName, nodes, now);
}

function certificateOf(identity: ClusterIdentity, node: string): KeyPair {
  const certificate = identity.nodes[node];
  if (!certificate) throw new Error(`the identity has no certificate for node ${node}`);
  return certificate;
}
