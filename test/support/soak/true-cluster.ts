import type { Cluster, ClusterNode, Guest } from '../../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../../src/balancing/guest-examination.ts';
import type { HaRule } from '../../../src/balancing/high-availability.ts';
import type { GuestView, NodeView } from '../../../src/simulator/cluster-view.ts';
import type {
  GuestDocument,
  NodeDocument,
  ScenarioDocument,
} from '../../../src/simulator/scenario/document.ts';
import type { Moment } from './moment.ts';

/**
 * The simulated cluster as it is, made into what plans are made of without asking its API: from what the simulator says is
 * true of it and from the scenario that it was made of. Nothing of it is unread or stale, and every guest was looked at.
 *
 * @param rests Until when guests are to be left alone, by VMID.
 */
export function trueCluster(
  { guests, nodes, running }: Moment,
  document: ScenarioDocument,
  rests: ReadonlyMap<number, string>,
): Cluster {
  const all = [...guests.values()];
  const rules = rulesOf(document);
  return {
    nodes: document.nodes.map((made) => nodeOf(made, nodes.get(made.name))),
    guests: all.map((view) => guestOf(view, document, rests.get(view.vmid), rules)),
    unreadable: [],
    incoming: running.flatMap(({ vmid = 0, target = '' }) => ({
      node: target,
      vmid,
      bytes: guests.get(vmid)?.hostMemoryBytes ?? 0,
    })),
    ha: {
      hold: undefined,
      nativeRebalancing: false,
      rules,
      services: all.filter(({ haState }) => haState !== undefined).map(({ vmid, node }) => ({ vmid, node })),
    },
    storages: (document.storages ?? []).map(({ name, shared = false, nodes: where }) => ({
      name,
      shared,
      nodes: where ?? document.nodes.map((node) => node.name),
    })),
  };
}

function nodeOf(made: NodeDocument, view: NodeView | undefined): ClusterNode {
  const { name, cores, sockets, mhz } = made;
  if (cores === undefined || sockets === undefined || mhz === undefined)
    throw new Error(`${name} lacks a CPU`);
  if (!view?.online) return { name, availability: 'Offline', uptimeSeconds: 0, detail: 'it is off' };
  const { uptimeSeconds } = view;
  if (view.haState !== 'online') {
    return { name, availability: 'Maintenance', uptimeSeconds, detail: `HA has it as ${view.haState}` };
  }
  const [one, five, fifteen] = view.loadAverage;
  return {
    name,
    availability: 'Online',
    uptimeSeconds,
    figures: {
      cpuMhz: mhz,
      cpuCores: cores,
      cpuSockets: sockets,
      cpuThreads: view.cpus,
      cpuModel: 'any',
      cpuFlags: [],
      architecture: 'x86_64',
      pveVersion: '',
      // A kernel tells of hundredths.
      loadAverage: [hundredths(one), hundredths(five), hundredths(fifteen)],
      cpuUsedShare: view.cpu,
      memoryTotalBytes: view.memoryTotalBytes,
      memoryUsedBytes: view.memoryUsedBytes,
      memoryFreeBytes: view.memoryFreeBytes,
      ksmSharedBytes: view.ksmSharedBytes,
    },
  };
}

function hundredths(value: number): number {
  return Number(value.toFixed(2));
}

function guestOf(
  view: GuestView,
  document: ScenarioDocument,
  restsUntil: string | undefined,
  rules: readonly HaRule[],
): Guest {
  const { vmid, type, name, node, status, lock, haState } = view;
  const made = document.guests?.find((guest) => guest.vmid === vmid);
  if (!made) throw new Error(`guest ${vmid} is not of the scenario`);
  return {
    vmid,
    type,
    name,
    node,
    status,
    template: made.template ?? false,
    lock,
    tags: made.tags ?? [],
    pool: made.pool,
    ha:
      haState === undefined
        ? undefined
        : { state: haState, failback: made.ha?.failback ?? true, autoRebalance: true, fault: undefined },
    replicationTargets: undefined,
    activeTask: undefined,
    cpuUsedShare: view.cpu,
    cpuCount: made.cpus,
    memoryBytes: view.memoryBytes,
    memoryHostBytes: type === 'qemu' && document.cluster?.version !== '8.4' ? view.hostMemoryBytes : 0,
    memoryMaxBytes: bytesOf(made.memory),
    uptimeSeconds: 3_600,
    settling: false,
    ...(restsUntil === undefined ? {} : { restsUntil }),
    examination: examinationOf(made, document, rules),
  };
}

function examinationOf(
  made: GuestDocument,
  document: ScenarioDocument,
  rules: readonly HaRule[],
): GuestExamination {
  const together = rules.filter((rule) => rule.kind === 'ResourceAffinity' && rule.affinity === 'Positive');
  const dependents = together
    .filter(({ vmids }) => vmids.includes(made.vmid))
    .flatMap(({ vmids }) => vmids.filter((vmid) => vmid !== made.vmid))
    .map((vmid) => `vm:${vmid}`);
  return {
    kind: 'Examined',
    allowedNodes: undefined,
    refusals: [],
    dependents,
    devices: Object.keys(made.config ?? {}).filter((key) => /^(hostpci|usb)\d+$/.test(key)),
    volumes: (made.disks ?? []).map(({ storage, size }, index) => ({
      key: `scsi${index}`,
      volume: `${storage}:vm-${made.vmid}-disk-${index}`,
      storage,
      bytes: bytesOf(size),
      kind: 'Disk',
      local: !document.storages?.some((each) => each.name === storage && each.shared),
      inSnapshot: false,
      replicated: false,
    })),
    cpu: made.type === 'qemu' ? { kind: 'Named', type: 'x86-64-v2-AES' } : undefined,
  };
}

function rulesOf({ ha, guests = [], cluster }: ScenarioDocument): readonly HaRule[] {
  if (cluster?.version === '8.4') {
    return (ha?.groups ?? []).map((group) => ({
      kind: 'NodeAffinity',
      name: group.name,
      vmids: guests.filter((guest) => guest.ha?.group === group.name).map(({ vmid }) => vmid),
      nodes: group.nodes.map(priorityOf),
      strict: group.restricted ?? false,
      affinity: 'Positive',
    }));
  }
  return (ha?.rules ?? []).map((rule) => {
    const vmids = rule.resources.map((sid) => Number(sid.split(':')[1]));
    const affinity = rule.affinity === 'negative' ? 'Negative' : 'Positive';
    if (rule.type === 'resource-affinity')
      return { kind: 'ResourceAffinity', name: rule.name, vmids, affinity };
    return {
      kind: 'NodeAffinity',
      name: rule.name,
      vmids,
      nodes: rule.nodes.map(priorityOf),
      strict: rule.strict ?? false,
      affinity,
    };
  });
}

function priorityOf(node: string): { readonly name: string; readonly priority: number } {
  const [name = '', priority = '0'] = node.split(':');
  return { name, priority: Number(priority) };
}

/** Of the scenarios of the soak, which has whole sizes in these units only. */
function bytesOf(size: number | string): number {
  const [, count, unit] = /^(\d+)(Mi|Gi)$/.exec(String(size)) ?? [];
  if (count === undefined) throw new Error(`'${size}' is no size`);
  return Number(count) * (unit === 'Gi' ? 1024 ** 3 : 1024 ** 2);
}
