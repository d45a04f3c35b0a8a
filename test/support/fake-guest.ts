import type { GuestType } from '../../src/balancing/cluster.ts';

export interface FakeGuest {
  readonly vmid: number;
  readonly type: GuestType;
  readonly name: string;
  node: string;
  lock: string | undefined;
  status: string;
  haManaged: boolean;
  /** What HA has made of it when it is at rest. */
  haState: string;
  memoryBytes?: number;
  template?: boolean;
}
