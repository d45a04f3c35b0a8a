import type { Control } from '../../../src/simulator/control.ts';
import { SOAK_NODES } from './soak-cluster.ts';

export interface SoakWorld {
  readonly control: Control;
  readonly random: () => number;
  readonly vmids: readonly number[];
  /** What ends later, in hours from now. */
  later(minutes: number, end: () => void): void;
  restartOperator(): Promise<void>;
  wipeStatus(): void;
  /** At most one node is off, or the quorum lost, at a time. */
  impaired: boolean;
}

/** Something happens to the cluster or to the operator. Gives its name. */
export async function happen(world: SoakWorld): Promise<string> {
  const { control, random, vmids } = world;
  const pick = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(random() * list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  const vmid = pick(vmids);
  const dice = random();
  if (dice < 0.55) {
    control.setDemand(vmid, { cpu: random() * 4, memory: (0.5 + random() * 7) * 1024 ** 3 });
    return `demand ${vmid}`;
  }
  if (dice < 0.65) {
    control.lockGuest(vmid, 'snapshot');
    world.later(1 + random() * 20, () => control.unlockGuest(vmid));
    return `lock ${vmid}`;
  }
  if (dice < 0.75) {
    control.failNextMigration(vmid, pick(['migration aborted', 'migration problems']));
    return `fail ${vmid}`;
  }
  if (dice < 0.82) {
    control.loseNextAnswer({ method: 'POST', path: /migrate$/ }, { afterActing: random() < 0.5 });
    return 'lost answer';
  }
  if (dice < 0.9) {
    await world.restartOperator();
    return 'restart';
  }
  if (dice < 0.92) {
    world.wipeStatus();
    return 'wipe';
  }
  if (world.impaired) return 'nothing';
  world.impaired = true;
  if (dice < 0.97) {
    const node = pick(SOAK_NODES.slice(1));
    control.setNodeOffline(node);
    world.later(5 + random() * 30, () => {
      control.setNodeOnline(node);
      world.impaired = false;
    });
    return `offline ${node}`;
  }
  control.setQuorate(false);
  world.later(1 + random() * 10, () => {
    control.setQuorate(undefined);
    world.impaired = false;
  });
  return 'quorum lost';
}
