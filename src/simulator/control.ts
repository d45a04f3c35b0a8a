import type { Permissions } from './access/permissions.ts';
import type { Fault, Faults, RequestMatch } from './http/faults.ts';
import type { EventDocument, FaultDocument } from './scenario/document.ts';
import { bytesOf, millisecondsOf } from './scenario/quantities.ts';
import type { Cluster } from './world/cluster.ts';
import { constantDemand } from './world/demand.ts';
import type { Guest } from './world/guest.ts';
import { settleLoadAverage } from './world/load.ts';
import { turnOff, turnOn } from './world/outage.ts';
import { delay, type Process } from './world/process.ts';
import type { Task } from './world/task.ts';

/** What happens to the cluster from outside of its API. Everything takes effect at the present simulated time. */
export interface Control {
  setNodeOffline(node: string): void;
  setNodeOnline(node: string): void;
  /** Undefined: by majority of the online nodes again. */
  setQuorate(quorate: boolean | undefined): void;
  setMaintenance(node: string, on: boolean): void;
  /**
   * The next migration of the guest ends with this exit status: `migration aborted` before it moves anything,
   * anything else while it copies. `reason` goes into the task's log.
   */
  failNextMigration(vmid: number, exitStatus: string, reason?: string): void;
  lockGuest(vmid: number, lock: string): void;
  unlockGuest(vmid: number): void;
  /** Cores, bytes. */
  setDemand(vmid: number, demand: { readonly cpu?: number; readonly memory?: number }): void;
  setGuestStatus(vmid: number, status: Guest['status']): void;
  /** Somebody else moved it: it is there at once, without a task. */
  moveGuest(vmid: number, target: string): void;
  removeGuest(vmid: number): void;
  /** Somebody else's task, for `durationMs`; it holds no lock. Returns its UPID. */
  runTask(task: {
    readonly node: string;
    readonly type: string;
    readonly id: string;
    readonly user: string;
    readonly durationMs: number;
  }): string;
  /** `user@realm!token` */
  revokeToken(id: string): void;
  addFault(fault: Fault): void;
  /** The next matching request is acted on or not, and its connection is cut without an answer. */
  loseNextAnswer(matches: RequestMatch, options?: { readonly afterActing?: boolean }): void;
  /** The next matching request is acted on and never answered. */
  hangNextAnswer(matches: RequestMatch): void;
}

/** `settle` brings the cluster up to the present. */
export function createControl(
  cluster: Cluster,
  permissions: Permissions,
  faults: Faults,
  settle: () => void,
): Control {
  const interrupted = new Map<string, readonly Guest[]>();

  function guestOf(vmid: number): Guest {
    settle();
    const guest = cluster.guests.get(vmid);
    if (!guest) throw new Error(`the simulated cluster has no guest ${vmid}`);
    return guest;
  }

  function nodeOf(name: string) {
    settle();
    return cluster.node(name);
  }

  return {
    setNodeOffline: (node) => turnOff(cluster, nodeOf(node), interrupted),
    setNodeOnline: (node) => turnOn(cluster, nodeOf(node), interrupted),
    setQuorate(quorate) {
      settle();
      cluster.forceQuorum(quorate);
    },
    setMaintenance(node, on) {
      nodeOf(node).maintenanceMode = on;
    },
    failNextMigration(vmid, exitStatus, reason = 'simulated failure') {
      guestOf(vmid);
      cluster.plannedFailures.set(vmid, { exitStatus, reason });
    },
    lockGuest(vmid, lock) {
      guestOf(vmid).lock = lock;
    },
    unlockGuest(vmid) {
      guestOf(vmid).lock = undefined;
    },
    setDemand(vmid, demand) {
      const guest = guestOf(vmid);
      settleLoadAverage(cluster, cluster.node(guest.node));
      if (demand.cpu !== undefined) guest.cpuDemand = constantDemand(demand.cpu);
      if (demand.memory !== undefined) guest.memoryDemand = constantDemand(demand.memory);
    },
    setGuestStatus: (vmid, status) => cluster.setStatus(guestOf(vmid), status),
    moveGuest(vmid, target) {
      const guest = guestOf(vmid);
      cluster.moveGuest(guest, nodeOf(target).name);
      guest.startTime = cluster.now();
    },
    removeGuest: (vmid) => cluster.removeGuest(guestOf(vmid)),
    runTask({ node, durationMs, ...task }) {
      return cluster.tasks.start({ ...task, node: nodeOf(node) }, (started) =>
        waitFor(cluster, started, durationMs),
      ).upid;
    },
    revokeToken: (id) => permissions.revoke(id),
    addFault: (fault) => faults.add(fault),
    loseNextAnswer: (matches, { afterActing = true } = {}) =>
      faults.add({ matches, effect: { kind: afterActing ? 'loseAnswer' : 'loseRequest' } }),
    hangNextAnswer: (matches) => faults.add({ matches, effect: { kind: 'hang' } }),
  };
}

function* waitFor(cluster: Cluster, task: Task, durationMs: number): Process {
  task.log.push(`started ${task.type} ${task.id}`);
  yield delay(cluster.timeline, durationMs);
}

/** Carries out a scenario's event. */
export function applyEvent(control: Control, event: EventDocument): void {
  if (event.nodeOffline !== undefined) control.setNodeOffline(event.nodeOffline);
  if (event.nodeOnline !== undefined) control.setNodeOnline(event.nodeOnline);
  if (event.quorum !== undefined) control.setQuorate(event.quorum ? undefined : false);
  if (event.maintenance) control.setMaintenance(event.maintenance.node, event.maintenance.on);
  if (event.failNextMigration) {
    const { vmid, exitStatus, reason } = event.failNextMigration;
    control.failNextMigration(vmid, exitStatus, reason);
  }
  if (event.lock) control.lockGuest(event.lock.vmid, event.lock.lock);
  if (event.unlock !== undefined) control.unlockGuest(event.unlock);
  if (event.demand) {
    const { vmid, cpu, memory } = event.demand;
    control.setDemand(vmid, {
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory: bytesOf(memory) }),
    });
  }
  if (event.revokeToken !== undefined) control.revokeToken(event.revokeToken);
  if (event.fault) control.addFault(faultOf(event.fault));
}

function faultOf(document: FaultDocument): Fault {
  return {
    matches: {
      ...(document.method === undefined ? {} : { method: document.method }),
      path: new RegExp(document.path),
    },
    times: document.times ?? 1,
    effect:
      document.effect === 'slow'
        ? { kind: 'slow', delayMs: millisecondsOf(document.delay ?? '5s') }
        : { kind: document.effect },
  };
}
