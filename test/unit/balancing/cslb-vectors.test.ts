import { expect } from 'chai';
import { validatePolicy } from '../../../src/api/validation/validate-manifest.ts';
import type { Cluster } from '../../../src/balancing/cluster.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import { guestWeight } from '../../../src/balancing/guest-weight.ts';
import { cpuMhz, weightShares } from '../../../src/balancing/node-weight.ts';
import type { BalanceSettings } from '../../../src/balancing/plan.ts';
import { balanceSettings } from '../../../src/controllers/balance-policy/settings.ts';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { type CslbVector, cslbVectors, expectedMoves, policyOf } from '../../support/cslb-vectors.ts';

describe('CSLB on the states recorded with pve-cslb', () => {
  it('has 60 of them', () => {
    expect(cslbVectors).to.have.length(60);
  });

  for (const vector of cslbVectors) {
    it(`${vector.name}: weighs and moves alike`, async () => {
      const { expected } = vector;
      const { cluster } = await readInventory(createSnapshotReader(vector.snapshot));
      const settings = settingsOf(vector);
      const plan = planCslb(cluster, settings);

      expect(weightsOf(plan.nodes)).to.deep.equal(expected.nodeWeights);
      expect(guestWeights(cluster, settings)).to.include(expected.guestWeights);
      expect(plan.imbalance.mean).to.equal(expected.mean);
      expect(plan.imbalance.deviation).to.equal(expected.stdev);
      expect(plan.balanced).to.equal(expected.balanced);
      expect(
        plan.migrations.map(({ vmid, type, source, target }) => ({ vmid, type, source, target })),
      ).to.deep.equal(expectedMoves(vector));
    });
  }
});

function settingsOf(vector: CslbVector): BalanceSettings {
  const validation = validatePolicy(policyOf(vector));
  if (validation.kind === 'Invalid') throw new Error(JSON.stringify(validation.problems));
  return balanceSettings(validation.object.spec);
}

function weightsOf(nodes: ReturnType<typeof planCslb>['nodes']): Record<string, number> {
  return Object.fromEntries(
    nodes.flatMap(({ name, weight }) => (weight === undefined ? [] : [[name, weight]])),
  );
}

function guestWeights(cluster: Cluster, settings: BalanceSettings): Record<string, number> {
  const clocks = new Map(
    cluster.nodes.flatMap((node) =>
      node.availability === 'Online' ? [[node.name, cpuMhz(node.figures)] as const] : [],
    ),
  );
  const shares = weightShares(settings.weights);
  return Object.fromEntries(
    cluster.guests
      .filter(({ status }) => status === 'running')
      .map((guest) => [guest.vmid, guestWeight(guest, clocks.get(guest.node) ?? 0, shares)]),
  );
}
