import { OperatorError } from '../../lib/errors.ts';
import type { Scenario } from './scenario.ts';
import type { Judgement } from './specifications.ts';

/** Throws `InvalidInput` for what is named in one place of a scenario and not there in another. */
export function checkReferences(scenario: Scenario): void {
  const nodes = new Set<string>();
  for (const node of scenario.nodes) {
    if (nodes.has(node.name)) throw wrong(`nodes: there are two nodes '${node.name}'`);
    nodes.add(node.name);
  }
  const vmids = checkGuests(scenario, nodes);
  for (const { guest, target } of scenario.replication) {
    if (!vmids.has(guest)) throw wrong(`replication: there is no guest ${guest}`);
    if (!nodes.has(target)) throw wrong(`replication of ${guest}: there is no node '${target}'`);
  }
  for (const each of [...scenario.haGroups, ...scenario.haRules]) {
    const named = 'nodes' in each ? [...each.nodes.keys()] : [];
    const unknown = named.find((node) => !nodes.has(node));
    if (unknown !== undefined) throw wrong(`ha: '${each.name}' names no node of the cluster: '${unknown}'`);
  }
  checkEvents(scenario, nodes, vmids);
  if (scenario.judge) checkJudge(scenario.judge, nodes, vmids);
}

function checkJudge(
  { rules, drained }: Judgement,
  nodes: ReadonlySet<string>,
  vmids: ReadonlySet<number>,
): void {
  for (const rule of rules) {
    const guest = rule.guests.find((vmid) => !vmids.has(vmid));
    if (guest !== undefined) throw wrong(`judge: '${rule.name}' names no guest of the cluster: ${guest}`);
  }
  const named = [...drained, ...rules.flatMap((rule) => (rule.type === 'on' ? rule.nodes : []))];
  const node = named.find((name) => !nodes.has(name));
  if (node !== undefined) throw wrong(`judge: there is no node '${node}'`);
}

function checkGuests(scenario: Scenario, nodes: ReadonlySet<string>): ReadonlySet<number> {
  const storages = new Set(scenario.storages.map((storage) => storage.name));
  const pools = new Set(scenario.pools.map((pool) => pool.name));
  const groups = new Set(scenario.haGroups.map((group) => group.name));
  const vmids = new Set<number>();
  for (const guest of scenario.guests) {
    const place = `guest ${guest.vmid}`;
    if (vmids.has(guest.vmid)) throw wrong(`guests: there are two guests ${guest.vmid}`);
    vmids.add(guest.vmid);
    if (!nodes.has(guest.node)) throw wrong(`${place}: there is no node '${guest.node}'`);
    if (guest.pool !== undefined && !pools.has(guest.pool)) {
      throw wrong(`${place}: there is no pool '${guest.pool}'`);
    }
    if (guest.type === 'lxc' && guest.status === 'paused') {
      throw wrong(`${place}: a container cannot be paused`);
    }
    const disk = guest.disks.find((each) => !storages.has(each.storage));
    if (disk) throw wrong(`${place}: there is no storage '${disk.storage}'`);
    const group = guest.ha?.group;
    if (group !== undefined && !groups.has(group)) throw wrong(`${place}: there is no HA group '${group}'`);
  }
  return vmids;
}

function checkEvents(scenario: Scenario, nodes: ReadonlySet<string>, vmids: ReadonlySet<number>): void {
  for (const { document } of scenario.events) {
    const node =
      document.nodeOffline ??
      document.nodeOnline ??
      document.closeListener ??
      document.openListener ??
      (document.maintenance ?? document.slowNode ?? document.freezeStatistics)?.node;
    if (node !== undefined && !nodes.has(node)) {
      throw wrong(`event at ${document.at}: there is no node '${node}'`);
    }
    const listener = document.closeListener ?? document.openListener;
    if (listener !== undefined && scenario.listen !== 'perNode' && listener !== scenario.nodes[0]?.name) {
      throw wrong(`event at ${document.at}: '${listener}' has no port of its own without listen: perNode`);
    }
    const { failNextMigration, lock, backup, demand, haServiceState } = document;
    const vmid = document.unlock ?? (failNextMigration ?? lock ?? backup ?? demand ?? haServiceState)?.vmid;
    if (vmid !== undefined && !vmids.has(vmid)) {
      throw wrong(`event at ${document.at}: there is no guest ${vmid}`);
    }
  }
}

export function wrong(what: string): OperatorError {
  return new OperatorError('InvalidInput', `The scenario is wrong at ${what}.`);
}
