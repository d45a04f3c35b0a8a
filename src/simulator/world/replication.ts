import type { ReplicationDocument } from '../scenario/document.ts';

/** Storage replication: which guests have copies of their local disks on which other nodes. */
export interface Replication {
  jobs(): readonly ReplicationJob[];
  /** The nodes a guest is replicated to. */
  targetsOf(vmid: number): readonly string[];
  /** After a move to a replication target the job goes the other way. */
  reverse(vmid: number, source: string, target: string): void;
}

export interface ReplicationJob {
  readonly guest: number;
  /** Of one guest's jobs, from 0. */
  readonly number: number;
  readonly target: string;
  readonly schedule: string;
}

export function createReplication(documents: readonly ReplicationDocument[]): Replication {
  const numbers = new Map<number, number>();
  let jobs = documents.map(({ guest, target, schedule = '*/15' }): ReplicationJob => {
    const number = numbers.get(guest) ?? 0;
    numbers.set(guest, number + 1);
    return { guest, number, target, schedule };
  });
  return {
    jobs: () => jobs,
    targetsOf: (vmid) => jobs.filter((job) => job.guest === vmid).map((job) => job.target),
    reverse(vmid, source, target) {
      jobs = jobs.map((job) =>
        job.guest === vmid && job.target === target ? { ...job, target: source } : job,
      );
    },
  };
}
