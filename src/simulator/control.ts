import type { Accounts } from './access/accounts.ts';
import type { Tickets } from './access/tickets.ts';
import { enter } from './ha/service.ts';
import type { Fault, Faults, RequestMatch } from './http/faults.ts';
import type { MigrationRemnants, OptionsDocument } from './scenario/document.ts';
import { haResource } from './scenario/ha.ts';
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
  /** Asks HA for its maintenance mode; its manager sees to it in its next round. */
  setMaintenance(node: string, on: boolean): void;
  /** Every answer of the node is this late; others give up on it after 30 s with a 596. */
  setSlow(node: string, delayMs: number): void;
  /** Its pvestatd hangs: the node and its guests are listed with what was last told of them. */
  freezeStatistics(node: string, frozen: boolean): void;
  /** The node's own port, with `listen: perNode`. It is closed anyway while the node is off. */
  setListening(node: string, listening: boolean): void;
  /**
   * The next migration of the guest ends with this exit status: `migration aborted` and `can't lock file ...` before it
   * moves anything, `WARNINGS: n` after it succeeded, anything else while it copies. `reason` goes into the task's log.
   * With `leaves` the guest does move and only what follows fails, which leaves it so.
   */
  failNextMigration(vmid: number, exitStatus: string, reason?: string, leaves?: MigrationRemnants): void;
  lockGuest(vmid: number, lock: string): void;
  unlockGuest(vmid: number): void;
  /** A vzdump task with its lock. Returns its UPID. */
  backup(vmid: number, durationMs: number): string;
  /** Cores, bytes. */
  setDemand(vmid: number, demand: { readonly cpu?: number; readonly memory?: number }): void;
  setGuestStatus(vmid: number, status: Guest['status']): void;
  /** Changes lines of its configuration; undefined removes one. */
  configureGuest(vmid: number, lines: Readonly<Record<string, string | number | undefined>>): void;
  /** Somebody else moved it: it is there at once, without a task. */
  moveGuest(vmid: number, target: string): void;
  removeGuest(vmid: number): void;
  /** HA's manager has the guest in this state now; a guest that it did not manage, it manages from now on. */
  setHaState(vmid: number, state: string): void;
  /** PVE 9.2's `disarm-ha`; undefined arms HA again. */
  disarmHa(mode: 'freeze' | 'ignore' | undefined): void;
  /** Replaces the datacenter options that are named. */
  setOptions(options: OptionsDocument): void;
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
  /** No ticket given out so far is valid any more. */
  expireTickets(): void;
  setUserEnabled(user: string, enabled: boolean): void;
  addFault(fault: Fault): void;
  /** The next matching request is acted on or not, and its connection is cut without an answer. */
  loseNextAnswer(matches: RequestMatch, options?: { readonly afterActing?: boolean }): void;
  /** The next matching request is acted on and never answered. */
  hangNextAnswer(matches: RequestMatch): void;
  /** Faults of requests and failures of migrations that were still to come do not. */
  forgetFaults(): void;
}

export interface ControlParts {
  readonly cluster: Cluster;
  readonly accounts: Accounts;
  readonly tickets: Tickets;
  readonly faults: Faults;
  /** Brings the cluster up to the present. */
  readonly settle: () => void;
  readonly setListening: (node: string, listening: boolean) => void;
}

export function createControl({
  cluster,
  accounts,
  tickets,
  faults,
  settle,
  setListening,
}: ControlParts): Control {
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
    setSlow(node, delayMs) {
      nodeOf(node).slowMs = delayMs;
    },
    freezeStatistics(node, frozen) {
      nodeOf(node).statisticsFrozen = frozen;
    },
    setListening: (node, listening) => setListening(nodeOf(node).name, listening),
    failNextMigration(vmid, exitStatus, reason = 'simulated failure', leaves) {
      guestOf(vmid);
      cluster.plannedFailures.set(vmid, { exitStatus, reason, leaves });
    },
    lockGuest(vmid, lock) {
      guestOf(vmid).lock = lock;
    },
    unlockGuest(vmid) {
      guestOf(vmid).lock = undefined;
    },
    backup(vmid, durationMs) {
      const guest = guestOf(vmid);
      const node = cluster.node(guest.node);
      return cluster.tasks.start({ node, type: 'vzdump', id: String(vmid), user: 'root@pam' }, (task) =>
        backUp(cluster, task, guest, durationMs),
      ).upid;
    },
    setDemand(vmid, demand) {
      const guest = guestOf(vmid);
      settleLoadAverage(cluster, cluster.node(guest.node));
      if (demand.cpu !== undefined) guest.cpuDemand = constantDemand(demand.cpu);
      if (demand.memory !== undefined) guest.memoryDemand = constantDemand(demand.memory);
    },
    setGuestStatus: (vmid, status) => cluster.setStatus(guestOf(vmid), status),
    configureGuest(vmid, lines) {
      const guest = guestOf(vmid);
      const merged = Object.entries({ ...guest.config, ...lines });
      guest.config = Object.fromEntries(
        merged.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      );
    },
    moveGuest(vmid, target) {
      const guest = guestOf(vmid);
      cluster.moveGuest(guest, nodeOf(target).name);
      guest.startTime = cluster.now();
    },
    removeGuest: (vmid) => cluster.removeGuest(guestOf(vmid)),
    setHaState(vmid, state) {
      const guest = guestOf(vmid);
      const resource = haResource(undefined, state);
      if (guest.service) enter(cluster, guest.service, state);
      else if (resource) cluster.manage(guest, resource, state);
    },
    disarmHa(mode) {
      settle();
      cluster.ha.disarmed = mode;
    },
    setOptions(options) {
      settle();
      cluster.options.change(options);
    },
    runTask({ node, durationMs, ...task }) {
      return cluster.tasks.start({ ...task, node: nodeOf(node) }, (started) =>
        waitFor(cluster, started, durationMs),
      ).upid;
    },
    revokeToken: (id) => accounts.revoke(id),
    expireTickets: () => tickets.expireAll(),
    setUserEnabled: (user, enabled) => accounts.setEnabled(user, enabled),
    addFault: (fault) => faults.add(fault),
    loseNextAnswer: (matches, { afterActing = true } = {}) =>
      faults.add({ matches, effect: { kind: afterActing ? 'loseAnswer' : 'loseRequest' } }),
    hangNextAnswer: (matches) => faults.add({ matches, effect: { kind: 'hang' } }),
    forgetFaults() {
      faults.clear();
      cluster.plannedFailures.clear();
    },
  };
}

function* waitFor(cluster: Cluster, task: Task, durationMs: number): Process {
  task.log.push(`started ${task.type} ${task.id}`);
  yield delay(cluster.timeline, durationMs);
}

function* backUp(cluster: Cluster, task: Task, guest: Guest, durationMs: number): Process {
  task.log.push(`INFO: Starting Backup of VM ${guest.vmid} (${guest.type})`);
  guest.lock = 'backup';
  try {
    yield delay(cluster.timeline, durationMs);
  } finally {
    guest.lock = undefined;
  }
  task.log.push(`INFO: Finished Backup of VM ${guest.vmid}`);
}
