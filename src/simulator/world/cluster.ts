import type { Scenario, StorageSpecification } from '../scenario/scenario.ts';
import { createGuest, type Guest } from './guest.ts';
import { settleLoadAverage } from './load.ts';
import { createNetwork, type Network } from './network.ts';
import { createNode, type Node } from './node.ts';
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
  setStatus(guest: Guest, status: Guest['status']): void;
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
    setStatus(guest, status) {
      settleLoadAverage(cluster, cluster.node(guest.node));
      if (guest.status === 'stopped' && status !== 'stopped') guest.startTime = timeline.now();
      guest.status = status;
    },
    violate: (what) => violations.add(what),
  };
  const tasks = createTasks(cluster, scenario.taskRetention);
  startStatistics(cluster);
  return cluster;
}
