import type { Cluster } from '../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../src/balancing/guest-examination.ts';
import type {
  ClusterProbe,
  GuestOnNode,
  GuestReading,
  Inventory,
  MigrateTask,
  MigrationRequest,
  ProxmoxCluster,
  StartAnswer,
  TaskReading,
} from '../../src/controllers/proxmox-cluster.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type ErrorCode, OperatorError } from '../../src/lib/errors.ts';
import { examined, gib, volume } from './cluster-model.ts';
import { fakeClusterModel } from './fake-cluster-model.ts';
import type { FakeGuest } from './fake-guest.ts';
import { createFakeHa } from './fake-ha.ts';
import type { FakeTask, HaCourse, StartFault, TaskCourse } from './fake-task.ts';
import { createFakeTasks } from './fake-tasks.ts';

/** Proxmox time is never the operator's, so that whoever mixes the two up is found out. */
const CLOCK_AHEAD_MS = 7 * 3_600_000 + 1_000;
const PROXMOX_USER = 'balancer@pve!operator';

export type ProxmoxCall =
  | 'probe'
  | 'readInventory'
  | 'readGuest'
  | 'examineGuest'
  | 'startMigration'
  | 'readTask'
  | 'listMigrateTasks'
  | 'taskTargets'
  | 'readTime';

/**
 * A Proxmox cluster in memory behind the controllers' port: guests on nodes whose load is the sum of their guests', tasks
 * that run in the clock's time, and faults to switch on. What it holds is the truth that tests judge by.
 */
export interface FakeProxmoxCluster extends ProxmoxCluster {
  readonly guests: ReadonlyMap<number, FakeGuest>;
  /** Every task that was ever started, in order. */
  readonly tasks: readonly FakeTask[];
  /** Migrate requests that the operator sent, whatever became of them. */
  readonly requests: readonly MigrationRequest[];
  readonly calls: readonly ProxmoxCall[];
  identity: string;
  quorate: boolean;
  missingPrivileges: readonly string[];
  readonly unreachable: Set<string>;
  /** Nodes whose figures cannot be read. */
  readonly unknownNodes: Set<string>;
  /** Tasks whose logs are gone, and that no list shows any more. */
  readonly pruned: Set<string>;
  /** Running tasks whose target cannot be read. */
  readonly withoutLog: Set<string>;
  /** Tasks that the cluster's list still shows as running after they have ended. */
  readonly lingering: Set<string>;
  /** Guests that a rule of HA keeps on one node, so that it moves them along with each other. */
  together: readonly number[];
  /** By VMID: what Proxmox holds against migrating the guest. */
  readonly prevents: Map<number, string>;
  /** Guests with a disk on storage of their node. */
  readonly withLocalDisks: Set<number>;
  /** By how much Proxmox time is ahead of the operator's; whoever sets it sets the cluster's clock. */
  aheadMs: number;
  /** How long each call of this sort takes. */
  readonly takes: Map<ProxmoxCall, number>;
  /** Proxmox time. */
  now(): number;
  addGuest(vmid: number, node: string, traits?: Partial<FakeGuest>): void;
  removeGuest(vmid: number): void;
  /** A migration that somebody starts at the cluster's own interface. */
  startForeign(vmid: number, target: string, options?: TaskCourse & { readonly user?: string }): FakeTask;
  nextStart(vmid: number, fault: StartFault): void;
  /** How all later tasks of this guest go. */
  course(vmid: number, course: TaskCourse): void;
  /** What HA makes of all later requests for this guest. */
  haCourse(vmid: number, course: HaCourse): void;
  /** The next `times` calls of this sort throw. */
  fail(call: ProxmoxCall, code: ErrorCode, times?: number): void;
  /** Called with each migrate request before anything happens. */
  onStart: (request: MigrationRequest) => void;
  /** Called with each call before anything happens. */
  onCall: (call: ProxmoxCall) => void;
  isRunning(task: FakeTask): boolean;
}

