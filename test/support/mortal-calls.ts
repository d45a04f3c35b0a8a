/** The operator is killed at its n-th call of the API server or of Proxmox, before or after that took effect. */
export interface CrashPoint {
  readonly at: number;
  readonly when: 'Before' | 'After';
}

/** A process that calls; once dead it gets nowhere any more. */
export interface MortalProcess {
  dead: boolean;
}

/** Counts calls, and kills the process that makes one. */
export interface MortalCalls {
  /** Since the beginning, of all processes. */
  readonly count: number;
  /** Counted from the next call. */
  crashAt(point: CrashPoint): void;
  /** Nobody is to be killed any more. */
  spare(): void;
  /** The same, but every call counts, and may be the process's last. */
  mortal<T extends object>(target: T, calls: readonly (keyof T)[], process: () => MortalProcess): T;
}

class Crash extends Error {}

export function createMortalCalls(): MortalCalls {
  let count = 0;
  let crashPoint: CrashPoint | undefined;

  function die(process: MortalProcess): never {
    process.dead = true;
    throw new Crash(`died at call ${count}`);
  }

  function mortal<T extends object>(target: T, calls: readonly (keyof T)[], process: () => MortalProcess): T {
    return new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function' || !calls.includes(name as keyof T)) return member;
        return async (...parameters: unknown[]) => {
          const self = process();
          if (self.dead) throw new Crash('a dead process called');
          count += 1;
          const last = crashPoint?.at === count ? crashPoint.when : undefined;
          if (last === 'Before') die(self);
          const answer: unknown = await member.apply(object, parameters);
          if (self.dead) throw new Crash('died meanwhile');
          if (last === 'After') die(self);
          return answer;
        };
      },
    });
  }

  return {
    get count() {
      return count;
    },
    crashAt(point) {
      crashPoint = { ...point, at: count + point.at };
    },
    spare() {
      crashPoint = undefined;
    },
    mortal,
  };
}
