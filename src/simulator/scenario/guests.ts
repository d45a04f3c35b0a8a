import { constantDemand, type Demand } from '../world/demand.ts';
import { disksOf } from './disks.ts';
import type {
  DemandDocument,
  DiskDocument,
  GuestDocument,
  GuestGroupDocument,
  Range,
  ScenarioDocument,
  Size,
} from './document.ts';
import { haResource } from './ha.ts';
import { bytesOf, millisecondsOf } from './quantities.ts';
import type { GuestSpecification, StorageSpecification } from './specifications.ts';

const DISK_BYTES = 32 * 1024 ** 3;

/** All guests of a scenario: those written out, then the groups' members with values drawn from their ranges. */
export function expandGuests(
  document: ScenarioDocument,
  storages: readonly StorageSpecification[],
  random: () => number,
): GuestSpecification[] {
  const storage = (storages.find((each) => each.shared) ?? storages[0])?.name;
  const defaultDisks = storage === undefined ? [] : [{ storage, size: DISK_BYTES }];
  const members = (document.guestGroups ?? []).flatMap((group) => membersOf(group, random));
  return [...(document.guests ?? []), ...members].map((guest) => guestOf(guest, defaultDisks));
}

function membersOf(group: GuestGroupDocument, random: () => number): GuestDocument[] {
  const { count, firstVmid, name, node, cpus, memory, demand, ...traits } = group;
  const nodes = typeof node === 'string' ? [node] : node;
  const between = (range: Range<number>) =>
    typeof range === 'number' ? range : range[0] + (range[1] - range[0]) * random();
  return Array.from({ length: count }, (_, index) => {
    const memoryBytes = Math.round(between(bytesRange(memory)));
    const memoryDemand =
      demand?.memory === undefined ? undefined : Math.round(between(bytesRange(demand.memory)));
    return {
      ...traits,
      vmid: firstVmid + index,
      name: (name ?? `${group.type === 'qemu' ? 'vm' : 'ct'}-{n}`).replaceAll('{n}', String(index + 1)),
      node: nodes[index % nodes.length] ?? '',
      cpus: Math.max(1, Math.round(between(cpus))),
      memory: memoryBytes,
      demand: {
        ...(demand?.cpu === undefined ? {} : { cpu: between(demand.cpu) }),
        ...(memoryDemand === undefined ? {} : { memory: Math.min(memoryBytes, memoryDemand) }),
      },
    };
  });
}

function bytesRange(range: Range<Size>): Range<number> {
  if (typeof range === 'number' || typeof range === 'string') return bytesOf(range);
  return [bytesOf(range[0]), bytesOf(range[1])];
}

function guestOf(guest: GuestDocument, defaultDisks: readonly DiskDocument[]): GuestSpecification {
  const memoryBytes = bytesOf(guest.memory);
  const template = guest.template ?? false;
  return {
    vmid: guest.vmid,
    type: guest.type,
    name: guest.name ?? `${guest.type === 'qemu' ? 'vm' : 'ct'}-${guest.vmid}`,
    node: guest.node,
    status: template ? 'stopped' : (guest.status ?? 'running'),
    cpus: guest.cpus,
    memoryBytes,
    cpuDemand: demandOf(guest.demand?.cpu ?? 0.1 * guest.cpus, Number),
    memoryDemand: demandOf(guest.demand?.memory ?? Math.round(memoryBytes / 2), bytesOf),
    tags: guest.tags ?? [],
    pool: guest.pool,
    disks: disksOf(guest.disks ?? defaultDisks, guest.type, guest.vmid),
    uptimeMs: millisecondsOf(guest.uptime ?? '200h'),
    ha: haResource(guest.ha, guest.haState),
    haState: guest.haState ?? (guest.ha?.state === 'stopped' ? 'stopped' : 'started'),
    config: { ...(guest.cpuType === undefined ? {} : { cpu: guest.cpuType }), ...guest.config },
    shutdownMs: millisecondsOf(guest.shutdown ?? '5s'),
    template,
    lock: guest.lock,
  };
}

function demandOf(demand: DemandDocument<Size>, value: (written: Size) => number): Demand {
  if (typeof demand !== 'object') return constantDemand(value(demand));
  const [shape, points] =
    'steps' in demand ? (['steps', demand.steps] as const) : (['ramp', demand.ramp] as const);
  return {
    shape,
    points: points
      .map((point) => ({ atMs: millisecondsOf(point.at), value: value(point.value) }))
      .sort((left, right) => left.atMs - right.atMs),
  };
}