export function createFakeProxmoxCluster(clock: Clock, nodes: readonly string[]): FakeProxmoxCluster {
  const guests = new Map<number, FakeGuest>();
  const requests: MigrationRequest[] = [];
  const calls: ProxmoxCall[] = [];
  const unreachable = new Set<string>();
  const unknownNodes = new Set<string>();
  const prevents = new Map<number, string>();
  const withLocalDisks = new Set<number>();
  const takes = new Map<ProxmoxCall, number>();
  const startFaults = new Map<number, StartFault>();
  const failures: { readonly call: ProxmoxCall; readonly code: ErrorCode }[] = [];

  const now = () => clock.now() + fake.aheadMs;
  const tasks = createFakeTasks(now, guests);
  const ha = createFakeHa({ now, guests, tasks, companionsOf });

  function companionsOf(vmid: number): readonly number[] {
    return fake.together.includes(vmid) ? fake.together.filter((each) => each !== vmid) : [];
  }

  async function called(call: ProxmoxCall, signal: AbortSignal, node?: string): Promise<void> {
    calls.push(call);
    fake.onCall(call);
    signal.throwIfAborted();
    await undefined;
    const milliseconds = takes.get(call);
    if (milliseconds !== undefined) await clock.sleep(milliseconds, signal);
    tasks.elapse();
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure) throw new OperatorError(failure.code, `${call} failed`);
    if (node !== undefined && unreachable.has(node)) {
      throw new OperatorError('NodeUnreachable', `${node} could not be reached`);
    }
  }

  function cluster(): Cluster {
    return fakeClusterModel({
      nodes,
      guests,
      running: tasks.running(),
      together: fake.together,
      isUnknown: (node) => unreachable.has(node) || unknownNodes.has(node),
      haStateOf: ha.stateOf,
    });
  }

  const fake: FakeProxmoxCluster = {
    guests,
    tasks: tasks.all,
    requests,
    calls,
    identity: 'lab AA:BB',
    quorate: true,
    together: [],
    missingPrivileges: [],
    unreachable,
    unknownNodes,
    pruned: tasks.pruned,
    withoutLog: tasks.withoutLog,
    lingering: tasks.lingering,
    prevents,
    withLocalDisks,
    onStart: () => undefined,
    onCall: () => undefined,
    aheadMs: CLOCK_AHEAD_MS,
    takes,
    user: PROXMOX_USER,
    activeEndpoint: 'https://pve1.example:8006',
    now,
    isRunning: tasks.isRunning,
    addGuest(vmid, node, traits = {}) {
      const usual = { lock: undefined, status: 'running', haManaged: false, haState: 'started' };
      guests.set(vmid, { vmid, type: 'qemu', name: `vm-${vmid}`, node, ...usual, ...traits });
    },
    removeGuest: (vmid) => {
      guests.delete(vmid);
    },
    startForeign(vmid, target, { user = 'root@pam', ...course } = {}) {
      const guest = guests.get(vmid);
      if (!guest) throw new Error(`there is no guest ${vmid}`);
      return tasks.start({ vmid, type: guest.type, node: guest.node, target }, user, course);
    },
    nextStart: (vmid, fault) => {
      startFaults.set(vmid, fault);
    },
    course: (vmid, course) => {
      tasks.courses.set(vmid, course);
    },
    haCourse: (vmid, course) => {
      tasks.haCourses.set(vmid, course);
    },
    fail(call, code, times = 1) {
      for (let count = 0; count < times; count += 1) failures.push({ call, code });
    },

    async probe(signal): Promise<ClusterProbe> {
      await called('probe', signal);
      const running = [...guests.values()].filter(({ status }) => status === 'running').length;
      return {
        version: '9.1.2',
        identity: fake.identity,
        quorate: fake.quorate,
        nodes: { total: nodes.length, online: nodes.length - unreachable.size },
        guests: { total: guests.size, running },
        missingPrivileges: fake.missingPrivileges,
        proxmoxTime: now(),
      };
    },
    async readInventory(signal): Promise<Inventory> {
      await called('readInventory', signal);
      return {
        cluster: cluster(),
        quorate: fake.quorate,
        proxmoxTime: now(),
        runningMigrations: tasks.running(),
        apiCalls: 6 + nodes.length,
      };
    },
    async readGuest(guest: GuestOnNode, signal): Promise<GuestReading> {
      await called('readGuest', signal, guest.node);
      const found = guests.get(guest.vmid);
      if (found?.node !== guest.node || found.type !== guest.type)
        return { kind: 'Absent', proxmoxTime: now() };
      const { name, status, lock, haManaged, template = false } = found;
      const haState = ha.stateOf(found);
      const rest = { template, haState, memoryBytes: gib(1), proxmoxTime: now() };
      return { kind: 'Present', name, status, lock, haManaged, ...rest };
    },
    async examineGuest(guest, signal): Promise<GuestExamination> {
      await called('examineGuest', signal, guest.node);
      const detail = prevents.get(guest.vmid);
      if (detail !== undefined) return { kind: 'Refused', detail };
      const volumes = withLocalDisks.has(guest.vmid) ? [volume({ storage: 'local-lvm', local: true })] : [];
      const dependents = companionsOf(guest.vmid).map(
        (vmid) => `${guests.get(vmid)?.type === 'lxc' ? 'ct' : 'vm'}:${vmid}`,
      );
      return examined({ volumes, dependents });
    },
    async startMigration(request, _signal, maySend): Promise<StartAnswer> {
      calls.push('startMigration');
      if (!maySend()) return { kind: 'NotSent', message: 'not any more' };
      requests.push(request);
      fake.onStart(request);
      await undefined;
      tasks.elapse();
      const fault = startFaults.get(request.vmid);
      let course = tasks.courses.get(request.vmid) ?? {};
      startFaults.delete(request.vmid);
      if (fault?.kind === 'Refused') return fault;
      if (fault?.kind === 'LostBefore') return { kind: 'Unknown', message: 'timed out' };
      if (unreachable.has(request.node)) return { kind: 'Unknown', message: '595 No route to host' };
      const guest = guests.get(request.vmid);
      if (guest?.node !== request.node) return { kind: 'Refused', message: 'the guest is not here' };
      if (withLocalDisks.has(request.vmid) && !request.withLocalDisks && !guest.haManaged) {
        const errorText = "can't live migrate attached local disks without with-local-disks option";
        course = { exitStatus: 'migration aborted', errorText };
      }
      if (guest.lock) return { kind: 'Refused', message: `VM is locked (${guest.lock})` };
      const task = guest.haManaged
        ? ha.request(request, PROXMOX_USER, fault?.lateMs ?? 0)
        : tasks.start(request, PROXMOX_USER, course, fault?.lateMs);
      if (fault) return { kind: 'Unknown', message: '596 Connection timed out' };
      return { kind: 'Accepted', upid: task.upid, proxmoxTime: now() };
    },
    async readTask(upid, signal): Promise<TaskReading> {
      const task = tasks.all.find((each) => each.upid === upid);
      await called('readTask', signal, task?.source);
      if (!task || tasks.pruned.has(upid)) return { kind: 'Pruned', proxmoxTime: now() };
      const { startTime, exitStatus, errorText } = task;
      if (!tasks.isRunning(task))
        return { kind: 'Stopped', startTime, exitStatus, errorText, proxmoxTime: now() };
      const share = (now() - startTime) / (task.endTime - startTime);
      return { kind: 'Running', startTime, progressPercent: Math.floor(100 * share), proxmoxTime: now() };
    },
    async listMigrateTasks(guest, signal) {
      await called('listMigrateTasks', signal, guest.node);
      const own: MigrateTask[] = tasks
        .visible()
        .filter((task) => task.vmid === guest.vmid && task.source === guest.node)
        .map((task) => ({
          upid: task.upid,
          vmid: task.vmid,
          node: task.source,
          user: task.user,
          startTime: task.startTime,
          running: tasks.isRunning(task),
        }));
      return { tasks: own.reverse(), proxmoxTime: now() };
    },
    async taskTargets(upid, target, signal) {
      const task = tasks.all.find((each) => each.upid === upid);
      await called('taskTargets', signal, task?.source);
      const known = task && !tasks.pruned.has(upid) ? tasks.targetOf(task) : undefined;
      return known === undefined ? undefined : known === target;
    },
    async readTime(signal) {
      await called('readTime', signal);
      return now();
    },
    async close() {},
  };
  return fake;
}
