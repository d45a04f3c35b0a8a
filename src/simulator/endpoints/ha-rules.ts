import { haGuests } from '../ha/resources.ts';
import { ruleErrors } from '../ha/rules.ts';
import { serverError } from '../http/api-error.ts';
import type { Call, Route } from '../http/route.ts';
import type { HaGroup, HaRule } from '../scenario/specifications.ts';
import { digestOf } from '../world/digest.ts';
import { serviceId } from '../world/guest.ts';
import { AUDIT } from './ha-resources.ts';

/** `pve1:2,pve3`; the priority 0 is not written. */
function nodeList(nodes: ReadonlyMap<string, number>): string {
  return [...nodes].map(([node, priority]) => (priority === 0 ? node : `${node}:${priority}`)).join(',');
}

function rules(call: Call) {
  const { ha } = call.cluster;
  // As long as groups hold, they are shown as the rules they will become (docs/proxmox-api.md §4.11).
  const all = ha.placement === 'rules' ? ha.rules : ha.groups.map((group) => ruleOf(call, group));
  return all.map((rule, index) => entry(call, rule, index + 1));
}

function ruleOf(call: Call, group: HaGroup): HaRule {
  return {
    name: `ha-group-${group.name}`,
    type: 'node-affinity',
    resources: haGuests(call.cluster)
      .filter((guest) => guest.service?.resource.group === group.name)
      .map(serviceId),
    disabled: false,
    comment: group.comment,
    nodes: group.nodes,
    strict: group.restricted,
    affinity: 'positive',
  };
}

function entry(call: Call, rule: HaRule, order: number) {
  const errors = ruleErrors(rule);
  const shown = rule.type === 'resource-affinity' || call.profile.features.has('haAutoRebalance');
  return {
    rule: rule.name,
    type: rule.type,
    ...(shown ? { affinity: rule.affinity } : {}),
    resources: rule.resources.join(','),
    ...(rule.type === 'node-affinity' ? { nodes: nodeList(rule.nodes) } : {}),
    ...(rule.type === 'node-affinity' && rule.strict ? { strict: 1 } : {}),
    ...(rule.disabled ? { disable: 1 } : {}),
    ...(rule.comment === undefined ? {} : { comment: rule.comment }),
    order,
    digest: digestOf('ha-rules'),
    ...(errors === undefined ? {} : { errors }),
  };
}

function listRules(call: Call) {
  const { parameters } = call;
  const type = parameters.text('type');
  const resource = parameters.text('resource');
  return rules(call).filter(
    (rule) =>
      (type === undefined || rule.type === type) &&
      (resource === undefined || rule.resources.split(',').includes(resource)),
  );
}

function readRule(call: Call) {
  const name = call.parameters.text('rule') ?? '';
  const rule = rules(call).find((each) => each.rule === name);
  if (!rule) throw serverError(`no such ha rule '${name}'`);
  return rule;
}

function groups(call: Call, action: string) {
  const { ha } = call.cluster;
  const migrated =
    ha.placement === 'rules' || (call.profile.features.has('haRules') && ha.groups.length === 0);
  if (migrated) throw serverError(`cannot ${action}: ha groups have been migrated to rules`);
  return ha.groups.map((group) => ({
    group: group.name,
    type: 'group',
    nodes: nodeList(group.nodes),
    restricted: Number(group.restricted),
    nofailback: Number(group.nofailback),
    ...(group.comment === undefined ? {} : { comment: group.comment }),
    digest: digestOf('ha-groups'),
  }));
}

function readGroup(call: Call) {
  const name = call.parameters.text('group') ?? '';
  const group = groups(call, 'read group').find((each) => each.group === name);
  if (!group) throw serverError(`no such ha group '${name}'`);
  return group;
}

export const haRuleRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/ha/rules',
    parameters: {
      resource: { type: 'string', optional: true },
      type: { type: 'string', values: ['node-affinity', 'resource-affinity'], optional: true },
    },
    feature: 'haRules',
    permission: AUDIT,
    forwarded: false,
    handle: listRules,
  },
  {
    method: 'GET',
    path: '/cluster/ha/rules/{rule}',
    parameters: { rule: { type: 'string' } },
    feature: 'haRules',
    permission: AUDIT,
    forwarded: false,
    handle: readRule,
  },
  {
    method: 'GET',
    path: '/cluster/ha/groups',
    parameters: {},
    permission: AUDIT,
    forwarded: false,
    handle: (call) => groups(call, 'index groups'),
  },
  {
    method: 'GET',
    path: '/cluster/ha/groups/{group}',
    parameters: { group: { type: 'string' } },
    permission: AUDIT,
    forwarded: false,
    handle: readGroup,
  },
];
