import { indexCluster } from '../../balancing/cluster-index.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { movedGuests } from './companions.ts';
import { hasRoomFor } from './concurrency.ts';
import { liveCooldowns, MOST_COOLDOWNS } from './cooldowns.ts';
import { takeLastLook } from './last-look.ts';
import { requestMigration } from './migrate-request.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { Run } from './policy-memory.ts';
import { ruleBonds } from './rule-bonds.ts';
import { dropRun, endRunIfStopped } from './run-end.ts';
import { courseOf, legsOf, turnOfStep, withoutStep } from './run-progress.ts';
import { entriesOf, type Start } from './start.ts';
import { mayStillBecomePossible } from './step-order.ts';
import { passages } from './under-way.ts';

/**
 * Begins as many of the run's migrations as the limits allow, in the plan's order; what builds on others that have not
 * ended waits for them (`step-order.ts`). Each is checked afresh and its intent stored before the one POST that is ever
 * sent for it (docs/architecture.md, "A migration").
 */
export async function startMigrations(start: Start, run: Run): Promise<void> {
  const { cycle } = start;
  const bonds = ruleBonds(indexCluster(start.inventory.cluster, start.settings.placement));
  let holdUp: string | undefined;
  for (const migration of run.remaining) {
    // Storing what came of a request reads the policy anew: it may not be the one that the plan was made for any more.
    if (cycle.signal.aborted || endRunIfStopped(cycle, start.identity)) return;
    if (isFullOfCooldowns(cycle, migration)) {
      dropRun(cycle, 'status.cooldowns is full');
      return;
    }
    const course = courseOf(
      cycle.memory.run ?? run,
      migration,
      entriesOf(start),
      bonds,
      start.inventory.proxmoxTime,
    );
    const turn = turnOfStep(migration, course);
    if (turn.kind === 'Waits') {
      holdUp ??= `${nameOf(migration)} waits: ${turn.why}`;
      continue;
    }
    if (turn.kind === 'Never') {
      cycle.announce.dropped(1, `${nameOf(migration)}: ${turn.why}`);
      withoutStep(cycle.memory, migration);
      continue;
    }
    if (!hasRoomFor(migration, underWay(start), cycle.record.policy.spec.migration.concurrency)) continue;
    const look = await takeLastLook(start, migration);
    if (look.kind === 'Prevented' && legsOf(migration).some((leg) => mayStillBecomePossible(leg, course))) {
      holdUp ??= `${nameOf(migration)} waits: ${look.why}`;
      continue;
    }
    // To look may take long.
    if (endRunIfStopped(cycle, start.identity)) return;
    if (look.kind === 'Clear') await requestMigration(start, run, migration, look);
    else cycle.announce.dropped(1, `${nameOf(migration)}: ${look.why}`);
    withoutStep(cycle.memory, migration);
  }
  if (cycle.memory.run) cycle.memory.run = { ...cycle.memory.run, holdUp };
}

function nameOf({ type, vmid, name }: PlannedMigration): string {
  return `${type}/${vmid} '${name}'`;
}

/** Each guest whose migration ends may leave one more; none of them may be lost. */
function isFullOfCooldowns({ record, clock }: PolicyCycle, next: PlannedMigration): boolean {
  const guests = [...(record.status.migrations ?? []), next].flatMap(movedGuests).length;
  return liveCooldowns(record.status, clock.now()).length + guests > MOST_COOLDOWNS;
}

function underWay(start: Start) {
  return passages(entriesOf(start), start.inventory.runningMigrations);
}
