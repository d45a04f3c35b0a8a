import type { CooldownEntry } from '../../../src/api/generated/balance-policy.ts';
import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import type { Moment } from './moment.ts';

/** How the cluster, the policy and its migrations are. */
export interface Situation {
  readonly now: number;
  readonly policy: StoredPolicy;
  /** Guests that rest by this policy or by another one of the cluster. */
  readonly cooldowns: readonly CooldownEntry[];
  readonly moment: Moment;
  /** Migrations that policies have recorded and not seen the end of; HA may not have begun them. */
  readonly underWay: number;
  /** Migrate tasks so far, whoever's. */
  readonly tasks: readonly TaskView[];
  /** Whose tasks are the operator's. */
  readonly user: string;
}

/** What is to be expected of an operator that evaluates now. */
export interface Outlook {
  /** What `Balanced` has to say; undefined where that is not certain. */
  readonly balanced: boolean | undefined;
  /** Who would move what, where something has to be moved. */
  readonly due: string | undefined;
}

/** Looks at what is true of the cluster. @param rests Until when guests are to be left alone, by VMID. */
export type LookAhead = (situation: Situation, rests: ReadonlyMap<number, string>) => Outlook;

/**
 * Judges in calm stretches whether the operator keeps the cluster within tolerance: at each of its evaluations somebody else
 * looks at what is true of the cluster, and what is due then the operator must find too, and begin.
 */
export interface ToleranceJudge {
  /** To be called after everything that happened, while the stretch lasts. */
  look(situation: Situation): void;
  /** Whether nothing is due or under way. */
  isAtRest(situation: Situation): boolean;
  /** Ends a stretch, which must have had that many evaluations. */
  end(situation: Situation, leastEvaluations: number): void;
  /** What was wrong, in words. */
  readonly broken: readonly string[];
  /** Evaluations that were judged. */
  readonly judged: number;
  /** Judged evaluations after which something was to be moved. */
  readonly acted: number;
}

interface Debt {
  readonly evaluation: string;
  readonly since: number;
  readonly due: string;
}

/** From an evaluation to the first of its migrations, all looks included. */
const BEGINS_WITHIN_MS = 60_000;
/** A rest begins when the end of its migration was noticed. */
const NOTICED_WITHIN_MS = 1_800_000;
const LONGEST_REST_MS = 86_400_000;

export function createToleranceJudge(lookAhead: LookAhead, cooldownMs: number): ToleranceJudge {
  const broken: string[] = [];
  let seen: string | undefined;
  let inStretch = 0;
  let judged = 0;
  let acted = 0;
  let debt: Debt | undefined;

  function outlook(situation: Situation): Outlook {
    const { cooldowns, tasks, now } = situation;
    const resting = cooldowns.filter((entry) => Date.parse(entry.until) > now && isDeserved(entry, tasks));
    return lookAhead(situation, new Map(resting.map(({ vmid, until }) => [vmid, until])));
  }

  /** Nobody rests for nothing, or for longer than is written. */
  function isDeserved({ vmid, until, failures }: CooldownEntry, tasks: readonly TaskView[]): boolean {
    const restMs = failures > 0 ? LONGEST_REST_MS : cooldownMs;
    return tasks.some(
      (task) =>
        task.vmid === vmid &&
        Date.parse(until) - (task.endTime ?? Number.POSITIVE_INFINITY) <= restMs + NOTICED_WITHIN_MS,
    );
  }

  function settleDebt({ now, tasks, user }: Situation): void {
    if (!debt) return;
    const { since, evaluation, due } = debt;
    if (tasks.some((task) => task.user === user && task.startTime >= since)) {
      acted += 1;
      debt = undefined;
    } else if (now - since > BEGINS_WITHIN_MS) {
      broken.push(`at the evaluation of ${evaluation} ${due}: nothing was moved`);
      debt = undefined;
    }
  }

  function judge(situation: Situation, evaluation: string): void {
    const { balanced, due } = outlook(situation);
    judged += 1;
    inStretch += 1;
    const conditions = situation.policy.status?.conditions ?? [];
    const state = (type: string) => conditions.find((condition) => condition.type === type);
    const told = state('Balanced')?.status;
    if (balanced !== undefined && told !== (balanced ? 'True' : 'False')) {
      const is = balanced ? 'as it is to be' : 'not as it is to be';
      broken.push(`the cluster was ${is} at ${evaluation} and Balanced was ${told}`);
    }
    if (due === undefined) return;
    // It pauses when its migrations fail one after the other, and says so.
    if (state('Ready')?.reason === 'MigrationsFailing') return;
    debt = { evaluation, since: Date.parse(evaluation), due };
  }

  return {
    broken,
    get judged() {
      return judged;
    },
    get acted() {
      return acted;
    },
    look(situation) {
      settleDebt(situation);
      const evaluation = situation.policy.status?.lastEvaluationTime;
      if (evaluation === undefined || evaluation === seen) return;
      // What was judged before the stretch began was judged on other loads.
      const first = seen === undefined;
      seen = evaluation;
      if (!first && situation.moment.running.length === 0) judge(situation, evaluation);
    },
    isAtRest: (situation) =>
      situation.underWay === 0 &&
      situation.moment.running.length === 0 &&
      outlook(situation).due === undefined,
    end(situation, leastEvaluations) {
      settleDebt(situation);
      if (inStretch < leastEvaluations) {
        broken.push(`${inStretch} evaluations in a calm stretch that has time for ${leastEvaluations}`);
      }
      inStretch = 0;
      seen = undefined;
      debt = undefined;
    },
  };
}
