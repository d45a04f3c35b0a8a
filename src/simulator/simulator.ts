import { isIP } from 'node:net';

import { type Clock, scaledClock, systemClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../lib/logger.ts';
import { createPermissions } from './access/permissions.ts';
import { type ClusterIdentity, createIdentity, type KeyPair } from './certificates/certificates.ts';
import { type ClusterView, createClusterView } from './cluster-view.ts';
import { applyEvent, type Control, createControl } from './control.ts';
import { routes } from './endpoints/routes.ts';
import { createFaults } from './http/faults.ts';
import { createRequestLog, type RequestRecord } from './http/request-log.ts';
import { createRouter } from './http/router.ts';
import { createApiServer } from './http/server.ts';
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
  /** Any free one when absent. */
  readonly port?: number;
  /** Of an earlier simulator of the same cluster, so that it is recognised; made anew when absent. */
  readonly identity?: ClusterIdentity;
  /** How long a 401 is held back, in simulated time; 3000 as in PVE when absent. */
  readonly unauthorizedDelayMs?: number;
  readonly logger?: Logger;
}

/** A simulated Proxmox VE cluster behind the real API's wire format. */
export interface Simulator {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PEM of the cluster's root CA. */
  readonly caCertificate: string;
  readonly identity: ClusterIdentity;
  /** The simulated time. */
  readonly clock: Clock;
  readonly cluster: ClusterView;
  readonly control: Control;
  /** Every request so far, oldest first. */
  requests(): readonly RequestRecord[];
  /** Closes the port and all connections, or opens it again; the cluster goes on meanwhile. */
  setReachable(reachable: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a simulated cluster. Throws `InvalidInput` when the scenario is wrong. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const scenario = createScenario(options.scenario);
  const base = options.clock ?? systemClock;
  const clock = scenario.speed === 1 ? base : scaledClock(base, scenario.speed);
  const logger = options.logger ?? silentLogger;
  const cluster = createCluster(scenario, clock.now());
  const settle = () => cluster.timeline.advanceTo(clock.now());
  const permissions = createPermissions(scenario.users, (vmid) => cluster.guests.get(vmid)?.pool);
  const faults = createFaults();
  const control = createControl(cluster, permissions, faults, settle);
  for (const event of scenario.events) {
    cluster.timeline.after(event.atMs, () => applyEvent(control, event.document));
  }

  const host = options.host ?? '127.0.0.1';
  const identity = options.identity ?? (await identityOf(cluster, host, clock.now()));
  const localNode = firstNode(cluster);
  const requests = createRequestLog();
  const server = createApiServer({
    context: {
      cluster,
      permissions,
      router: createRouter(routes),
      localNode,
      random: createRandom(scenario.seed),
      certificates: {
        authority: identity.authority.certificate,
        ofNode: (node) => certificateOf(identity, node).certificate,
      },
    },
    clock,
    faults,
    requests,
    logger,
    certificate: certificateOf(identity, localNode.name),
    settle,
    unauthorizedDelayMs: options.unauthorizedDelayMs ?? 3000,
  });
  const port = await server.listen(options.port ?? 0, host);

  return {
    url: `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    host,
    port,
    caCertificate: identity.authority.certificate,
    identity,
    clock,
    cluster: createClusterView(cluster, settle),
    control,
    requests: () => requests.all(),
    async setReachable(reachable) {
      await server.close();
      if (reachable) await server.listen(port, host);
    },
    stop: () => server.close(),
  };
}

function firstNode(cluster: Cluster): Node {
  const [node] = cluster.nodes.values();
  if (!node) throw new Error('a scenario has at least one node');
  return node;
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
