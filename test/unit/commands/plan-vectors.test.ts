import { expect } from 'chai';
import { cslbVectors, expectedMoves, policyOf } from '../../support/cslb-vectors.ts';
import { createPlanFolder, type PlanFolder, runPlan } from '../../support/plan-folder.ts';

describe('cslb plan', () => {
  let folder: PlanFolder;
  before(() => {
    folder = createPlanFolder();
  });
  after(() => folder.remove());

  for (const vector of cslbVectors) {
    it(`plans the recorded state ${vector.name} as pve-cslb did`, async () => {
      const { expected, snapshot } = vector;
      const { code, stdout } = await runPlan([
        '--snapshot',
        folder.save('vector.json', snapshot),
        '--policy',
        folder.save('vector-policy.json', policyOf(vector)),
        '--output=json',
        '--exit-code',
      ]);
      const report = JSON.parse(stdout);
      expect(code).to.equal(expected.proposals.length > 0 ? 3 : 0);
      expect(report.strategy).to.equal('Cslb');
      expect(report.balanced).to.equal(expected.balanced);
      expect(report.imbalance).to.include({ mean: expected.mean, deviation: expected.stdev });
      const weights = report.nodes
        .filter(({ weight }: { weight: number | null }) => weight !== null)
        .map(({ name, weight }: { name: string; weight: number }) => [name, weight]);
      expect(Object.fromEntries(weights)).to.deep.equal(expected.nodeWeights);
      const moves = report.migrations.map(({ vmid, type, source, target }: Record<string, unknown>) => ({
        vmid,
        type,
        source,
        target,
      }));
      expect(moves).to.deep.equal(expectedMoves(vector));
    });
  }
});
