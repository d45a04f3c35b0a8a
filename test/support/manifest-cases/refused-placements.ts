import { policyManifest } from '../manifests.ts';
import type { ManifestCase } from './manifest-case.ts';
import { APART, PIN, TOGETHER } from './sample-rules.ts';

/** The placement of a BalancePolicy. */
export const REFUSED_PLACEMENTS: readonly ManifestCase[] = [
  ...['91%', '90.5%', '-1%', '5', '05%'].map((memory) => ({
    title: `a reserve of ${memory}`,
    manifest: policyManifest({ placement: { reserve: { memory } } }),
    refusedWith:
      "spec.placement.reserve.memory must be a percentage from '0%' to '90%', such as '10%' or '12.5%'",
  })),
  ...['*', '**', '*?', '?*'].map((node) => ({
    title: `the drain of every node, as ${node}`,
    manifest: policyManifest({ placement: { drainNodes: ['pve1', node] } }),
    refusedWith:
      "spec.placement.drainNodes must leave nodes for the guests; '*' is every node, name those to drain, such as 'pve3'",
  })),
  {
    title: 'two rules of one name',
    manifest: policyManifest({ placement: { rules: [PIN, { ...TOGETHER, name: 'here' }] } }),
    refusedWith: "spec.placement.rules must have another `name` for each rule, such as 'db' and 'web'",
  },
  {
    title: 'a rule without guests',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, guests: undefined }] } }),
    refusedWith: 'spec.placement.rules[0].guests is required',
    kubectlSays: 'spec.placement.rules[0].guests: Required value',
  },
  ...[{}, { vmids: [], tags: [], pools: [] }].map((guests) => ({
    title: `a rule that names no guests, as ${JSON.stringify(guests)}`,
    manifest: policyManifest({ placement: { rules: [{ ...PIN, guests }] } }),
    refusedWith:
      'spec.placement.rules[0].guests must name guests by `vmids`, `tags` or `pools`, such as {tags: [db]}',
  })),
  ...['Affinity', 'AntiAffinity'].flatMap((type) =>
    [[101], [101, 101]].map((vmids) => ({
      title: `a rule of the type ${type} about ${vmids}`,
      manifest: policyManifest({ placement: { rules: [{ name: 'alone', type, guests: { vmids } }] } }),
      refusedWith:
        'spec.placement.rules[0] must name two guests or more with this type, such as guests: {vmids: [101, 102]}',
    })),
  ),
  {
    title: 'a Pin to no nodes',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, nodes: [] }] } }),
    refusedWith: 'spec.placement.rules[0] must have `nodes` with the type Pin, such as nodes: [pve1, pve2]',
  },
  {
    title: 'an Affinity with nodes',
    manifest: policyManifest({ placement: { rules: [{ ...TOGETHER, nodes: ['pve1'] }] } }),
    refusedWith:
      'spec.placement.rules[0] must have no `nodes` but with the type Pin, such as {type: Pin, nodes: [pve1, pve2]}',
  },
  {
    title: 'a rule with a name in capitals',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, name: 'DB' }] } }),
    refusedWith:
      "spec.placement.rules[0].name must be a name of lower case letters, digits and '-', such as 'db-replicas'",
  },
  {
    title: 'a rule of an unknown type',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, type: 'Together' }] } }),
    refusedWith: "spec.placement.rules[0].type must be 'Affinity', 'AntiAffinity' or 'Pin'; it is 'Together'",
    kubectlSays: 'supported values: "Affinity", "AntiAffinity", "Pin"',
  },
  {
    title: 'guests that are to be together and apart',
    manifest: policyManifest({ placement: { rules: [APART, TOGETHER] } }),
    refusedWith:
      'spec.placement must not keep guests both together and apart, such as vmids 101 and 102 in an Affinity',
  },
  {
    title: 'guests that are pinned to the nodes that are drained',
    manifest: policyManifest({
      placement: { rules: [{ ...PIN, nodes: ['pve1', 'pve2'] }], drainNodes: ['pve3', 'pve2', 'pve1'] },
    }),
    refusedWith:
      'spec.placement must not pin guests to nodes that it drains, such as nodes: [pve3] beside drainNodes',
  },
  {
    title: 'more rules than there is room for',
    manifest: policyManifest({
      placement: { rules: Array.from({ length: 17 }, (_, index) => ({ ...PIN, name: `rule-${index}` })) },
    }),
    refusedWith: 'spec.placement.rules must be a list of at most 16 items; it is a list of 17',
    kubectlSays: 'spec.placement.rules: Too many: 17: must have at most 16 items',
  },
];
