import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Leadership } from '../leadership.ts';
import type { PolicyAnnouncer } from './policy-announcer.ts';
import type { PolicyMemory } from './policy-memory.ts';
import type { PolicyRecord } from './policy-record.ts';

/** Everything the steps of one reconcile share. */
export interface PolicyCycle {
  /** `namespace/name` */
  readonly key: string;
  readonly record: PolicyRecord;
  readonly memory: PolicyMemory;
  readonly announce: PolicyAnnouncer;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the operator is to stop. */
  readonly signal: AbortSignal;
  /** Aborted only when a stop has taken too long: for a POST and the record of what came of it. */
  readonly graceSignal: AbortSignal;
  /** `spec.migration.timeout` */
  readonly timeoutMs: number;
}
