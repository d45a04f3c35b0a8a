import type { MigrationRequest } from '../../src/controllers/proxmox-cluster.ts';
import type { FakeGuest } from './fake-guest.ts';
import type { FakeTask } from './fake-task.ts';
import type { FakeTasks } from './fake-tasks.ts';

/** From a request until HA's manager takes it up, and from there until its agent on the node begins. */
const HA_MANAGER_MS = 10_000;
const HA_AGENT_MS = 8_000;

/** The HA of a fake cluster, for the guests that it manages. */
export interface FakeHa {
  /** HA's state of a guest; undefined when HA does not manage it. */
  stateOf(guest: FakeGuest): string | undefined;
  /** What PVE does with a request for a guest of HA: a task that only hands it over, and later the work itself. */
  request(asked: MigrationRequest, user: string, lateMs: number): FakeTask;
}

export interface FakeHaOptions {
  readonly now: () => number;
  readonly guests: ReadonlyMap<number, FakeGuest>;
  readonly tasks: FakeTasks;
  /** Those that HA moves along with a guest. */
  readonly companionsOf: (vmid: number) => readonly number[];
}

export function createFakeHa({ now, guests, tasks, companionsOf }: FakeHaOptions): FakeHa {
  function stateOf({ vmid, haManaged, haState }: FakeGuest): string | undefined {
    if (!haManaged) return undefined;
    const works = tasks.all.some(
      (task) =>
        task.vmid === vmid && task.request && task.startTime - HA_AGENT_MS <= now() && task.endTime > now(),
    );
    return works && haState === 'started' ? 'migrate' : haState;
  }

  function request(asked: MigrationRequest, user: string, lateMs: number): FakeTask {
    const { vmid, target } = asked;
    const haCourse = tasks.haCourses.get(vmid) ?? 'Moves';
    const refused = haCourse === 'RefusesAtOnce';
    const exitStatus = refused
      ? `command 'ha-manager migrate vm:${vmid} ${target}' failed: exit code 255`
      : haCourse === 'IsKilled'
        ? 'unexpected status'
        : 'OK';
    const handover = { milliseconds: 1_000, moves: false, exitStatus };
    const task = tasks.start(asked, user, handover, lateMs, { taskType: 'hamigrate' });
    if (refused) return task;
    for (const moved of [vmid, ...companionsOf(vmid)]) {
      const type = guests.get(moved)?.type ?? asked.type;
      work({ ...asked, vmid: moved, type }, task, lateMs);
    }
    return task;
  }

  function work(request: MigrationRequest, { upid }: FakeTask, lateMs: number): void {
    const { vmid, node, target } = request;
    const haCourse = tasks.haCourses.get(vmid) ?? 'Moves';
    if (haCourse === 'Drops') return;
    const begins = lateMs + HA_MANAGER_MS + HA_AGENT_MS;
    const task = tasks.start(request, 'root@pam', tasks.courses.get(vmid) ?? {}, begins, { request: upid });
    if (haCourse !== 'MovesBack') return;
    const back = { ...request, node: target, target: node };
    tasks.start(back, 'root@pam', {}, task.endTime - now() + HA_AGENT_MS, { request: upid });
  }

  return { stateOf, request };
}
