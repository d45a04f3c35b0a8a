import { expect } from 'chai';
import type { HistoryEntry } from '../../src/api/generated/balance-policy.ts';
import type { PolicyWorld } from './policy-world.ts';

export function isBalanced(world: PolicyWorld, name = 'lab'): boolean {
  return conditionOf(world, 'Balanced', name) === 'True Balanced';
}

/** `True Balanced`: its status and reason; undefined when it is not there. */
export function conditionOf(world: PolicyWorld, type: string, name = 'lab'): string | undefined {
  const found = world.policy(name).status?.conditions?.find((condition) => condition.type === type);
  return found && `${found.status} ${found.reason}`;
}

export function messageOf(world: PolicyWorld, type: string, name = 'lab'): string {
  return world.policy(name).status?.conditions?.find((condition) => condition.type === type)?.message ?? '';
}

export function inFlight(world: PolicyWorld, name = 'lab') {
  return world.policy(name).status?.migrations ?? [];
}

export function history(world: PolicyWorld, name = 'lab'): readonly HistoryEntry[] {
  return world.policy(name).status?.history ?? [];
}

/** `100 Succeeded`, the oldest first. */
export function outcomes(world: PolicyWorld, name = 'lab'): readonly string[] {
  return history(world, name)
    .map(({ vmid, outcome }) => `${vmid} ${outcome}`)
    .toReversed();
}

/** Every task that the operator started is in the record of one policy, once; and nothing else ever went wrong. */
export function expectSoundRecord(world: PolicyWorld, names: readonly string[] = ['lab']): void {
  expect(world.violations, 'violations').to.deep.equal([]);
  const recorded = names.flatMap((name) => [...history(world, name), ...inFlight(world, name)]);
  const ids = recorded.map(({ id }) => id);
  expect(ids, 'ids of the record').to.have.lengthOf(new Set(ids).size);
  const upids = recorded.flatMap(({ upid }) => upid ?? []).toSorted();
  const ours = world.proxmox.tasks.filter(({ user }) => user === world.proxmox.user).map(({ upid }) => upid);
  expect(upids, 'tasks of the record').to.deep.equal(ours.toSorted());
  expect(world.logger.lines.filter(({ message }) => message === 'Met an unforeseen error')).to.deep.equal([]);
}
