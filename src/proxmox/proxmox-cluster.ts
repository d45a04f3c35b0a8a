import type { GuestExamination } from '../balancing/guest-examination.ts';
import type { ProxmoxClient } from './client.ts';
import { examineGuest } from './examine-guest.ts';
import { type GuestOnNode, type GuestReading, readGuest } from './guest.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { type MigrationRequest, type StartAnswer, startMigration } from './migration.ts';
import { type ClusterProbe, probe } from './probe.ts';
import { createTargetMemory } from './target-memory.ts';
import { listMigrateTasks, type MigrateTasks, prunedSince, readTask, type TaskReading } from './tasks.ts';

/** Everything there is to do with a Proxmox cluster. All calls but `startMigration` throw `OperatorError`s. */
export interface ProxmoxCluster {
  probe(signal: AbortSignal): Promise<ClusterProbe>;
  readInventory(signal: AbortSignal): Promise<Inventory>;
  readGuest(guest: GuestOnNode, signal: AbortSignal): Promise<GuestReading>;
  examineGuest(guest: GuestOnNode, signal: AbortSignal): Promise<GuestExamination>;
  startMigration(
    migration: MigrationRequest,
    signal: AbortSignal,
    maySend?: () => boolean,
  ): Promise<StartAnswer>;
  readTask(upid: string, signal: AbortSignal): Promise<TaskReading>;
  listMigrateTasks(guest: GuestOnNode, signal: AbortSignal): Promise<MigrateTasks>;
  /** Undefined when the task's log is gone or does not say. */
  taskTargets(upid: string, target: string, signal: AbortSignal): Promise<boolean | undefined>;
  /** Proxmox time, milliseconds since the epoch. */
  readTime(signal: AbortSignal): Promise<number>;
  readonly user: string;
  readonly activeEndpoint: string | undefined;
  close(): Promise<void>;
}

export function createProxmoxCluster(client: ProxmoxClient): ProxmoxCluster {
  const targets = createTargetMemory();
  return {
    probe: (signal) => probe(client, signal),
    readInventory: (signal) => readInventory(client, signal, targets),
    readGuest: (guest, signal) => readGuest(client, guest, signal),
    examineGuest: (guest, signal) => examineGuest(client, guest, signal),
    async startMigration(migration, signal, maySend) {
      const answer = await startMigration(client, migration, signal, maySend);
      if (answer.kind === 'Accepted') targets.remember(answer.upid, migration.target);
      return answer;
    },
    readTask: (upid, signal) => readTask(client, upid, signal),
    listMigrateTasks: (guest, signal) => listMigrateTasks(client, guest, signal),
    async taskTargets(upid, target, signal) {
      try {
        const found = await targets.read(client, upid, signal);
        return found === undefined ? undefined : found === target;
      } catch (error) {
        if (prunedSince(error) === undefined) throw error;
        return undefined;
      }
    },
    readTime: async (signal) => (await client.get('/version', {}, signal)).proxmoxTime,
    get user() {
      return client.user;
    },
    get activeEndpoint() {
      return client.activeEndpoint;
    },
    close: () => client.close(),
  };
}
