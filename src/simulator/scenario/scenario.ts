import { findProfile, type Profile } from '../profile.ts';
import { createRandom } from '../random.ts';
import type {
  EventDocument,
  JudgeDocument,
  MappingDocument,
  NodeDocument,
  OptionsDocument,
  ReplicationDocument,
  ScenarioDocument,
  StorageDocument,
  UserDocument,
} from './document.ts';
import { expandGuests } from './guests.ts';
import { haGroups, haRules } from './ha.ts';
import { bytesOf, millisecondsOf } from './quantities.ts';
import { checkScenario } from './read-document.ts';
import { checkReferences, wrong } from './references.ts';
import type {
  GuestSpecification,
  HaGroup,
  HaRule,
  Judgement,
  NodeSpecification,
  PoolSpecification,
  StorageSpecification,
} from './specifications.ts';

/** A checked scenario with every default filled in, sizes in bytes, times in milliseconds. */
export interface Scenario {
  readonly clusterName: string;
  readonly listen: 'one' | 'perNode';
  readonly speed: number;
  readonly seed: number;
  readonly migrationBandwidth: number;
  readonly taskRetention: number;
  readonly users: readonly UserDocument[];
  readonly nodes: readonly NodeSpecification[];
  readonly storages: readonly StorageSpecification[];
  readonly pools: readonly PoolSpecification[];
  readonly mappings: readonly MappingDocument[];
  readonly replication: readonly ReplicationDocument[];
  readonly haGroups: readonly HaGroup[];
  readonly haRules: readonly HaRule[];
  readonly options: OptionsDocument;
  readonly guests: readonly GuestSpecification[];
  readonly events: readonly ScenarioEvent[];
  readonly judge: Judgement | undefined;
}

export interface ScenarioEvent {
  readonly atMs: number;
  readonly document: EventDocument;
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
  const seed = document.seed ?? 1;
  const storages = (document.storages ?? DEFAULT_STORAGES).map(storageOf);
  const release = document.cluster?.version ?? '9.1';
  const scenario: Scenario = {
    clusterName: document.cluster?.name ?? 'simulated',
    listen: document.listen ?? 'one',
    speed: document.speed ?? 1,
    seed,
    migrationBandwidth: bytesOf(document.migrationBandwidth ?? GIB),
    taskRetention: document.taskRetention ?? 1000,
    users: document.users,
    nodes: document.nodes.map((node) => nodeOf(node, profileOf(node.version ?? release))),
    storages,
    pools: (document.pools ?? []).map((pool) => ({
      name: pool.name,
      comment: pool.comment,
      storages: pool.storages ?? [],
    })),
    mappings: document.mappings ?? [],
    replication: document.replication ?? [],
    haGroups: haGroups(document.ha),
    haRules: haRules(document.ha),
    options: document.options ?? {},
    guests: expandGuests(document, storages, createRandom(seed)),
    events: (document.events ?? [])
      .map((event) => ({ atMs: millisecondsOf(event.at), document: event }))
      .sort((left, right) => left.atMs - right.atMs),
    judge: document.judge && judgementOf(document.judge),
  };
  checkReferences(scenario);
  return scenario;
}

function judgementOf({ rules = [], drained = [], memoryReserve = 0 }: JudgeDocument): Judgement {
  return {
    rules: rules.map(({ name, type, guests, nodes = [] }) =>
      type === 'on' ? { name, type, guests, nodes } : { name, type, guests },
    ),
    drained,
    memoryReserve,
  };
}

function profileOf(release: string): Profile {
  const profile = findProfile(release);
  if (!profile) throw wrong(`version: PVE ${release} cannot be simulated`);
  return profile;
}

function nodeOf(node: NodeDocument, profile: Profile): NodeSpecification {
  return {
    name: node.name,
    profile,
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
    disabled: storage.disabled ?? false,
    nodes: storage.nodes,
    sizeBytes,
    usedBytes: storage.used === undefined ? Math.round(sizeBytes / 4) : bytesOf(storage.used),
  };
}
