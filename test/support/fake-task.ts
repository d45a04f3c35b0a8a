import type { GuestType } from '../../src/balancing/cluster.ts';

/** What becomes of the next migrate request for a guest. */
export type StartFault =
  /** Nothing arrives at the node, and no answer comes. */
  | { readonly kind: 'LostBefore' }
  /** The task starts, `lateMs` later, and no answer comes. */
  | { readonly kind: 'LostAfter'; readonly lateMs?: number }
  | { readonly kind: 'Refused'; readonly message: string };

/** How a task ends; by default OK after 20 s. */
export interface TaskCourse {
  readonly milliseconds?: number;
  readonly exitStatus?: string;
  readonly errorText?: string;
  /** Whether the guest is on the target at the end; by default when the exit status is OK or a warning. */
  readonly moves?: boolean;
}

/**
 * What HA makes of the next requests for a guest: by default a round of its managers later a task of root that goes as the
 * guest's course says.
 */
export type HaCourse =
  | 'Moves'
  /** Nothing comes of it. */
  | 'Drops'
  /** `ha-manager migrate` itself fails. */
  | 'RefusesAtOnce'
  /** The task is killed that hands the request over, when HA has it already. */
  | 'IsKilled'
  /** One of its rules wants the guest where it was. */
  | 'MovesBack'
  /** The migration ends, and the service is in the state `error`. */
  | 'Errs';

export interface FakeTask {
  readonly upid: string;
  readonly taskType: 'qmigrate' | 'vzmigrate' | 'hamigrate';
  /** The request that HA works on with this task. */
  readonly request: string | undefined;
  readonly vmid: number;
  readonly type: GuestType;
  readonly source: string;
  readonly target: string;
  readonly user: string;
  /** Proxmox time, milliseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly exitStatus: string;
  readonly errorText: string | undefined;
  readonly moves: boolean;
}
