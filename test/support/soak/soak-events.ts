import type { Control } from '../../../src/simulator/control.ts';
import { apiError, type FakeApiClient } from '../fake-api-client.ts';
import { isLoaded, SOAK_NODES, type SoakStrategy } from './soak-cluster.ts';
import type { SoakObjects } from './soak-objects.ts';
import type { SoakOperators } from './soak-operators.ts';

export interface SoakWorld {
  /** Of the policy that acts. */
  readonly strategy: SoakStrategy;
  readonly control: Control;
  readonly random: () => number;
  readonly vmids: readonly number[];
  /** Whose lock and place nobody else is about to change. */
  isIdle(vmid: number): boolean;
  lockOf(vmid: number): string | undefined;
  readonly api: FakeApiClient;
  readonly objects: SoakObjects;
  readonly operators: SoakOperators;
  /** What ends later, in minutes from now. */
  later(minutes: number, end: () => void): void;
  /** The status of the policy that acts is gone. */
  wipeStatus(): void;
  /** At most one node is off, slow, stale or in maintenance, or the quorum lost, at a time. */
  impaired: boolean;
}

interface SoakEvent {
  /** How often it happens, compared with the others. */
  readonly weight: number;
  /** Of those that impair a node or the cluster only one lasts at a time. */
  readonly impairs?: boolean;
  /** Whose policies ask for such a thing; any when absent. */
  readonly strategy?: SoakStrategy;
  happen(world: SoakWorld, draw: Draw): void;
}

interface Draw {
  pick<T>(list: readonly T[]): T;
  between(least: number, most: number): number;
  loaded(): number;
  /** All but the first node, which is the one that answers the API. */
  node(): string;
}

/** Everything that may happen to the cluster, the API server and the operators. */
const SOAK_EVENTS: Readonly<Record<string, SoakEvent>> = {
  demand: {
    weight: 50,
    happen: ({ control }, { loaded, between }) =>
      control.setDemand(loaded(), { cpu: between(0, 4), memory: between(0.5, 7.5) * 1024 ** 3 }),
  },
  lock: {
    weight: 8,
    happen({ control, vmids, isIdle, lockOf, later }, { pick, between }) {
      const vmid = pick(vmids.filter(isIdle));
      control.lockGuest(vmid, 'snapshot');
      later(between(1, 21), () => {
        if (lockOf(vmid) === 'snapshot') control.unlockGuest(vmid);
      });
    },
  },
  backup: {
    weight: 3,
    happen({ control, vmids, isIdle }, { pick, between }) {
      control.backup(pick(vmids.filter(isIdle)), between(60_000, 900_000));
    },
  },
  'failing migration': {
    weight: 9,
    happen: ({ control }, { loaded, pick }) =>
      control.failNextMigration(
        loaded(),
        pick(['migration aborted', 'migration problems', 'unexpected status', 'WARNINGS: 1']),
      ),
  },
  'lost answer': {
    weight: 6,
    happen: ({ control, random }) =>
      control.loseNextAnswer({ method: 'POST', path: /migrate$/ }, { afterActing: random() < 0.5 }),
  },
  'moved by hand': {
    weight: 2,
    happen({ control, vmids, isIdle, impaired }, { pick }) {
      if (impaired) return;
      control.moveGuest(pick(vmids.filter((vmid) => isLoaded(vmid) && isIdle(vmid))), pick(SOAK_NODES));
    },
  },
  'killed operator': { weight: 6, happen: ({ operators }) => operators.leader()?.kill() },
  'stopped operator': { weight: 2, happen: ({ operators }) => operators.leader()?.stop() },
  'paused operator': {
    weight: 4,
    happen({ operators, later }, { between }) {
      const leader = operators.leader();
      leader?.pause();
      later(between(0.1, 5), () => leader?.resume());
    },
  },
  'refused status': {
    weight: 6,
    happen({ api }, { pick }) {
      const after = pick([true, false]);
      const error = pick([
        apiError(503, { mayHaveTakenEffect: true }),
        apiError(409),
        // No answer at all.
        apiError(undefined, { mayHaveTakenEffect: true }),
      ]);
      api.fail('applyStatus', error, { times: pick([1, 2, 5]), after: after && error.mayHaveTakenEffect });
    },
  },
  'broken watches': { weight: 2, happen: ({ api }) => api.endWatches() },
  wipe: { weight: 2, happen: ({ wipeStatus }) => wipeStatus() },
  rival: {
    weight: 3,
    happen({ objects, later }, { between }) {
      if (!objects.policy('rival').spec.suspend) return;
      objects.suspend('rival', false);
      later(between(5, 60), () => objects.suspend('rival', true));
    },
  },
  drain: {
    weight: 5,
    strategy: 'Optimize',
    happen({ objects, later }, { node, between }) {
      if (objects.policy('soak').spec.placement.drainNodes.length > 0) return;
      objects.drain('soak', [node()]);
      later(between(5, 180), () => objects.drain('soak', []));
    },
  },
  'node off': {
    weight: 4,
    impairs: true,
    happen: lasting((control, node) => control.setNodeOffline(node), [5, 35], setOnline),
  },
  'quorum lost': {
    weight: 2,
    impairs: true,
    happen: lasting(
      (control) => control.setQuorate(false),
      [1, 11],
      (control) => control.setQuorate(undefined),
    ),
  },
  maintenance: {
    weight: 2,
    impairs: true,
    happen: lasting(
      (control, node) => control.setMaintenance(node, true),
      [10, 40],
      (control, node) => control.setMaintenance(node, false),
    ),
  },
  'slow node': {
    weight: 2,
    impairs: true,
    happen: lasting(
      (control, node) => control.setSlow(node, 40_000),
      [2, 10],
      (control, node) => control.setSlow(node, 0),
    ),
  },
  'stale node': {
    weight: 2,
    impairs: true,
    happen: lasting(
      (control, node) => control.freezeStatistics(node, true),
      [2, 15],
      (control, node) => control.freezeStatistics(node, false),
    ),
  },
};

function setOnline(control: Control, node: string): void {
  control.setNodeOnline(node);
}

function lasting(
  begin: (control: Control, node: string) => void,
  [least, most]: readonly [number, number],
  end: (control: Control, node: string) => void,
): SoakEvent['happen'] {
  return (world, { node: draw, between }) => {
    const node = draw();
    world.impaired = true;
    begin(world.control, node);
    world.later(between(least, most), () => {
      end(world.control, node);
      world.impaired = false;
    });
  };
}

/** Something happens. Gives its name. */
export function happen(world: SoakWorld): string {
  const { random, vmids } = world;
  const possible = Object.entries(SOAK_EVENTS)
    .filter(([, { impairs }]) => !(impairs && world.impaired))
    .filter(([, { strategy = world.strategy }]) => strategy === world.strategy);
  const whole = possible.reduce((sum, [, { weight }]) => sum + weight, 0);
  let dice = random() * whole;
  const found = possible.find(([, { weight }]) => {
    dice -= weight;
    return dice < 0;
  });
  const [name, event] = found ?? [];
  if (name === undefined || event === undefined) throw new Error('nothing can happen');
  const pick = <T>(list: readonly T[]): T => {
    const picked = list[Math.floor(random() * list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  event.happen(world, {
    pick,
    between: (least, most) => least + random() * (most - least),
    loaded: () => pick(vmids.filter(isLoaded)),
    node: () => pick(SOAK_NODES.slice(1)),
  });
  return name;
}
