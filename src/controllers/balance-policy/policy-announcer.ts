import type { HistoryEntry, MigrationEntry } from '../../api/generated/balance-policy.ts';
import type { Plan } from '../../balancing/plan.ts';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import { parseBytes } from '../../lib/bytes.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ErrorOutcome } from '../error-outcomes.ts';
import type { StoredPolicy } from '../resources.ts';
import { formatPercent } from './policy-figures.ts';
import type { Outcome } from './settlement.ts';

/** Tells people: one Event on the policy and one log line for each thing they should know. */
export interface PolicyAnnouncer {
  planned(plan: Plan, planId: string): void;
  started(entry: { readonly vmid: number }, upid: string): void;
  ended(entry: MigrationEntry, end: MigrationEnd): void;
  overdue(entry: MigrationEntry): void;
  adopted(entry: MigrationEntry): void;
  /** One that was shut down to be migrated and is still down. */
  containerStopped(entry: HistoryEntry): void;
  /** Moves of a plan that will not be begun. */
  dropped(count: number, why: string): void;
  balanced(message: string): void;
  ruleConflict(message: string): void;
  exhausted(message: string): void;
  failed(outcome: ErrorOutcome & { readonly message: string }): void;
}

export interface MigrationEnd {
  readonly outcome: Outcome;
  readonly message: string;
  /** Proxmox time. */
  readonly endTime: number;
}

/** Told of every migration that ended. */
export interface MigrationObserver {
  migrationEnded(migration: EndedMigration): void;
}

export interface EndedMigration {
  readonly namespace: string;
  readonly policy: string;
  readonly outcome: Outcome;
  /** Rounded, as the record has it; undefined when it is not known. */
  readonly memoryBytes: number | undefined;
  /** Of its task, in Proxmox time; undefined when it had none. */
  readonly milliseconds: number | undefined;
}

// Most events of one plan that a person can take in.
const MOVES_NAMED = 10;

export function createPolicyAnnouncer(
  policy: StoredPolicy,
  events: EventRecorder,
  logger: Logger,
  observer?: MigrationObserver,
): PolicyAnnouncer {
  const tell = (type: 'Normal' | 'Warning', reason: string, action: string, message: string) =>
    events.record(policy, { type, reason, action, message });
  return {
    planned(plan, planId) {
      const moves = plan.migrations.map(({ vmid, source, target }) => `${vmid} ${source} → ${target}`);
      const more = moves.length > MOVES_NAMED ? ` and ${moves.length - MOVES_NAMED} more` : '';
      const course = `${formatPercent(plan.imbalance.value)} → ${formatPercent(plan.predicted.value)}`;
      const named = moves.slice(0, MOVES_NAMED).join(', ');
      tell('Normal', 'Planned', 'Plan', `Plan ${planId}, imbalance ${course}: ${named}${more}`);
      logger.info({ planId, migrations: plan.migrations }, 'Planned migrations');
    },
    started(entry, upid) {
      logger.info({ migration: entry, upid }, 'Started migration');
    },
    ended(entry, { outcome, message, endTime }) {
      const { namespace, name } = policy.metadata;
      observer?.migrationEnded({
        namespace,
        policy: name,
        outcome,
        memoryBytes: entry.memory === undefined ? undefined : parseBytes(entry.memory),
        milliseconds: entry.startTime === undefined ? undefined : endTime - Date.parse(entry.startTime),
      });
      const text = `${describe(entry)}: ${message}`;
      tell(isGood(outcome) ? 'Normal' : 'Warning', `Migration${outcome}`, 'Migrate', text);
      const fields = { migration: entry, outcome, detail: message };
      if (isGood(outcome)) logger.info(fields, 'Ended migration');
      else logger.warn(fields, 'Ended migration');
    },
    overdue(entry) {
      const text = `${describe(entry)} takes longer than spec.migration.timeout; it is left alone (${entry.upid ?? 'its task was not found yet'})`;
      tell('Warning', 'MigrationOverdue', 'Migrate', text);
      logger.warn({ migration: entry }, 'Migration is overdue');
    },
    adopted(entry) {
      tell('Normal', 'MigrationAdopted', 'Migrate', `${describe(entry)} was found running (${entry.upid})`);
      logger.info({ migration: entry }, 'Adopted running migration');
    },
    containerStopped(entry) {
      const text = `${describe(entry)}: the container was shut down for a migration that failed, and is stopped on ${entry.source}. Start it there with \`pct start ${entry.vmid}\`; the operator does not.`;
      tell('Warning', 'ContainerStopped', 'Migrate', text);
      logger.warn({ migration: entry }, 'Container is stopped after its migration failed');
    },
    dropped(count, why) {
      const text = `${count} planned ${count === 1 ? 'migration is' : 'migrations are'} not begun: ${why}`;
      tell('Normal', 'MigrationsDropped', 'Plan', text);
      logger.info({ count, why }, 'Dropped planned migrations');
    },
    balanced(message) {
      tell('Normal', 'Balanced', 'Evaluate', message);
      logger.info({ detail: message }, 'Cluster is balanced');
    },
    ruleConflict(message) {
      tell('Warning', 'RuleConflict', 'Evaluate', message);
      logger.warn({ detail: message }, 'Cannot satisfy the placement');
    },
    exhausted(message) {
      tell('Warning', 'StrategyExhausted', 'Evaluate', message);
      logger.warn({ detail: message }, 'Strategy found nothing to migrate');
    },
    failed(outcome) {
      if (outcome.event) tell('Warning', outcome.reason, 'Evaluate', outcome.message);
    },
  };
}

function describe(entry: MigrationEntry | HistoryEntry): string {
  return `${entry.type}/${entry.vmid} '${entry.name}' ${entry.source} → ${entry.target}`;
}

function isGood(outcome: Outcome): boolean {
  return outcome === 'Succeeded';
}
