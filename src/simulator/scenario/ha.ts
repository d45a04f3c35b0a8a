import type { HaDocument, HaGroupDocument, HaResourceDocument, HaRuleDocument } from './document.ts';
import type { HaGroup, HaResource, HaRule } from './specifications.ts';

export function haGroups(document: HaDocument | undefined): HaGroup[] {
  return (document?.groups ?? []).map((group: HaGroupDocument) => ({
    name: group.name,
    nodes: priorities(group.nodes),
    restricted: group.restricted ?? false,
    nofailback: group.nofailback ?? false,
    comment: group.comment,
  }));
}

export function haRules(document: HaDocument | undefined): HaRule[] {
  return (document?.rules ?? []).map((rule: HaRuleDocument) => {
    const { name, resources, comment } = rule;
    const common = { name, resources, comment, disabled: rule.disabled ?? false };
    if (rule.type === 'resource-affinity') return { ...common, type: rule.type, affinity: rule.affinity };
    return {
      ...common,
      type: rule.type,
      nodes: priorities(rule.nodes),
      strict: rule.strict ?? false,
      affinity: rule.affinity ?? 'positive',
    };
  });
}

/** `haState` alone makes a resource of it as well. */
export function haResource(
  document: HaResourceDocument | undefined,
  haState: string | undefined,
): HaResource | undefined {
  if (document === undefined && haState === undefined) return undefined;
  const ofState = haState === 'ignored' || haState === 'stopped' ? haState : 'started';
  return {
    state: document === undefined ? ofState : document.state,
    group: document?.group,
    failback: document?.failback,
    autoRebalance: document?.autoRebalance,
    maxRestart: document?.maxRestart,
    maxRelocate: document?.maxRelocate,
    comment: document?.comment,
  };
}

function priorities(nodes: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    nodes.map((text) => {
      const [node = '', priority = '0'] = text.split(':');
      return [node, Number(priority)];
    }),
  );
}
