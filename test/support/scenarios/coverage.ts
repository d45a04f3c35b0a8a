import type { ScenarioFile } from './document.ts';

/** What a scenario waits to see in a condition, so that it is known to come about. */
export function reasonsOf({ steps }: ScenarioFile): readonly string[] {
  return steps.flatMap(({ wait }) =>
    Object.values(wait?.conditions ?? {}).flatMap((state) => state.split(' ').slice(1)),
  );
}

/** The reasons why it waits to see guests left where they are. */
export function blockReasonsOf({ steps }: ScenarioFile): readonly string[] {
  return steps.flatMap(({ wait }) =>
    Object.entries(wait?.blocked ?? {}).flatMap(([reason, count]) => (count === 0 ? [] : [reason])),
  );
}
