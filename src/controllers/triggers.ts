import type { ObjectChange } from '../kubernetes/reflector.ts';
import { APPROVE } from './balance-policy/approval.ts';
import { REQUESTED_AT } from './balance-policy/schedule.ts';
import type { StoredCluster, StoredPolicy } from './resources.ts';

const ANNOTATIONS = [REQUESTED_AT, APPROVE];

/**
 * Which changes call for a reconcile. Our own status writes do not; a status that somebody wiped does.
 */
export function isPolicyTrigger(change: ObjectChange<StoredPolicy>): boolean {
  if (change.kind !== 'Updated') return true;
  const { object, previous } = change;
  return (
    isChanged(object, previous) ||
    ANNOTATIONS.some((name) => object.metadata.annotations?.[name] !== previous.metadata.annotations?.[name])
  );
}

export function isClusterTrigger(change: ObjectChange<StoredCluster>): boolean {
  return change.kind !== 'Updated' || isChanged(change.object, change.previous);
}

function isChanged<T extends StoredCluster | StoredPolicy>(object: T, previous: T): boolean {
  return (
    object.metadata.generation !== previous.metadata.generation ||
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    (object.status?.conditions === undefined && previous.status?.conditions !== undefined)
  );
}
