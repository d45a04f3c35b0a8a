import type { CooldownEntry } from '../../../src/api/generated/balance-policy.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import type { Plan } from '../../../src/balancing/plan.ts';
import { balanceSettings } from '../../../src/controllers/balance-policy/settings.ts';
import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import type { Moment } from './moment.ts';
import { trueCluster } from './true-cluster.ts';

/** How the cluster, the policy and its migrations are. */
export interface Situation {
  readonly now: number;
  readonly policy: StoredPolicy;
  readonly moment: Moment;
  /** Migrate tasks so far, whoever's. */
  readonly tasks: readonly TaskView[];
  /** Whose tasks are the operator's. */
  readonly user: string;
}

/**
 * Judges in calm stretches whether the operator keeps the cluster within tolerance: at each of its evaluations a plan is made
 * on what is true of the cluster, and what that finds the operator must find too, and begin.
 */
export interface ToleranceJudge {
  /** To be called after everything that happened, while the stretch lasts. */
  look(situation: Situation): void;
  /** Whether the cluster is within tolerance, or CSLB finds nothing more to move. */
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
  readonly moves: string;
}

/** From an evaluation to the first of its migrations, all looks included. */
const BEGINS_WITHIN_MS = 60_000;
/** A rest begins when the end of its migration was noticed. */
const NOTICED_WITHIN_MS = 1_800_000;
const LONGEST_REST_MS = 86_400_000;

export function createToleranceJudge(document: ScenarioDocument, cooldownMs: number): ToleranceJudge {
  const broken: string[] = [];
  let seen: string | undefined;
  let inStretch = 0;
  let judged = 0;
  let acted = 0;
  let debt: Debt | undefined;

  function planNow({ policy, moment, tasks, now }: Situation): Plan {
    const { spec, status } = policy;
    const resting = (status?.cooldowns ?? []).filter(
      (entry) => Date.parse(entry.until) > now && isDeserved(entry, tasks),
    );
    const rests = new Map(resting.map(({ vmid, until }) => [vmid, until]));
    return planCslb(trueCluster(moment, document, rests), balanceSettings(spec));
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
    const { since, evaluation, moves } = debt;
    if (tasks.some((task) => task.user === user && task.startTime >= since)) {
      acted += 1;
      debt = undefined;
    } else if (now - since > BEGINS_WITHIN_MS) {
      broken.push(
        `out of tolerance at the evaluation of ${evaluation}, though CSLB would move ${moves}: nothing was moved`,
      );
      debt = undefined;
    }
  }

  function judge(situation: Situation, evaluation: string): void {
    const plan = planNow(situation);
    judged += 1;
    inStretch += 1;
    const conditions = situation.policy.status?.conditions ?? [];
    const state = (type: string) => conditions.find((condition) => condition.type === type);
    const told = state('Balanced')?.status;
    if (plan.balanced !== undefined && told !== (plan.balanced ? 'True' : 'False')) {
      const is = plan.balanced ? 'within' : 'out of';
      broken.push(`the cluster was ${is} tolerance at ${evaluation} and Balanced was ${told}`);
    }
    if (plan.balanced !== false || plan.migrations.length === 0) return;
    // It pauses when its migrations fail one after the other, and says so.
    if (state('Ready')?.reason === 'MigrationsFailing') return;
    const moves = plan.migrations.map(({ vmid, source, target }) => `${vmid} ${source} → ${target}`);
    debt = { evaluation, since: Date.parse(evaluation), moves: moves.join(', ') };
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
    isAtRest(situation) {
      const { balanced, migrations } = planNow(situation);
      return balanced === true || migrations.length === 0;
    },
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
