import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import type { Situation } from './tolerance-judge.ts';

/**
 * Judges in calm stretches whether the operator keeps quiet: where an evaluation has begun nothing, and nothing has changed
 * until the next one, that one begins nothing either.
 */
export interface QuietJudge {
  /** To be called after everything that happened, while the stretch lasts. */
  look(situation: Situation): void;
  /** Ends a stretch. */
  end(): void;
  readonly broken: readonly string[];
  /** Evaluations that had to be quiet. */
  readonly judged: number;
}

interface Evaluation {
  readonly time: string;
  readonly state: string;
  readonly paused: boolean;
  /** Whether nothing may be moved before the next one. */
  readonly quiet: boolean;
}

export function createQuietJudge(): QuietJudge {
  const broken: string[] = [];
  let judged = 0;
  let last: Evaluation | undefined;

  function begunSince({ time }: Evaluation, { tasks, user }: Situation): readonly TaskView[] {
    return tasks.filter((task) => task.user === user && task.startTime >= Date.parse(time));
  }

  return {
    broken,
    get judged() {
      return judged;
    },
    look(situation) {
      const time = situation.policy.status?.lastEvaluationTime;
      if (time === undefined || time === last?.time) return;
      const begun = last ? begunSince(last, situation).filter(isBefore(time)) : [];
      const [task] = begun;
      if (last?.quiet && task)
        broken.push(`${task.upid} was begun after ${last.time}, though nothing changed`);
      // The first one that is seen may have been made of what was before the stretch.
      const state = last === undefined ? '' : stateOf(situation);
      const quiet = last !== undefined && !last.paused && begun.length === 0 && last.state === state;
      if (quiet) judged += 1;
      const ready = situation.policy.status?.conditions?.find(({ type }) => type === 'Ready');
      last = { time, state, quiet, paused: ready?.reason === 'MigrationsFailing' };
    },
    end() {
      last = undefined;
    },
  };
}

function isBefore(time: string): (task: TaskView) => boolean {
  return ({ startTime }) => startTime < Date.parse(time);
}

/** All that a plan may be made from. */
function stateOf({ now, policy, cooldowns, moment }: Situation): string {
  const resting = cooldowns.filter(({ until }) => Date.parse(until) > now);
  return JSON.stringify([
    policy.metadata.generation,
    resting.map(({ vmid }) => vmid),
    [...moment.guests.values()],
    [...moment.nodes.values()].map(({ uptimeSeconds: _, loadAverage: __, ...node }) => node),
    moment.running.map(({ upid }) => upid),
  ]);
}
