import fc from 'fast-check';
import type {
  Cluster,
  ClusterNode,
  ClusterStorage,
  Guest,
  NodeFigures,
} from '../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../src/balancing/guest-examination.ts';
import type { ClusterHa, HaRule, HaService } from '../../src/balancing/high-availability.ts';
import { NO_PLACEMENT, type Placement } from '../../src/balancing/placement.ts';
import type { BalanceSettings } from '../../src/balancing/plan.ts';
import { gib } from './cluster-model.ts';

/** Figures as clusters have them, or anything that the model allows: finite and not negative. */
export interface Figures {
  readonly number: (realistic: fc.Arbitrary<number>) => fc.Arbitrary<number>;
}

export const realistic: Figures = { number: (arbitrary) => arbitrary };

export const extreme: Figures = {
  number: (arbitrary) =>
    fc.oneof(
      { weight: 3, arbitrary },
      { weight: 1, arbitrary: fc.constantFrom(0, Number.MIN_VALUE, 1e-300, 1e300, Number.MAX_VALUE) },
      { weight: 1, arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) },
    ),
};

// Evenly spread, which `fc.double` is not.
const decimal = (max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 10_000 }).map((part) => (part * max) / 10_000);
const bytes = (maxGib: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: gib(maxGib) });

const mostly = <Usual, Rare>(
  usual: fc.Arbitrary<Usual>,
  rare: fc.Arbitrary<Rare>,
): fc.Arbitrary<Usual | Rare> => fc.oneof({ weight: 11, arbitrary: usual }, { weight: 1, arbitrary: rare });

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  mostly(fc.constant(undefined), value);
const none = fc.constant<never[]>([]);

const FIRST_VMID = 100;
const TAGS = ['pve-cslb-ignore', 'pinned', 'web', 'db'] as const;
const POOLS = ['prod', 'test'] as const;

function nodeFigures({ number }: Figures): fc.Arbitrary<NodeFigures> {
  const load = number(mostly(decimal(15), decimal(80)));
  return fc.record({
    cpuMhz: number(fc.constantFrom(0, 2_000, 3_392.312)),
    cpuCores: mostly(fc.constantFrom(16, 32), fc.constantFrom(0, 1)),
    cpuSockets: mostly(fc.constantFrom(1, 2), fc.constant(0)),
    cpuThreads: mostly(fc.constantFrom(32, 64), fc.constant(0)),
    cpuModel: mostly(fc.constant('Test'), fc.constantFrom('Other', '')),
    cpuFlags: mostly(fc.constant(['aes', 'avx2']), fc.constantFrom(['aes'], [])),
    architecture: mostly(fc.constant('x86_64'), fc.constantFrom('aarch64', '')),
    pveVersion: mostly(fc.constant('9.1.2'), fc.constantFrom('8.4.21', '9.1', '')),
    loadAverage: fc.tuple(load, load, load),
    cpuUsedShare: number(decimal(1)),
    memoryTotalBytes: number(fc.constantFrom(gib(64), gib(128))),
    memoryUsedBytes: number(mostly(bytes(60), bytes(130))),
    memoryFreeBytes: number(bytes(128)),
    ksmSharedBytes: number(fc.oneof(fc.constant(0), bytes(16))),
  });
}

function clusterNode(name: string, figures: Figures): fc.Arbitrary<ClusterNode> {
  const uptimeSeconds = mostly(fc.constant(1_000_000), fc.integer({ min: 0, max: 600 }));
  const online = fc.record({
    name: fc.constant(name),
    uptimeSeconds,
    availability: fc.constant('Online' as const),
    figures: nodeFigures(figures),
  });
  const absent = fc.record({
    name: fc.constant(name),
    uptimeSeconds,
    availability: fc.constantFrom('Maintenance' as const, 'Offline' as const, 'Unknown' as const),
    detail: fc.constant('away'),
  });
  return mostly(online, absent);
}

const haService: fc.Arbitrary<HaService> = fc.record({
  state: mostly(fc.constant('started'), fc.constantFrom('migrate', 'error', undefined)),
  failback: fc.boolean(),
  autoRebalance: fc.boolean(),
  fault: sometimes(fc.constant('its rule could not be read')),
});

