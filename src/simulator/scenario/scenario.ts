import { OperatorError } from '../../lib/errors.ts';
import { findProfile, type Profile } from '../profile.ts';
import { createRandom } from '../random.ts';
import type { Demand } from '../world/demand.ts';
import type {
  EventDocument,
  NodeDocument,
  ScenarioDocument,
  StorageDocument,
  UserDocument,
} from './document.ts';
import { type DiskSpecification, expandGuests } from './guests.ts';
import { bytesOf, millisecondsOf } from './quantities.ts';
import { checkScenario } from './read-document.ts';

/** A checked scenario with every default filled in, sizes in bytes, times in milliseconds. */
export interface Scenario {
  readonly clusterName: string;
  readonly profile: Profile;
  readonly speed: number;
  readonly seed: number;
  readonly migrationBandwidth: number;
  readonly taskRetention: number;
  readonly users: readonly UserDocument[];
  readonly nodes: readonly NodeSpecification[];
  readonly storages: readonly StorageSpecification[];
  readonly pools: readonly { readonly name: string; readonly comment: string | undefined }[];
  readonly guests: readonly GuestSpecification[];
  readonly events: readonly ScenarioEvent[];
}

export interface ScenarioEvent {
  readonly atMs: number;
  readonly document: EventDocument;
}

export interface NodeSpecification {
  readonly name: string;
  readonly cpus: number;
  readonly cores: number;
  readonly sockets: number;
  readonly mhz: number;
  readonly cpuModel: string;
  readonly cpuFlags: string;
  readonly memoryBytes: number;
  readonly baseCpuCores: number;
  readonly baseMemoryBytes: number;
  readonly ksmShare: number;
  readonly uptimeMs: number;
  readonly maintenance: boolean;
}

export interface StorageSpecification {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly shared: boolean;
  /** Undefined: every node has it. */
  readonly nodes: readonly string[] | undefined;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

export interface GuestSpecification {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly name: string;
  readonly node: string;
  readonly status: 'running' | 'stopped' | 'paused';
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cpuDemand: Demand;
  readonly memoryDemand: Demand;
  readonly tags: readonly string[];
  readonly pool: string | undefined;
  readonly disks: readonly DiskSpecification[];
  readonly uptimeMs: number;
  readonly haState: string | undefined;
  readonly shutdownMs: number;
  readonly template: boolean;
  readonly lock: string | undefined;
}

const GIB = 1024 ** 3;

const DEFAULT_STORAGES: readonly StorageDocument[] = [
  { name: 'local', type: 'dir', content: 'iso,vztmpl,backup', size: 100 * GIB, used: 11 * GIB },
  {
    name: 'ceph-vm',
    type: 'rbd',
    content: 'images,rootdir',
    shared: true,
    size: 6000 * GIB,
    used: 1500 * GIB,
  },
];

/** Throws `InvalidInput` naming what is wrong. */
export function createScenario(value: ScenarioDocument): Scenario {
  const document = checkScenario(value);
  const release = document.cluster?.version ?? '9.1';
  const profile = findProfile(release);
  if (!profile) throw wrong(`cluster.version: PVE ${release} cannot be simulated`);
  const seed = document.seed ?? 1;
  const storages = (document.storages ?? DEFAULT_STORAGES).map(storageOf);
  const scenario: Scenario = {
    clusterName: document.cluster?.name ?? 'simulated',
    profile,
    speed: document.speed ?? 1,
    seed,
    migrationBandwidth: bytesOf(document.migrationBandwidth ?? GIB),
    taskRetention: document.taskRetention ?? 1000,
    users: document.users,
    nodes: document.nodes.map(nodeOf),
    storages,
    pools: (document.pools ?? []).map((pool) => ({ name: pool.name, comment: pool.comment })),
    guests: expandGuests(document, storages, createRandom(seed)),
    events: (document.events ?? [])
      .map((event) => ({ atMs: millisecondsOf(event.at), document: event }))
      .sort((left, right) => left.atMs - right.atMs),
  };
  checkReferences(scenario);
  return scenario;
}

function nodeOf(node: NodeDocument): NodeSpecification {
  return {
    name: node.name,
    cpus: node.cpus,
    cores: node.cores ?? Math.max(1, Math.floor(node.cpus / 2)),
    sockets: node.sockets ?? 1,
    mhz: node.mhz ?? 2600,
    cpuModel: node.cpuModel ?? 'Simulated CPU',
    cpuFlags: node.cpuFlags ?? 'fpu vme de pse tsc msr pae vmx ept aes avx2',
    memoryBytes: bytesOf(node.memory),
    baseCpuCores: node.base?.cpu ?? 0.2,
    baseMemoryBytes: bytesOf(node.base?.memory ?? 2 * GIB),
    ksmShare: node.ksmShare ?? 0,
    uptimeMs: millisecondsOf(node.uptime ?? '500h'),
    maintenance: node.maintenance ?? false,
  };
}

function storageOf(storage: StorageDocument): StorageSpecification {
  const sizeBytes = bytesOf(storage.size ?? 1000 * GIB);
  return {
    name: storage.name,
    type: storage.type,
    content: storage.content,
    shared: storage.shared ?? false,
    nodes: storage.nodes,
    sizeBytes,
    usedBytes: storage.used === undefined ? Math.round(sizeBytes / 4) : bytesOf(storage.used),
  };
}

function checkReferences(scenario: Scenario): void {
  const nodes = new Set<string>();
  for (const node of scenario.nodes) {
    if (nodes.has(node.name)) throw wrong(`nodes: there are two nodes '${node.name}'`);
    nodes.add(node.name);
  }
  const storages = new Set(scenario.storages.map((storage) => storage.name));
  const pools = new Set(scenario.pools.map((pool) => pool.name));
  const vmids = new Set<number>();
  for (const guest of scenario.guests) {
    if (vmids.has(guest.vmid)) throw wrong(`guests: there are two guests ${guest.vmid}`);
    vmids.add(guest.vmid);
    if (!nodes.has(guest.node)) throw wrong(`guest ${guest.vmid}: there is no node '${guest.node}'`);
    if (guest.pool !== undefined && !pools.has(guest.pool)) {
      throw wrong(`guest ${guest.vmid}: there is no pool '${guest.pool}'`);
    }
    if (guest.type === 'lxc' && guest.status === 'paused') {
      throw wrong(`guest ${guest.vmid}: a container cannot be paused`);
    }
    const disk = guest.disks.find((each) => !storages.has(each.storage));
    if (disk) throw wrong(`guest ${guest.vmid}: there is no storage '${disk.storage}'`);
  }
  for (const { document } of scenario.events) {
    const node = document.nodeOffline ?? document.nodeOnline ?? document.maintenance?.node;
    if (node !== undefined && !nodes.has(node))
      throw wrong(`event at ${document.at}: there is no node '${node}'`);
    const vmid =
      document.failNextMigration?.vmid ?? document.lock?.vmid ?? document.unlock ?? document.demand?.vmid;
    if (vmid !== undefined && !vmids.has(vmid))
      throw wrong(`event at ${document.at}: there is no guest ${vmid}`);
  }
}

function wrong(what: string): OperatorError {
  return new OperatorError('InvalidInput', `The scenario is wrong at ${what}.`);
}
