import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import type { End } from './migration-record.ts';
import type { PolicyMemory, Run } from './policy-memory.ts';
import type { RuleBonds } from './rule-bonds.ts';
import type { Course } from './step-order.ts';

/** How the run in a policy's memory goes on. */

/** What has begun, or never will, is not to come any more. */
export function withoutStep(memory: PolicyMemory, step: PlannedMigration): void {
  const { run } = memory;
  if (run) memory.run = { ...run, remaining: run.remaining.filter((other) => other !== step) };
}

/** What waited for this one is looked at again. Entries of other runs change nothing. */
export function noteEnd(memory: PolicyMemory, entry: MigrationEntry, { outcome, endTime }: End): void {
  const { run } = memory;
  if (!run || !isOfRun(run, entry)) return;
  const { vmid, source, target } = entry;
  const ended = { vmid, source, target, succeeded: outcome === 'Succeeded', endTime };
  const { waitsUntil: _, ...rest } = run;
  memory.run = { ...rest, ended: [...run.ended, ended] };
}

export function entryId({ planId }: Run, vmid: number, unique: string): string {
  return `${planId}-${vmid}-${unique}`;
}

function isOfRun({ planId }: Run, { id }: MigrationEntry): boolean {
  return id.startsWith(`${planId}-`);
}

export function courseOf(
  run: Run,
  step: PlannedMigration,
  underWay: readonly MigrationEntry[],
  bonds: RuleBonds,
  proxmoxTime: number,
): Course {
  const before = run.remaining.slice(0, run.remaining.indexOf(step));
  return { before, underWay, ended: run.ended, bonds, proxmoxTime };
}