function someNodes(names: readonly string[]): fc.Arbitrary<string[]> {
  return fc.subarray([...names, 'elsewhere']);
}

const vmids = fc.uniqueArray(fc.integer({ min: FIRST_VMID, max: FIRST_VMID + 30 }), { maxLength: 4 });
const affinity = fc.constantFrom('Positive' as const, 'Negative' as const);

function haRule(names: readonly string[]): fc.Arbitrary<HaRule> {
  const nodes = someNodes(names).chain((found) =>
    fc.tuple(...found.map((name) => fc.record({ name: fc.constant(name), priority: fc.nat({ max: 2 }) }))),
  );
  return fc.oneof(
    fc.record({
      kind: fc.constant('NodeAffinity' as const),
      name: fc.constant('rule'),
      vmids,
      nodes,
      strict: fc.boolean(),
      affinity,
    }),
    fc.record({ kind: fc.constant('ResourceAffinity' as const), name: fc.constant('rule'), vmids, affinity }),
  );
}

function clusterHa(names: readonly string[]): fc.Arbitrary<ClusterHa> {
  return fc.record({
    hold: sometimes(fc.constant('HA is disarmed')),
    nativeRebalancing: mostly(fc.constant(false), fc.constant(true)),
    rules: fc
      .array(haRule(names), { maxLength: 4 })
      .map((rules) => rules.map((rule, index) => ({ ...rule, name: `rule-${index}` }))),
    services: fc.constant([]),
  });
}

function storages(names: readonly string[]): fc.Arbitrary<ClusterStorage[]> {
  const shared = fc.record({
    name: fc.constant('shared'),
    shared: fc.constant(true),
    nodes: mostly(fc.constant([...names]), fc.subarray([...names])),
  });
  const local = fc.constant({ name: 'local', shared: false, nodes: [...names] });
  return mostly(fc.tuple(shared, local), fc.constant([]));
}

function examination(names: readonly string[]): fc.Arbitrary<GuestExamination | undefined> {
  const none = fc.constant<never[]>([]);
  const volumes = fc.array(
    fc.record({
      key: fc.constant('scsi0'),
      volume: fc.constant('shared:vm-100-disk-0'),
      storage: mostly(fc.constantFrom('shared', 'shared', 'local'), fc.constantFrom('hidden', undefined)),
      bytes: bytes(100),
      kind: mostly(fc.constant('Disk' as const), fc.constantFrom('Image' as const, 'CloudInit' as const)),
      local: mostly(fc.constant(false), fc.constant(true)),
      inSnapshot: mostly(fc.constant(false), fc.constant(true)),
      replicated: fc.boolean(),
    }),
    { maxLength: 2 },
  );
  const examined = fc.record({
    kind: fc.constant('Examined' as const),
    allowedNodes: sometimes(someNodes(names)),
    refusals: mostly(
      none,
      fc.constantFrom(...names, 'elsewhere').map((node) => [{ node, reasons: ['the storage is missing'] }]),
    ),
    dependents: mostly(none, fc.constant(['vm:101'])),
    devices: mostly(none, fc.constant(['hostpci0'])),
    volumes,
    cpu: fc.record({
      kind: fc.constantFrom('Named' as const, 'Host' as const, 'Unknown' as const),
      type: fc.constant('type'),
    }),
  });
  const failed = fc.record({
    kind: fc.constantFrom('Refused' as const, 'Unread' as const),
    detail: fc.constant('VM is locked (backup)'),
  });
  return fc.option(mostly(examined, failed), { nil: undefined, freq: 1 });
}

