import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { movedGuests } from './companions.ts';
import { withCooldown } from './cooldowns.ts';
import { type End, withEnd } from './migration-record.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import { specDuration } from './spec-duration.ts';

/** Stores the end of a migration, and the rest it brings each guest of it, in one write. */
export async function recordEnd(
  { record, clock }: Pick<PolicyCycle, 'record' | 'clock'>,
  entry: MigrationEntry,
  end: End,
): Promise<void> {
  const { historyLimit, stabilization } = record.policy.spec;
  const cooldownMs = specDuration(stabilization.guestCooldown, 'spec.stabilization.guestCooldown');
  await record.storeSurely((status) => {
    const ended = withEnd(status, entry.id, end, historyLimit);
    // Without the entry it was stored before, with its rest.
    if (ended === status) return status;
    return movedGuests(entry).reduce(
      (rested, guest) => withCooldown(rested, guest, end.outcome, cooldownMs, clock.now()),
      ended,
    );
  });
}
