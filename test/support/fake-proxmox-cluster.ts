import { type Cluster, type Guest, type GuestType, guestRoomBytes } from '../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../src/balancing/guest-examination.ts';
import { NO_HA } from '../../src/balancing/high-availability.ts';
import type {
  ClusterProbe,
  GuestOnNode,
  GuestReading,
  Inventory,
  MigrateTask,
  MigrationRequest,
  ProxmoxCluster,
  RunningMigration,
  StartAnswer,
  TaskReading,
} from '../../src/controllers/proxmox-cluster.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type ErrorCode, OperatorError } from '../../src/lib/errors.ts';
import { formatUpid } from '../../src/proxmox/upid.ts';
import { examined, gib, guest as guestOf, haService, node as nodeOf, volume } from './cluster-model.ts';
import type { FakeTask, HaCourse, StartFault, TaskCourse } from './fake-task.ts';

/** Proxmox time is never the operator's, so that whoever mixes the two up is found out. */
const CLOCK_AHEAD_MS = 7 * 3_600_000 + 1_000;
const PROXMOX_USER = 'balancer@pve!operator';

/** From a request until HA's manager takes it up, and from there until its agent on the node begins. */
const HA_MANAGER_MS = 10_000;
const HA_AGENT_MS = 8_000;

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
  const tasks: FakeTask[] = [];
  const requests: MigrationRequest[] = [];
  const calls: ProxmoxCall[] = [];
  const unreachable = new Set<string>();
  const unknownNodes = new Set<string>();
  const pruned = new Set<string>();
  const withoutLog = new Set<string>();
  const lingering = new Set<string>();
  const prevents = new Map<number, string>();
  const withLocalDisks = new Set<number>();
  const takes = new Map<ProxmoxCall, number>();
  const startFaults = new Map<number, StartFault>();
  const courses = new Map<number, TaskCourse>();
  const haCourses = new Map<number, HaCourse>();
  const failures: { readonly call: ProxmoxCall; readonly code: ErrorCode }[] = [];
  const settled = new Set<FakeTask>();
  let processes = 100;

  const now = () => clock.now() + fake.aheadMs;
  const isRunning = (task: FakeTask) => task.startTime <= now() && task.endTime > now();

  /** What time has done to the guests. */
  function elapse(): void {
    for (const task of tasks) {
      const guest = guests.get(task.vmid);
      if (settled.has(task) || !guest || task.startTime > now() || task.taskType === 'hamigrate') continue;
      if (isRunning(task)) {
        guest.lock = 'migrate';
        continue;
      }
      settled.add(task);
      guest.lock = undefined;
      if (task.moves) guest.node = task.target;
      if (task.request && haCourses.get(task.vmid) === 'Errs') guest.haState = 'error';
    }
  }

  /** HA's state of a guest; undefined when HA does not manage it. */
  function haStateOf({ vmid, haManaged, haState }: FakeGuest): string | undefined {
    if (!haManaged) return undefined;
    const works = tasks.some(
      (task) =>
        task.vmid === vmid && task.request && task.startTime - HA_AGENT_MS <= now() && task.endTime > now(),
    );
    return works && haState === 'started' ? 'migrate' : haState;
  }

  /** What PVE does with a request for a guest of HA: a task that only hands it over, and later the work itself. */
  function requestOfHa(request: MigrationRequest, lateMs: number): FakeTask {
    const { vmid, target } = request;
    const haCourse = haCourses.get(vmid) ?? 'Moves';
    const refused = haCourse === 'RefusesAtOnce';
    const exitStatus = refused
      ? `command 'ha-manager migrate vm:${vmid} ${target}' failed: exit code 255`
      : haCourse === 'IsKilled'
        ? 'unexpected status'
        : 'OK';
    const handover = { milliseconds: 1_000, moves: false, exitStatus };
    const task = start(request, PROXMOX_USER, handover, lateMs, { taskType: 'hamigrate' });
    if (refused) return task;
    for (const moved of [vmid, ...companionsOf(vmid)]) {
      const type = guests.get(moved)?.type ?? request.type;
      workOfHa({ ...request, vmid: moved, type }, task, lateMs);
    }
    return task;
  }

  function workOfHa(request: MigrationRequest, { upid }: FakeTask, lateMs: number): void {
    const { vmid, node, target } = request;
    const haCourse = haCourses.get(vmid) ?? 'Moves';
    if (haCourse === 'Drops') return;
    const begins = lateMs + HA_MANAGER_MS + HA_AGENT_MS;
    const work = start(request, 'root@pam', courses.get(vmid) ?? {}, begins, { request: upid });
    if (haCourse !== 'MovesBack') return;
    const back = { ...request, node: target, target: node };
    start(back, 'root@pam', {}, work.endTime - now() + HA_AGENT_MS, { request: upid });
  }

  function companionsOf(vmid: number): readonly number[] {
    return fake.together.includes(vmid) ? fake.together.filter((each) => each !== vmid) : [];
  }

  function start(
    request: MigrationRequest,
    user: string,
    course: TaskCourse,
    lateMs = 0,
    traits: Partial<Pick<FakeTask, 'taskType' | 'request'>> = {},
  ): FakeTask {
    const { milliseconds = 20_000, exitStatus = 'OK', errorText } = course;
    const startTime = Math.floor((now() + lateMs) / 1_000) * 1_000;
    const { taskType = request.type === 'qemu' ? 'qmigrate' : 'vzmigrate' } = traits;
    processes += 1;
    const task: FakeTask = {
      upid: formatUpid({
        node: request.node,
        pid: processes,
        processStart: processes,
        startTime,
        type: taskType,
        id: String(request.vmid),
        user,
      }),
      taskType,
      request: traits.request,
      vmid: request.vmid,
      type: request.type,
      source: request.node,
      target: request.target,
      user,
      startTime,
      endTime: startTime + milliseconds,
      exitStatus,
      errorText,
      moves: course.moves ?? (exitStatus === 'OK' || exitStatus.startsWith('WARNINGS')),
    };
    tasks.push(task);
    elapse();
    return task;
  }

  async function called(call: ProxmoxCall, signal: AbortSignal, node?: string): Promise<void> {
    calls.push(call);
    fake.onCall(call);
    signal.throwIfAborted();
    await undefined;
    const milliseconds = takes.get(call);
    if (milliseconds !== undefined) await clock.sleep(milliseconds, signal);
    elapse();
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure) throw new OperatorError(failure.code, `${call} failed`);
    if (node !== undefined && unreachable.has(node)) {
      throw new OperatorError('NodeUnreachable', `${node} could not be reached`);
    }
  }

  function visible(): FakeTask[] {
    return tasks.filter((task) => task.startTime <= now() && !pruned.has(task.upid));
  }

  function targetOf(task: FakeTask): string | undefined {
    return withoutLog.has(task.upid) ? undefined : task.target;
  }

  function runningMigrations(): RunningMigration[] {
    return visible()
      .filter((task) => isRunning(task) || lingering.has(task.upid))
      .map((task) => ({
        upid: task.upid,
        vmid: task.vmid,
        node: task.source,
        type: task.type,
        user: task.user,
        startTime: task.startTime,
        target: targetOf(task),
      }));
  }

  function cluster(): Cluster {
    const running = runningMigrations();
    const model: Guest[] = [...guests.values()].map((each) => {
      const { vmid, type, name, node, lock, status } = each;
      return guestOf(vmid, node, {
        type,
        name,
        lock,
        status,
        ...(each.memoryBytes === undefined ? {} : { memoryBytes: each.memoryBytes }),
        ha: each.haManaged ? haService({ state: haStateOf(each) }) : undefined,
        activeTask: running.find((task) => task.vmid === vmid) && 'qmigrate',
      });
    });
    return {
      nodes: nodes.map((name) => {
        if (unreachable.has(name) || unknownNodes.has(name)) {
          const detail = 'its status could not be read';
          return { name, availability: 'Unknown', uptimeSeconds: 0, detail, doubt: 'Unread' };
        }
        const own = model.filter((guest) => guest.node === name && guest.status === 'running');
        const used = own.reduce((sum, guest) => sum + guestRoomBytes(guest), gib(5));
        return nodeOf(name, {
          load: own.reduce((sum, guest) => sum + guest.cpuUsedShare * guest.cpuCount, 0.5),
          memoryUsedBytes: used,
          memoryFreeBytes: gib(100) - used,
        });
      }),
      guests: model,
      unreadable: [],
      ha: {
        ...NO_HA,
        rules:
          fake.together.length === 0
            ? []
            : [{ kind: 'ResourceAffinity', name: 'together', vmids: fake.together, affinity: 'Positive' }],
      },
      storages: [{ name: 'local-lvm', shared: false, nodes }],
      incoming: running.flatMap(({ vmid, target }) => {
        const moving = model.find((guest) => guest.vmid === vmid);
        const targets = nodes.filter((name) => target === undefined || name === target);
        return moving ? targets.map((node) => ({ node, vmid, bytes: guestRoomBytes(moving) })) : [];
      }),
    };
  }

  const fake: FakeProxmoxCluster = {
    guests,
    tasks,
    requests,
    calls,
    identity: 'lab AA:BB',
    quorate: true,
    together: [],
    missingPrivileges: [],
    unreachable,
    unknownNodes,
    pruned,
    withoutLog,
    lingering,
    prevents,
    withLocalDisks,
    onStart: () => undefined,
    onCall: () => undefined,
    aheadMs: CLOCK_AHEAD_MS,
    takes,
    user: PROXMOX_USER,
    activeEndpoint: 'https://pve1.example:8006',
    now,
    isRunning,
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
      return start({ vmid, type: guest.type, node: guest.node, target }, user, course);
    },
    nextStart: (vmid, fault) => {
      startFaults.set(vmid, fault);
    },
    course: (vmid, course) => {
      courses.set(vmid, course);
    },
    haCourse: (vmid, course) => {
      haCourses.set(vmid, course);
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
        runningMigrations: runningMigrations(),
        apiCalls: 6 + nodes.length,
      };
    },
    async readGuest(guest: GuestOnNode, signal): Promise<GuestReading> {
      await called('readGuest', signal, guest.node);
      const found = guests.get(guest.vmid);
      if (found?.node !== guest.node || found.type !== guest.type)
        return { kind: 'Absent', proxmoxTime: now() };
      const { name, status, lock, haManaged, template = false } = found;
      const haState = haStateOf(found);
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
      elapse();
      const fault = startFaults.get(request.vmid);
      let course = courses.get(request.vmid) ?? {};
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
        ? requestOfHa(request, fault?.lateMs ?? 0)
        : start(request, PROXMOX_USER, course, fault?.lateMs);
      if (fault) return { kind: 'Unknown', message: '596 Connection timed out' };
      return { kind: 'Accepted', upid: task.upid, proxmoxTime: now() };
    },
    async readTask(upid, signal): Promise<TaskReading> {
      const task = tasks.find((each) => each.upid === upid);
      await called('readTask', signal, task?.source);
      if (!task || pruned.has(upid)) return { kind: 'Pruned', proxmoxTime: now() };
      const { startTime, exitStatus, errorText } = task;
      if (!isRunning(task)) return { kind: 'Stopped', startTime, exitStatus, errorText, proxmoxTime: now() };
      const share = (now() - startTime) / (task.endTime - startTime);
      return { kind: 'Running', startTime, progressPercent: Math.floor(100 * share), proxmoxTime: now() };
    },
    async listMigrateTasks(guest, signal) {
      await called('listMigrateTasks', signal, guest.node);
      const own: MigrateTask[] = visible()
        .filter((task) => task.vmid === guest.vmid && task.source === guest.node)
        .map((task) => ({
          upid: task.upid,
          vmid: task.vmid,
          node: task.source,
          user: task.user,
          startTime: task.startTime,
          running: isRunning(task),
        }));
      return { tasks: own.reverse(), proxmoxTime: now() };
    },
    async taskTargets(upid, target, signal) {
      const task = tasks.find((each) => each.upid === upid);
      await called('taskTargets', signal, task?.source);
      const known = task && !pruned.has(upid) ? targetOf(task) : undefined;
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