function guestOn(names: readonly string[], { number }: Figures): fc.Arbitrary<Guest> {
  return fc.record({
    vmid: fc.constant(FIRST_VMID),
    type: fc.constantFrom('qemu', 'qemu', 'lxc'),
    name: fc.constantFrom('web', 'db', ''),
    node: fc.constantFrom(...names, 'elsewhere'),
    status: mostly(fc.constant('running'), fc.constantFrom('stopped', 'paused')),
    template: mostly(fc.constant(false), fc.boolean()),
    lock: sometimes(fc.constantFrom('backup', 'migrate')),
    tags: mostly(none, fc.subarray([...TAGS])),
    pool: sometimes(fc.constantFrom(...POOLS)),
    ha: sometimes(haService),
    replicationTargets: sometimes(fc.subarray([...names])),
    activeTask: sometimes(fc.constant('vzdump')),
    cpuUsedShare: number(decimal(1.1)),
    cpuCount: number(fc.constantFrom(0, 1, 1.5, 4)),
    memoryBytes: number(bytes(16)),
    memoryHostBytes: number(fc.oneof(fc.constant(0), bytes(20))),
    memoryMaxBytes: number(fc.constantFrom(0, gib(16))),
    uptimeSeconds: fc.constant(1_000),
    settling: mostly(fc.constant(false), fc.constant(true)),
    examination: examination(names),
  });
}

export function anyCluster(figures: Figures): fc.Arbitrary<Cluster> {
  return fc.integer({ min: 0, max: 12 }).chain((count) => {
    const names = Array.from({ length: count }, (_, index) => `pve${index + 1}`);
    return fc.record({
      nodes: fc.tuple(...names.map((name) => clusterNode(name, figures))),
      guests: fc
        .array(guestOn(names, figures), { maxLength: 8 * count, size: 'max' })
        .map((guests) => guests.map((guest, index) => ({ ...guest, vmid: FIRST_VMID + index }))),
      unreadable: fc.constant([]),
      incoming: fc.array(
        fc.record({
          node: fc.constantFrom(...names, 'elsewhere'),
          vmid: fc.integer({ min: FIRST_VMID, max: FIRST_VMID + 100 }),
          bytes: figures.number(bytes(16)),
        }),
        { maxLength: 3 },
      ),
      ha: clusterHa(names),
      storages: storages(names),
    });
  });
}

const placementRule = fc.record({
  type: fc.constantFrom('Affinity' as const, 'AntiAffinity' as const, 'Pin' as const),
  guests: fc.record({
    vmids: fc.uniqueArray(fc.integer({ min: FIRST_VMID, max: FIRST_VMID + 15 }), { maxLength: 4 }),
    tags: mostly(none, fc.constantFrom(['web'], ['d?'])),
    pools: mostly(none, fc.constantFrom(['prod'], ['*'])),
  }),
  nodes: fc.uniqueArray(fc.constantFrom('pve1', 'pve2', 'pve3', 'pve?', 'elsewhere'), { maxLength: 3 }),
  enforcement: mostly(fc.constant('Required' as const), fc.constant('Preferred' as const)),
});

/** Rules that overlap, contradict each other, or mean nobody; nodes to be drained, and a reserve. */
export const anyPlacement: fc.Arbitrary<Placement> = fc.record({
  rules: fc
    .array(placementRule, { maxLength: 4 })
    .map((rules) => rules.map((rule, index) => ({ ...rule, name: `rule-${index}` }))),
  drainNodes: fc.oneof(none, fc.subarray(['pve1', 'pve2', 'pve*1'])),
  memoryReserveShare: fc.constantFrom(0, 0, 0.1),
});

export const anySettings: fc.Arbitrary<BalanceSettings> = fc.record({
  strategy: fc.constant('Cslb' as const),
  tolerance: fc.constantFrom(0, 0.01, 0.2, 1),
  weights: fc.constantFrom(
    { cpu: 40, memory: 60 },
    { cpu: 0, memory: 1 },
    { cpu: 1, memory: 0 },
    { cpu: 1, memory: 1_000 },
  ),
  exclusions: fc.record({
    nodes: mostly(none, fc.subarray(['pve1', 'pve*2'])),
    vmids: fc.array(fc.integer({ min: FIRST_VMID, max: FIRST_VMID + 100 }), { maxLength: 10 }),
    types: mostly(none, fc.subarray(['qemu' as const, 'lxc' as const])),
    tags: fc.subarray(['pin*'], { maxLength: 1 }),
    pools: fc.subarray(['t?st'], { maxLength: 1 }),
  }),
  maxMigrations: fc.integer({ min: 1, max: 6 }),
  containers: fc.constantFrom('Never' as const, 'Restart' as const),
  localDisks: fc.boolean(),
  placement: fc.constant(NO_PLACEMENT),
  minimumGain: fc.constant(0),
});
