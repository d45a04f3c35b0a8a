import { createHa, type Ha, startHa } from '../ha/ha.ts';
import { createService } from '../ha/service.ts';
import { startJudge } from '../judge/judge.ts';
import type { MigrationRemnants } from '../scenario/document.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { HaResource, StorageSpecification } from '../scenario/specifications.ts';
import { createGuest, type Guest } from './guest.ts';
import { settleLoadAverage } from './load.ts';
import { createNetwork, type Network } from './network.ts';
import { createNode, type Node } from './node.ts';
import { createOptions, type Options } from './options.ts';
import { createReplication, type Replication } from './replication.ts';
import { startStatistics } from './statistics.ts';
import { createTasks, type Tasks } from './tasks.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** A simulated cluster: everything that is true of it, whoever asks. Knows nothing of HTTP. */
export interface Cluster {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly guests: ReadonlyMap<number, Guest>;
  readonly tasks: Tasks;
  readonly network: Network;
  readonly ha: Ha;
  readonly options: Options;
  readonly replication: Replication;
  /** VM processes being filled by a live migration, by VMID. */
  readonly arrivals: Map<number, Arrival>;
  /** How the next migration of a guest is to fail. */
  readonly plannedFailures: Map<number, PlannedFailure>;
  /** What must never happen and did, in words. */
  readonly violations: readonly string[];
  readonly quorate: boolean;
  /** Undefined: the majority of the nodes decides. */
  forceQuorum(quorate: boolean | undefined): void;
  now(): number;
  /** Since the scenario's start. */
  elapsedMs(): number;
  node(name: string): Node;
  guestsOn(node: string): Iterable<Guest>;
  storagesOn(node: string): readonly StorageSpecification[];
  /** Changes what a node carries; its load averages keep what was before. */
  moveGuest(guest: Guest, target: string): void;
  removeGuest(guest: Guest): void;
  /** HA manages the guest from now on. */
  manage(guest: Guest, resource: HaResource, state: string): void;
  setStatus(guest: Guest, status: Guest['status']): void;
  /** Called whenever a node loses power or gets it back. */
  onPower(listener: (node: Node) => void): void;
  setPower(node: Node, online: boolean): void;
  violate(what: string): void;
}

export interface Arrival {
  readonly target: string;
  readonly totalBytes: number;
  arrivedBytes(): number;
}

export interface PlannedFailure {
  readonly exitStatus: string;
  readonly reason: string;
  /** Undefined: it fails before the guest has moved. */
  readonly leaves?: MigrationRemnants | undefined;
}

export function createCluster(scenario: Scenario, start: number): Cluster {
  const timeline = createTimeline(start);
  const nodes = new Map(
    scenario.nodes.map((specification, index) => [
      specification.name,
      createNode(specification, index + 1, start),
    ]),
  );
  const guests = new Map(
    scenario.guests.map((specification) => [specification.vmid, createGuest(specification, start)]),
  );
  const located = new Map<string, Set<Guest>>([...nodes.keys()].map((name) => [name, new Set()]));
  for (const guest of guests.values()) located.get(guest.node)?.add(guest);
  const violations = new Set<string>();
  const powerListeners = new Set<(node: Node) => void>();
  let forcedQuorum: boolean | undefined;

  const cluster: Cluster = {
    scenario,
    timeline,
    nodes,
    guests,
    arrivals: new Map(),
    plannedFailures: new Map(),
    get violations() {
      return [...violations];
    },
    get quorate() {
      const online = [...nodes.values()].filter((node) => node.online).length;
      return forcedQuorum ?? online * 2 > nodes.size;
    },
    forceQuorum(quorate) {
      forcedQuorum = quorate;
    },
    get tasks() {
      return tasks;
    },
    network: createNetwork(timeline, scenario.migrationBandwidth),
    ha: createHa(scenario),
    options: createOptions(scenario.options),
    replication: createReplication(scenario.replication),
    now: () => timeline.now(),
    elapsedMs: () => timeline.now() - start,
    node(name) {
      const node = nodes.get(name);
      if (!node) throw new Error(`no node ${name}`);
      return node;
    },
    guestsOn: (node) => located.get(node) ?? [],
    storagesOn: (node) => scenario.storages.filter((storage) => storage.nodes?.includes(node) ?? true),
    moveGuest(guest, target) {
      cluster.replication.reverse(guest.vmid, guest.node, target);
      settleLoadAverage(cluster, cluster.node(guest.node));
      settleLoadAverage(cluster, cluster.node(target));
      located.get(guest.node)?.delete(guest);
      guest.node = target;
      located.get(target)?.add(guest);
    },
    removeGuest(guest) {
      settleLoadAverage(cluster, cluster.node(guest.node));
      located.get(guest.node)?.delete(guest);
      guests.delete(guest.vmid);
    },
    manage(guest, resource, state) {
      guest.service = createService(resource, state, guest.node);
    },
    setStatus(guest, status) {
      settleLoadAverage(cluster, cluster.node(guest.node));
      if (guest.status === 'stopped' && status !== 'stopped') guest.startTime = timeline.now();
      guest.status = status;
    },
    onPower: (listener) => powerListeners.add(listener),
    setPower(node, online) {
      node.online = online;
      for (const listener of powerListeners) listener(node);
    },
    violate: (what) => violations.add(what),
  };
  const tasks = createTasks(cluster, scenario.taskRetention);
  startStatistics(cluster);
  startHa(cluster);
  if (scenario.judge) startJudge(cluster, scenario.judge);
  return cluster;
}
