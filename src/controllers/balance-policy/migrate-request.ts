import { randomUUID } from 'node:crypto';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import { parseBytes } from '../../lib/bytes.ts';
import { OperatorError } from '../../lib/errors.ts';
import { leadershipUncertain } from '../leadership.ts';
import type { MigrationRequest } from '../proxmox-cluster.ts';
import type { StoredPolicy } from '../resources.ts';
import { onSource } from './guest-places.ts';
import type { LastLook } from './last-look.ts';
import { withIntent, withTask } from './migration-record.ts';
import { newestUpid } from './newer-tasks.ts';
import type { Run } from './policy-memory.ts';
import { recordEnd } from './record-end.ts';
import { entryId, noteEnd } from './run-progress.ts';
import { type Start, statusOf } from './start.ts';

/** Throws InvalidSpec where the schema was bypassed. */
function limitOf({ spec }: StoredPolicy): { readonly bandwidthLimitBytes?: number } {
  const { bandwidthLimit } = spec.migration;
  if (bandwidthLimit === undefined) return {};
  const bandwidthLimitBytes = parseBytes(bandwidthLimit);
  if (bandwidthLimitBytes !== undefined) return { bandwidthLimitBytes };
  const message = `\`spec.migration.bandwidthLimit\` is '${bandwidthLimit}', it must be a size such as '100Mi'`;
  throw new OperatorError('InvalidSpec', message);
}

/** Stores the intent, sends the one POST there ever is for it, and records what came of it. */
export async function requestMigration(
  start: Start,
  run: Run,
  migration: PlannedMigration,
  { before, withLocalDisks }: LastLook & { readonly kind: 'Clear' },
): Promise<void> {
  const { cycle, proxmox, identity } = start;
  const { record, memory, leadership } = cycle;
  const { vmid, target } = migration;
  const request: MigrationRequest = {
    ...onSource(migration, migration),
    target,
    stopped: statusOf(migration) === 'stopped',
    withLocalDisks,
    ...limitOf(record.policy),
  };
  if (!leadership.isCertain()) throw leadershipUncertain();
  const id = entryId(run, vmid, randomUUID().slice(0, 8));
  try {
    await record.store((status) =>
      withIntent(status, {
        id,
        migration,
        identity,
        afterUpid: newestUpid(before.tasks),
        proxmoxTime: before.proxmoxTime,
      }),
    );
  } catch (error) {
    // Should the write have come through after all, the entry is known not to have been sent.
    if (error instanceof ApiError && error.mayHaveTakenEffect) memory.neverPosted.add(id);
    throw error;
  }
  memory.postedAs.set(id, proxmox.user);
  // From here on a stop of the operator waits: what was begun is recorded.
  const answer = await proxmox.startMigration(request, cycle.graceSignal, leadership.isCertain);
  switch (answer.kind) {
    case 'Accepted':
      await record.storeSurely((status) =>
        withTask(status, id, { upid: answer.upid, startTime: answer.proxmoxTime }),
      );
      cycle.announce.started({ vmid }, answer.upid);
      return;
    case 'Refused': {
      const end = { outcome: 'Refused', message: answer.message, endTime: before.proxmoxTime } as const;
      memory.postedAs.delete(id);
      const entry = record.status.migrations?.find((each) => each.id === id);
      if (entry) await recordEnd(cycle, entry, end);
      if (entry) {
        noteEnd(memory, entry, end);
        cycle.announce.ended(entry, end);
      }
      return;
    }
    case 'NotSent':
      memory.neverPosted.add(id);
      throw leadershipUncertain();
    case 'Unknown':
      cycle.logger.warn(
        { vmid, detail: answer.message },
        'Got no answer to a migrate request; looking for its task instead of repeating it',
      );
  }
}
