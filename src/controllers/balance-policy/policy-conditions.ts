import type { Reason } from '../../api/reasons.ts';
import type { Plan } from '../../balancing/plan.ts';
import type { ConditionUpdate } from '../conditions.ts';
import type { ErrorOutcome } from '../error-outcomes.ts';
import { type Activity, reportActivity } from './activity.ts';
import { describeConflicts, describeUnmet, describeUnnamed } from './placement-sentences.ts';
import { formatPercent } from './policy-figures.ts';

/** What the conditions of a policy say in each of its situations. */

/** Before anything was found out, so that nobody takes a new policy for a working one. */
export function unseenConditions(): readonly ConditionUpdate[] {
  const message = 'The policy was not evaluated yet.';
  return [
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message },
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
    { type: 'Balanced', status: 'Unknown', reason: 'Progressing', message },
    { type: 'DataComplete', status: 'Unknown', reason: 'Progressing', message },
  ];
}

export function failedConditions(
  failure: ErrorOutcome & { readonly message: string },
): readonly ConditionUpdate[] {
  const { reason, message, stalled } = failure;
  const trouble: readonly ConditionUpdate[] = stalled
    ? [
        { type: 'Reconciling', status: 'Absent' },
        { type: 'Stalled', status: 'True', reason, message },
      ]
    : [
        { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message },
        { type: 'Stalled', status: 'Absent' },
      ];
  return [
    { type: 'Ready', status: 'False', reason, message },
    ...trouble,
    { type: 'Balanced', status: 'Unknown', reason, message },
    { type: 'DataComplete', status: 'Unknown', reason, message },
  ];
}

export interface DataProblem {
  readonly reason: 'DataIncomplete' | 'StaleData';
  readonly message: string;
}

export function evaluatedConditions(
  plan: Plan,
  activity: Activity,
  problem: DataProblem | undefined,
): readonly ConditionUpdate[] {
  const conflict = plan.undecided === undefined ? describeConflicts(plan) : undefined;
  return [
    conflict === undefined
      ? readyCondition(plan, activity)
      : conflicting(conflict, readyCondition(plan, activity)),
    { type: 'Reconciling', status: 'Absent' },
    conflict === undefined
      ? { type: 'Stalled', status: 'Absent' }
      : { type: 'Stalled', status: 'True', reason: 'RuleConflict', message: conflict },
    balancedCondition(plan, activity, problem),
    problem
      ? { type: 'DataComplete', status: 'False', ...problem }
      : {
          type: 'DataComplete',
          status: 'True',
          reason: 'DataComplete',
          message: 'Every node and guest could be read.',
        },
  ];
}

/** What cannot be had does not keep the policy from anything else, but a person must act. */
function conflicting(conflict: string, { message }: { readonly message: string }): ConditionUpdate {
  return { type: 'Ready', status: 'False', reason: 'RuleConflict', message: `${conflict} ${message}` };
}

function readyCondition(plan: Plan, activity: Activity): ConditionUpdate & { readonly message: string } {
  if (plan.undecided !== undefined) {
    return { type: 'Ready', status: 'False', reason: 'DataIncomplete', message: `${plan.undecided}.` };
  }
  const found = [summarize(plan), ...describeUnnamed(plan)].join(' ');
  if (activity.kind === 'Acting') {
    if (plan.balanced) return ready('Balanced', found);
    return ready(plan.exhausted === undefined ? 'Migrating' : 'StrategyExhausted', found);
  }
  const report = reportActivity(activity);
  const message = report.sentence === undefined ? found : `${report.sentence} ${found}`;
  return { type: 'Ready', status: report.ready ? 'True' : 'False', reason: report.reason, message };
}

function balancedCondition(
  plan: Plan,
  activity: Activity,
  problem: DataProblem | undefined,
): ConditionUpdate {
  if (problem) return { type: 'Balanced', status: 'Unknown', ...problem };
  const message = summarize(plan);
  if (plan.balanced) return { type: 'Balanced', status: 'True', reason: 'Balanced', message };
  if (activity.kind === 'CoolingDown') {
    return { type: 'Balanced', status: 'False', reason: 'CoolingDown', message };
  }
  if (plan.exhausted !== undefined) {
    return { type: 'Balanced', status: 'False', reason: 'StrategyExhausted', message };
  }
  const reason = activity.kind === 'Acting' ? 'Migrating' : 'Imbalanced';
  return { type: 'Balanced', status: 'False', reason, message };
}

