import { requestMove } from '../ha/manager.ts';
import { availableNodes, motionTo } from '../ha/placement.ts';
import { haGuests } from '../ha/resources.ts';
import { guestOf } from '../ha/rules.ts';
import { serverError } from '../http/api-error.ts';
import { NODE } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import type { HaResource } from '../scenario/specifications.ts';
import { digestOf } from '../world/digest.ts';
import { type Guest, serviceId } from '../world/guest.ts';

export const AUDIT = { path: '/', anyOf: ['Sys.Audit'] } as const;
const SID = { type: 'string' } as const;

/** Of a resource's optional settings those that are configured and that the release knows. */
export function configuredFlags(
  call: Call,
  resource: HaResource,
  ...names: readonly string[]
): Record<string, unknown> {
  const { features } = call.profile;
  const { ha } = call.cluster;
  const values: Readonly<Record<string, unknown>> = {
    state: resource.state,
    group: ha.placement === 'groups' ? resource.group : undefined,
    failback: features.has('haRules') ? asNumber(resource.failback) : undefined,
    'auto-rebalance': features.has('haAutoRebalance') ? asNumber(resource.autoRebalance) : undefined,
    max_restart: resource.maxRestart,
    max_relocate: resource.maxRelocate,
    comment: resource.comment,
  };
  const wanted = names.length === 0 ? Object.keys(values) : names;
  return Object.fromEntries(
    wanted.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
}

function asNumber(flag: boolean | undefined): number | undefined {
  return flag === undefined ? undefined : Number(flag);
}

/** Only what is configured: defaults are not filled in (docs/proxmox-api.md §4.11). */
function entry(call: Call, guest: Guest) {
  const { service } = guest;
  return {
    sid: serviceId(guest),
    type: guest.type === 'qemu' ? 'vm' : 'ct',
    ...(service ? configuredFlags(call, service.resource) : {}),
    digest: digestOf('ha-resources'),
  };
}

function list(call: Call) {
  const type = call.parameters.text('type');
  const entries = haGuests(call.cluster).map((guest) => entry(call, guest));
  return call.shuffle(entries.filter((each) => type === undefined || each.type === type));
}

/** The resource of a path, `vm:100` or `100`. */
function resourceOf(call: Call): Guest {
  const sid = call.parameters.text('sid') ?? '';
  const bare = call.cluster.guests.get(Number(sid));
  const guest = bare ?? guestOf(call.cluster, sid);
  if (guest?.service) return guest;
  throw serverError(`no such resource '${bare ? serviceId(bare) : sid}'`);
}

/** What `ha-manager migrate` and `relocate` do, without a task (§6.4). */
function move(call: Call) {
  const { cluster } = call;
  if (!cluster.quorate) throw serverError('cluster not ready - no quorum?');
  const guest = resourceOf(call);
  const target = call.parameters.text('node') ?? '';
  if (!cluster.nodes.has(target)) throw serverError(`no such cluster node '${target}'`);
  if (!call.profile.features.has('haRules')) {
    requestMove(cluster, guest, target);
    return null;
  }
  const { comigrated, blocking } = motionTo(cluster, guest, target);
  if (guest.service?.state === 'error') {
    throw serverError(`service '${serviceId(guest)}' in error state, must be disabled and fixed first`);
  }
  if (!availableNodes(cluster).includes(target)) {
    throw serverError(`node '${target}' is not online`);
  }
  if (blocking.length === 0) requestMove(cluster, guest, target);
  return {
    sid: serviceId(guest),
    'requested-node': target,
    ...(comigrated.length === 0 ? {} : { 'comigrated-resources': comigrated.map(serviceId) }),
    ...(blocking.length === 0 ? {} : { 'blocking-resources': blocking }),
  };
}

function moveRoute(command: 'migrate' | 'relocate'): Route {
  return {
    method: 'POST',
    path: `/cluster/ha/resources/{sid}/${command}`,
    parameters: { sid: SID, node: NODE },
    permission: { path: '/', anyOf: ['Sys.Console'] },
    forwarded: false,
    handle: move,
  };
}

export const haResourceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    parameters: { type: { type: 'string', values: ['ct', 'vm'], optional: true } },
    permission: AUDIT,
    forwarded: false,
    handle: list,
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources/{sid}',
    parameters: { sid: SID },
    permission: AUDIT,
    forwarded: false,
    handle: (call) => entry(call, resourceOf(call)),
  },
  moveRoute('migrate'),
  moveRoute('relocate'),
];
