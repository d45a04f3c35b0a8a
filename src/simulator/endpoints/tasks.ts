import { parameterError, permissionError } from '../http/api-error.ts';
import { NODE, UPID, VMID } from '../http/parameters.ts';
import { type Call, type Delayed, type Paged, paged, type Route } from '../http/route.ts';
import { isRunning, type Task, tokenOf, userOf } from '../world/task.ts';
import { parseUpid } from '../world/upid.ts';

const CLUSTER_TASKS_PER_NODE = 25;

/** GET /cluster/tasks: per node all running tasks and the newest finished ones (docs/proxmox-api.md §4.13). */
function clusterTasks(call: Call) {
  const visible = call.cluster.tasks.all().filter((task) => seesInCluster(call, task));
  const entries = [...call.cluster.nodes.keys()].flatMap((node) => {
    const tasks = visible.filter((task) => task.node === node);
    const running = tasks.filter(isRunning);
    const room = Math.max(0, CLUSTER_TASKS_PER_NODE - running.length);
    const finished = tasks.filter((task) => !isRunning(task));
    return [...running, ...finished.slice(Math.max(0, finished.length - room))];
  });
  return call.shuffle(
    entries.map((task) => ({
      upid: task.upid,
      node: task.node,
      starttime: task.startTime,
      type: task.type,
      id: task.id,
      ...splitUser(task),
      ...(isRunning(task)
        ? { pid: task.pid, saved: '0' }
        : { endtime: seconds(task.endedAt), status: task.exitStatus, saved: '1' }),
    })),
  );
}

// PVE compares the bare user with the token's id here, so without Sys.Audit a token sees nothing.
function seesInCluster(call: Call, task: Task): boolean {
  return (
    call.may('/', 'Sys.Audit') || (call.caller.token === undefined && userOf(task.user) === call.caller.user)
  );
}

/** A token sees its own tasks, a user also those of its tokens (§7.6). */
function owns(call: Call, task: Task): boolean {
  return (
    task.user === call.caller.id ||
    (call.caller.token === undefined && userOf(task.user) === call.caller.user)
  );
}

/** GET /nodes/{node}/tasks: newest first, running ones ahead of the archive (§7.4). */
function nodeTasks(call: Call): Paged {
  const { parameters, cluster, node } = call;
  const source = parameters.text('source') ?? 'archive';
  const audits = call.may(`/nodes/${node.name}`, 'Sys.Audit');
  const tasks = cluster.tasks
    .all()
    .filter((task) => task.node === node.name && (audits || owns(call, task)) && passesFilters(call, task))
    .reverse();
  const active = source === 'archive' ? [] : tasks.filter(isRunning);
  const archive = source === 'active' ? [] : tasks.filter((task) => !isRunning(task));
  const entries = [...active, ...archive].map((task) => ({
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.startTime,
    type: task.type,
    id: task.id,
    ...(isRunning(task)
      ? { user: task.user, status: 'RUNNING', saved: '0' }
      : { ...splitUser(task), endtime: seconds(task.endedAt), status: task.exitStatus }),
  }));
  return paged(entries, parameters.number('start') ?? 0, parameters.number('limit') ?? 50);
}

function passesFilters(call: Call, task: Task): boolean {
  const { parameters } = call;
  const vmid = parameters.number('vmid');
  const type = parameters.text('typefilter');
  const user = parameters.text('userfilter');
  const statuses = parameters.text('statusfilter')?.split(/[,; ]/);
  return (
    (vmid === undefined || task.id === String(vmid)) &&
    (type === undefined || task.type === type) &&
    (user === undefined || task.user.includes(user)) &&
    task.startTime >= (parameters.number('since') ?? 0) &&
    task.startTime <= (parameters.number('until') ?? Number.POSITIVE_INFINITY) &&
    (!parameters.flag('errors') || outcomeOf(task) !== 'ok') &&
    (statuses === undefined || statuses.includes(outcomeOf(task)))
  );
}

function outcomeOf(task: Task): string {
  if (task.exitStatus === undefined || task.exitStatus === 'unexpected status') return 'unknown';
  if (task.exitStatus === 'OK') return 'ok';
  return task.exitStatus.startsWith('WARNINGS:') ? 'warning' : 'error';
}

/** The task a path names; throws the 400 or 403 that PVE gives (§7.2). */
function taskOf(call: Call, privilege: string): Task {
  const text = call.parameters.text('upid') ?? '';
  const parsed = parseUpid(text);
  if (!parsed) throw parameterError({ upid: 'unable to parse worker upid' });
  const task = parsed.node === call.node.name ? call.cluster.tasks.find(text) : undefined;
  if (!task) throw parameterError({ upid: 'no such task' });
  const path = `/nodes/${call.node.name}`;
  if (!owns(call, task) && !call.may(path, privilege)) throw permissionError(path, [privilege]);
  return task;
}

function status(call: Call) {
  const task = taskOf(call, 'Sys.Audit');
  return {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.startTime,
    type: task.type,
    id: task.id,
    ...splitUser(task),
    ...(isRunning(task) ? { status: 'running' } : { status: 'stopped', exitstatus: task.exitStatus }),
  };
}

function log(call: Call): Paged {
  const task = taskOf(call, 'Sys.Audit');
  const texts = task.log.length === 0 ? ['no content'] : task.log;
  const lines = texts.map((text, index) => ({ n: index + 1, t: text }));
  return paged(lines, call.parameters.number('start') ?? 0, call.parameters.number('limit') ?? 50);
}

/** A process that does not end in time is killed and cannot clean up, so the guest may stay locked (§6.7). */
function stop(call: Call): Delayed {
  const task = taskOf(call, 'Sys.Modify');
  return { data: null, delayMs: call.cluster.tasks.interrupt(task) };
}

function splitUser(task: Task) {
  const tokenid = tokenOf(task.user);
  return { user: userOf(task.user), ...(tokenid === undefined ? {} : { tokenid }) };
}

function seconds(time: number | undefined): number {
  return Math.floor((time ?? 0) / 1000);
}

const PAGE = {
  start: { type: 'integer', minimum: 0, optional: true },
  limit: { type: 'integer', minimum: 0, optional: true },
} as const;

export const taskRoutes: readonly Route[] = [
  { method: 'GET', path: '/cluster/tasks', parameters: {}, forwarded: false, handle: clusterTasks },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    parameters: {
      node: NODE,
      ...PAGE,
      source: { type: 'string', values: ['archive', 'active', 'all'], optional: true },
      vmid: { ...VMID, optional: true },
      typefilter: { type: 'string', optional: true },
      userfilter: { type: 'string', optional: true },
      statusfilter: { type: 'string', optional: true },
      since: { type: 'integer', optional: true },
      until: { type: 'integer', optional: true },
      errors: { type: 'boolean', optional: true },
    },
    forwarded: true,
    handle: nodeTasks,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/status',
    parameters: { node: NODE, upid: UPID },
    forwarded: true,
    handle: status,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    parameters: { node: NODE, upid: UPID, ...PAGE, download: { type: 'boolean', optional: true } },
    forwarded: true,
    handle: log,
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    parameters: { node: NODE, upid: UPID },
    forwarded: true,
    handle: stop,
  },
];
