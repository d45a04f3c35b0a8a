import type { HaRule, NodeAffinity } from '../balancing/high-availability.ts';
import { haGroup, haRule, haRuleResources } from './schemas/ha.ts';
import { parseVmid } from './upid.ts';

/** HA's placement rules, and which guests are under rules that could not be read. */
export interface HaPlacement {
  readonly rules: readonly HaRule[];
  /** What is wrong, by VMID; sentence parts. */
  readonly faults: ReadonlyMap<number, string>;
  /** A rule that does not even say whose it is concerns every HA guest. */
  readonly faultOfAll: string | undefined;
  /** PVE 8: guests whose group says `nofailback`. */
  readonly withoutFailback: ReadonlySet<number>;
}

type Entry = Readonly<Record<string, unknown>>;

/** Of GET /cluster/ha/rules. Disabled rules, and those that PVE itself finds errors in, are not in force. */
export function placementOfRules(entries: readonly Entry[]): HaPlacement {
  const rules: HaRule[] = [];
  const faults = new Map<number, string>();
  let faultOfAll: string | undefined;
  for (const entry of entries.filter(isInForce)) {
    if (haRule.matches(entry)) {
      const vmids = vmidsOf(entry.resources);
      const affinity = entry.affinity === 'negative' ? 'Negative' : 'Positive';
      rules.push(
        entry.type === 'resource-affinity'
          ? { kind: 'ResourceAffinity', name: entry.rule, vmids, affinity }
          : {
              kind: 'NodeAffinity',
              name: entry.rule,
              vmids,
              nodes: nodesOf(entry.nodes),
              strict: Boolean(entry.strict),
              affinity,
            },
      );
      continue;
    }
    const fault = `its HA rule could not be read: ${haRule.fault(entry) ?? ''}`;
    if (haRuleResources.matches(entry)) for (const vmid of vmidsOf(entry.resources)) faults.set(vmid, fault);
    else faultOfAll = `a rule of HA could not be read: ${haRuleResources.fault(entry) ?? ''}`;
  }
  return { rules, faults, faultOfAll, withoutFailback: new Set() };
}

/** Anything but a plain 1 is in force until it can be read. */
function isInForce({ disable, errors }: Entry): boolean {
  if (disable === 1 || disable === true) return false;
  return !(typeof errors === 'object' && errors !== null && Object.keys(errors).length > 0);
}

/**
 * Of GET /cluster/ha/groups (PVE 8), as the node affinities they are turned into on PVE 9.
 *
 * @param groups The group of each guest that has one, by VMID.
 */
export function placementOfGroups(
  entries: readonly Entry[],
  groups: ReadonlyMap<number, string>,
): HaPlacement {
  const rules: NodeAffinity[] = [];
  const faults = new Map<number, string>();
  const withoutFailback = new Set<number>();
  const known = new Map(entries.flatMap((entry) => (haGroup.matches(entry) ? [[entry.group, entry]] : [])));
  for (const name of new Set(groups.values())) {
    const vmids = [...groups].flatMap(([vmid, group]) => (group === name ? [vmid] : []));
    const group = known.get(name);
    if (!group) {
      for (const vmid of vmids) faults.set(vmid, `its HA group '${name.slice(0, 40)}' could not be read`);
      continue;
    }
    if (group.nofailback) for (const vmid of vmids) withoutFailback.add(vmid);
    rules.push({
      kind: 'NodeAffinity',
      name,
      vmids,
      nodes: nodesOf(group.nodes),
      strict: Boolean(group.restricted),
      affinity: 'Positive',
    });
  }
  return { rules, faults, faultOfAll: undefined, withoutFailback };
}

/** `vm:100` or `ct:200`. */
export function vmidOfSid(sid: string): number | undefined {
  return /^(?:vm|ct):/.test(sid) ? parseVmid(sid.slice(3)) : undefined;
}

/** `vm:100,ct:200` */
function vmidsOf(resources: string): readonly number[] {
  return resources.split(/[,;\s]+/).flatMap((sid) => vmidOfSid(sid) ?? []);
}

/** `pve1:2,pve3`: without a priority it is 0. */
function nodesOf(nodes: string): NodeAffinity['nodes'] {
  return nodes.split(/[,;\s]+/).map((entry) => {
    const [name = '', priority = '0'] = entry.split(':');
    return { name, priority: Number(priority) };
  });
}
