import type { ClusterHa, HaService } from '../balancing/high-availability.ts';
import { type HaPlacement, vmidOfSid } from './ha-rules.ts';
import { isRecord, isSet } from './lenient.ts';
import type { ResourceEntry } from './schemas/cluster-resources.ts';
import { type HaManagerStatus, haResource } from './schemas/ha.ts';
import type { DatacenterOptions } from './schemas/options.ts';

/** HA as a whole and guest by guest, from its four reads (docs/proxmox-api.md §4.11, §10). */
export interface HaReading {
  readonly ha: ClusterHa;
  /**
   * What HA is to a guest; undefined when it does not manage it.
   *
   * @param hastate The state in the guest's entry of /cluster/resources.
   */
  serviceOf(vmid: number, hastate: string | null | undefined): HaService | undefined;
}

export interface HaSources {
  readonly status: HaManagerStatus;
  /** Entries of GET /cluster/ha/resources. */
  readonly resources: readonly { readonly sid: string }[];
  readonly placement: HaPlacement;
  readonly options: DatacenterOptions;
  /** Entries of GET /cluster/resources of type `node`. */
  readonly nodes: readonly ResourceEntry[];
}

export function readHa({ status, resources, placement, options, nodes }: HaSources): HaReading {
  const manager = status.manager_status ?? {};
  const services = servicesOf(manager.service_status);
  const configured = new Map(
    resources.flatMap((entry) => {
      const vmid = vmidOfSid(entry.sid);
      return vmid === undefined ? [] : [[vmid, entry] as const];
    }),
  );
  const states = new Map(services.map(({ vmid, state }) => [vmid, state]));
  const armament = armamentOf(manager.disarm);

  return {
    ha: {
      hold: doubtfulNode(manager.node_status, nodes) ?? armament.hold,
      nativeRebalancing: isRebalancing(options),
      rules: placement.rules,
      services: services.flatMap(({ vmid, node }) => (node === undefined ? [] : [{ vmid, node }])),
    },
    serviceOf(vmid, hastate) {
      if (armament.ignoring) return undefined;
      const entry = configured.get(vmid);
      const live = [hastate || undefined, states.get(vmid)];
      if (!entry) return isManaged(hastate) ? notConfigured(hastate || undefined) : undefined;
      if (!haResource.matches(entry)) {
        return {
          ...notConfigured(undefined),
          fault: `its HA resource is malformed: ${haResource.fault(entry)}`,
        };
      }
      if (entry.state === 'ignored') return undefined;
      return {
        state: stateOf(entry.state, live),
        failback: Boolean(entry.failback ?? 1) && !placement.withoutFailback.has(vmid),
        autoRebalance: Boolean(entry['auto-rebalance'] ?? 1),
        fault: placement.faults.get(vmid) ?? placement.faultOfAll,
      };
    },
  };
}

function isManaged(hastate: string | null | undefined): boolean {
  return Boolean(hastate) && hastate !== 'ignored';
}

/** HA has a state of it, and no configuration: it is being given up. */
function notConfigured(state: string | undefined): HaService {
  return { state, failback: true, autoRebalance: true, fault: 'its HA resource is not configured' };
}

/** The first of its states that is not the normal one: what is wanted of it, and what is known from two places. */
function stateOf(requested = 'started', live: readonly (string | undefined)[]): string | undefined {
  const wanted = requested === 'enabled' ? 'started' : requested;
  const known = live.filter((state) => state !== undefined);
  return [wanted, ...known].find((state) => state !== 'started') ?? known[0];
}

interface Service {
  readonly vmid: number;
  readonly node: string | undefined;
  readonly state: string | undefined;
}

function servicesOf(status: Readonly<Record<string, unknown>> = {}): readonly Service[] {
  return Object.entries(status).flatMap(([sid, service]) => {
    const vmid = vmidOfSid(sid);
    if (vmid === undefined) return [];
    const { node, state } = isRecord(service) ? service : {};
    return [{ vmid, node: textOf(node), state: textOf(state) ?? 'unknown' }];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 63) : undefined;
}

/** While a node is being fenced, or HA knows nothing of it, HA may at any moment do more with its guests. */
function doubtfulNode(
  states: Readonly<Record<string, unknown>> = {},
  nodes: readonly ResourceEntry[],
): string | undefined {
  const all = [
    ...Object.entries(states),
    ...nodes.map(({ node, hastate }) => [textOf(node) ?? 'unnamed', hastate] as const),
  ];
  const doubtful = all.find(([, state]) => !isSettled(state));
  return doubtful && `its node ${doubtful[0]} is in HA state '${textOf(doubtful[1]) ?? 'unreadable'}'`;
}

function isSettled(state: unknown): boolean {
  return ['online', 'maintenance', 'gone', '', undefined, null].some((settled) => settled === state);
}

/** HA can be disarmed (docs/proxmox-api.md §10.4): its guests are then frozen, or it ignores them. */
function armamentOf(disarm: unknown): { readonly hold: string | undefined; readonly ignoring: boolean } {
  if (disarm === undefined || disarm === null) return { hold: undefined, ignoring: false };
  const { mode, state } = isRecord(disarm) ? disarm : {};
  if (mode === 'ignore' && state === 'disarmed') return { hold: undefined, ignoring: true };
  return {
    hold: `HA is ${textOf(state) ?? 'disarmed'} (${textOf(mode) ?? 'unknown mode'})`,
    ignoring: false,
  };
}

/** With the static or the dynamic scheduler PVE 9.2 can rebalance (docs/proxmox-api.md §10.1). */
function isRebalancing({ crs }: DatacenterOptions): boolean {
  if (crs === undefined || crs === null) return false;
  if (!isRecord(crs)) return true;
  return isSet(crs['ha-auto-rebalance']) && crs.ha !== undefined && crs.ha !== 'basic';
}
