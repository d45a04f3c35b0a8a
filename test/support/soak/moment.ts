import type { ClusterView, GuestView, NodeView, TaskView } from '../../../src/simulator/cluster-view.ts';

/** What was true of the simulated cluster at a moment. */
export interface Moment {
  readonly guests: ReadonlyMap<number, GuestView>;
  readonly nodes: ReadonlyMap<string, NodeView>;
  /** Migrations under way, whoever's. */
  readonly running: readonly TaskView[];
  /** Guests that HA was asked to move, whether it has begun or not. */
  readonly asked: readonly Asked[];
  /** Whether no load, guest or node has changed for so long that everybody knows how things are. */
  readonly steady: boolean;
}

export interface Asked {
  readonly vmid: number;
  readonly target: string;
}

export function momentOf(view: ClusterView, steady: boolean, asked: readonly Asked[] = []): Moment {
  return {
    guests: new Map(view.guests().map((guest) => [guest.vmid, guest])),
    nodes: new Map(view.nodes().map((node) => [node.name, node])),
    running: runningMigrations(view),
    asked,
    steady,
  };
}

export function runningMigrations(view: ClusterView): readonly TaskView[] {
  return view.tasks().filter(({ source, endTime }) => source !== undefined && endTime === undefined);
}
