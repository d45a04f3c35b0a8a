import { expect } from 'chai';
import fc from 'fast-check';
import { makePlan } from '../../../../src/balancing/planner.ts';
import { planFigures } from '../../../../src/controllers/balance-policy/policy-figures.ts';
import { anyCluster, anySettings, extreme, type Figures } from '../../../support/cluster-arbitraries.ts';
import { statusProblems } from '../../../support/crd-status.ts';

/** As wild as the checks on what Proxmox answers let them be. */
const bounded: Figures = {
  number: (realistic) => extreme.number(realistic).map((number) => Math.min(number, Number.MAX_SAFE_INTEGER)),
};

const anyStrategy = fc.constantFrom('Cslb' as const, 'Optimize' as const);

describe('the figures of a plan', () => {
  it('fit into the status, whatever the cluster is', () => {
    fc.assert(
      fc.property(anyCluster(bounded), anySettings, anyStrategy, (cluster, settings, strategy) => {
        const plan = makePlan(cluster, { ...settings, strategy });
        const figures = planFigures(plan, '1-0123456789ab', '2026-01-01T00:00:00Z');
        expect(statusProblems('BalancePolicy', figures)).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