/** While migrations of the policy are under way. */
export function migratingConditions(work: {
  readonly underWay: number;
  readonly toCome: number;
  readonly overdue: readonly string[];
  readonly specChanged: boolean;
  /** Which of them waits, and for what beside the limits; a sentence part. */
  readonly holdUp?: string | undefined;
  /** What `Stalled` says of rules that contradict each other; they do so still. */
  readonly conflict?: string | undefined;
}): readonly ConditionUpdate[] {
  const come = work.toCome > 0 ? `, ${work.toCome} to come` : '';
  const held = work.toCome > 0 && work.holdUp !== undefined ? ` ${work.holdUp}.` : '';
  const message = `${count(work.underWay, 'migration')} under way${come}.${held}`;
  const late = `Overdue, and left running: ${work.overdue.join(', ')}. Look at the task on its node; nothing new is begun before it ends. If that node is gone for good, delete the policy and create it anew.`;
  // A changed spec may have put it right.
  const conflict = work.specChanged ? undefined : work.conflict;
  return [
    work.overdue.length === 0
      ? working('Migrating', message, conflict)
      : { type: 'Ready', status: 'False', reason: 'MigrationsOverdue', message: late },
    work.specChanged
      ? {
          type: 'Reconciling',
          status: 'True',
          reason: 'Progressing',
          message: 'The changed spec is taken up when the migrations under way have ended.',
        }
      : { type: 'Reconciling', status: 'Absent' },
    ...(conflict === undefined ? [NOT_STALLED] : []),
    { type: 'Balanced', status: 'False', reason: 'Migrating', message },
  ];
}

/** After a run, until the cluster is judged again. */
export function settlingConditions(conflict?: string): readonly ConditionUpdate[] {
  const message = 'All migrations have ended; the cluster is judged again once its statistics show it.';
  return [
    working('Settling', message, conflict),
    ...(conflict === undefined ? [NOT_STALLED] : []),
    { type: 'Balanced', status: 'False', reason: 'Settling', message },
  ];
}

/** After a plan of which nothing could be begun. */
export function nothingBegunConditions(conflict?: string): readonly ConditionUpdate[] {
  const message =
    'None of the planned migrations could be begun, the Events and `status.history` say why; the next evaluation plans anew.';
  return [
    working('Imbalanced', message, conflict),
    { type: 'Balanced', status: 'False', reason: 'Imbalanced', message },
  ];
}

const NOT_STALLED = { type: 'Stalled', status: 'Absent' } as const;

function working(reason: Reason, message: string, conflict: string | undefined): ConditionUpdate {
  const condition = ready(reason, message);
  return conflict === undefined ? condition : conflicting(conflict, condition);
}

function ready(reason: Reason, message: string): ConditionUpdate & { readonly message: string } {
  return { type: 'Ready', status: 'True', reason, message };
}

/** The plan in a few sentences. */
export function summarize(plan: Plan): string {
  const unmet = describeUnmet(plan);
  return [describeBalance(plan), ...(unmet === undefined ? [] : [unmet])].join(' ');
}

function describeBalance(plan: Plan): string {
  const { imbalance, migrations, exhausted } = plan;
  const outlook = migrations.length === 0 ? '' : `: ${count(migrations.length, 'migration')} planned`;
  const why = exhausted === undefined ? '' : ` ${exhausted}.`;
  if (imbalance.value === undefined) {
    return `Fewer than two nodes take part, so there is nothing to balance${outlook}.${why}`;
  }
  const against = `the tolerance of ${formatPercent(imbalance.tolerance)}`;
  const found = `The imbalance of ${formatPercent(imbalance.value)}`;
  if (plan.balanced) return `${found} is within ${against}.`;
  const within = plan.unmet.before > 0 && imbalance.value <= imbalance.tolerance;
  const verdict = `${found} ${within ? 'is within' : 'exceeds'} ${against}`;
  if (exhausted !== undefined) return `${verdict}.${why}`;
  return migrations.length === 0
    ? `${verdict}.`
    : `${verdict}${outlook}, to ${formatPercent(plan.predicted.value)}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
