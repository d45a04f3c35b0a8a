import { expect } from 'chai';
import { bindRules } from '../../../src/balancing/bound-rule.ts';
import { indexCluster } from '../../../src/balancing/cluster-index.ts';
import { guestBlock } from '../../../src/balancing/guest-block.ts';
import type { PlacementRule } from '../../../src/balancing/placement.ts';
import { makePlan } from '../../../src/balancing/planner.ts';
import { targetBlock } from '../../../src/balancing/target-block.ts';
import { settings } from '../../support/cluster-model.ts';
import { loaded, vm } from '../../support/loaded-cluster.ts';
import { rule } from '../../support/placement-settings.ts';

const NODES = ['pve1', 'pve2', 'pve3'];

function blocksOf(
  vmid: number,
  rules: readonly PlacementRule[],
  guests = [vm(101, 'pve1', 1), vm(102, 'pve1', 1), vm(103, 'pve2', 1)],
  more: { readonly drainNodes?: readonly string[]; readonly memoryReserveShare?: number } = {},
) {
  const wanted = settings({ placement: { rules, drainNodes: [], memoryReserveShare: 0, ...more } });
  const model = loaded(NODES, guests);
  const index = indexCluster(model, wanted.placement);
  const guest = model.guests.find((each) => each.vmid === vmid);
  if (guest === undefined) throw new Error(`no guest ${vmid}`);
  const targets = model.nodes.map((node) => targetBlock(guest, node, index, wanted)?.kind);
  return { guest: guestBlock(guest, index, wanted)?.kind, pve2: targets[1], pve3: targets[2] };
}

describe('a required rule of the policy', () => {
  it('keeps guests apart from others of an AntiAffinity', () => {
    const rules = [rule('AntiAffinity', [101, 103])];
    expect(blocksOf(101, rules)).to.deep.equal({ guest: undefined, pve2: 'KeptApart', pve3: undefined });
    expect(blocksOf(102, rules)).to.deep.equal({ guest: undefined, pve2: undefined, pve3: undefined });
  });

  it('keeps guests of an Affinity that are together where they are', () => {
    expect(blocksOf(101, [rule('Affinity', [101, 102])]).guest).to.equal('KeptTogether');
    expect(blocksOf(101, [rule('Affinity', [101])]).guest).to.equal(undefined);
  });

  it('lets guests of a broken Affinity go only to each other', () => {
    expect(blocksOf(101, [rule('Affinity', [101, 103])])).to.deep.equal({
      guest: undefined,
      pve2: undefined,
      // Neither better nor worse than now.
      pve3: undefined,
    });
    expect(blocksOf(101, [rule('Affinity', [101, 102, 103])])).to.deep.include({
      pve2: undefined,
      pve3: 'FurtherApart',
    });
  });

  it('lets pinned guests go to their nodes only', () => {
    expect(blocksOf(101, [rule('Pin', [101], { nodes: ['pve?', 'x'] })])).to.deep.include({
      pve2: undefined,
      pve3: undefined,
    });
    expect(blocksOf(101, [rule('Pin', [101], { nodes: ['pve1', 'pve3'] })])).to.deep.include({
      pve2: 'PinnedElsewhere',
      pve3: undefined,
    });
  });

  it('does not bind when it is only preferred', () => {
    const preferred = { enforcement: 'Preferred' } as const;
    const rules = [
      rule('AntiAffinity', [101, 103], preferred),
      rule('Affinity', [101, 102], { ...preferred, name: 'b' }),
    ];
    expect(blocksOf(101, rules)).to.deep.equal({ guest: undefined, pve2: undefined, pve3: undefined });
  });

  it('binds the moves of Cslb as well', () => {
    const guests = [1, 2, 3, 4].map((number) => vm(100 + number, 'pve1', 20, 2));
    const rules = [rule('Affinity', [101, 102, 103, 104])];
    const free = makePlan(loaded(NODES, guests), settings());
    expect(free.migrations).to.have.length(1);
    const held = settings({ placement: { rules, drainNodes: [], memoryReserveShare: 0 } });
    expect(makePlan(loaded(NODES, guests), held).migrations).to.deep.equal([]);
  });
});

describe('a broken Affinity', () => {
  it('is not made worse by moves of Cslb together that each alone would do no harm', () => {
    // Of four guests two are on either hot node: the first may leave one pair, the second would leave the other.
    const names = [...NODES, 'pve4', 'pve5', 'pve6'];
    const hot = ['pve1', 'pve2'].flatMap((name, at) => [
      vm(101 + 10 * at, name, 1, 1),
      vm(102 + 10 * at, name, 1, 2),
      vm(103 + 10 * at, name, 80, 2, { lock: 'backup' }),
    ]);
    const idle = names.slice(2).map((name, at) => vm(130 + at, name, 5));
    const model = loaded(names, [...hot, ...idle]);
    const migrationsWith = (rules: readonly PlacementRule[]) =>
      makePlan(
        model,
        settings({ placement: { rules, drainNodes: [], memoryReserveShare: 0 } }),
      ).migrations.map(({ vmid }) => vmid);

    expect(migrationsWith([])).to.deep.equal([101, 111]);
    expect(migrationsWith([rule('Affinity', [101, 102, 111, 112])])).to.deep.equal([101]);
    expect(migrationsWith([rule('AntiAffinity', [101, 111])])).to.deep.equal([101, 111]);
  });
});

describe('a placement', () => {
  it('makes no target of a node to be drained', () => {
    expect(blocksOf(101, [], undefined, { drainNodes: ['*3'] })).to.deep.include({
      pve2: undefined,
      pve3: 'TargetUnavailable',
    });
  });

  it('keeps the reserve free', () => {
    const guests = [vm(101, 'pve1', 10), vm(103, 'pve2', 70)];
    expect(blocksOf(101, [], guests, { memoryReserveShare: 0.2 }).pve2).to.equal(undefined);
    expect(blocksOf(101, [], guests, { memoryReserveShare: 0.21 }).pve2).to.equal('NoRoom');
  });

  it('means guests by any of VMID, tags and pools, but no templates', () => {
    const guests = [
      vm(101, 'pve1', 1),
      vm(102, 'pve1', 1, 0, { tags: ['web', 'db-1'] }),
      vm(103, 'pve1', 1, 0, { pool: 'prod/db' }),
      vm(104, 'pve1', 1, 0, { pool: 'prod/db', template: true }),
      vm(105, 'pve1', 1, 0, { tags: ['adb-1'] }),
    ];
    const model = loaded(NODES, guests, { unreadable: [{ vmid: 106, node: 'pve1', detail: 'x' }] });
    const named = rule('AntiAffinity', [101, 106, 999], { tags: ['db-?'], pools: ['prod/*'] });
    expect(bindRules(model, [named])[0]?.vmids).to.deep.equal([101, 102, 103, 106]);
  });
});
