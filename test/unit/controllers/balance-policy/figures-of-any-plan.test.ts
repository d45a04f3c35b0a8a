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

// A search for a plan takes its time.
const RUNS = { Cslb: 300, Optimize: 100 } as const;

describe('the figures of a plan', () => {
  for (const strategy of ['Cslb', 'Optimize'] as const) {
    it(`of ${strategy} fit into the status, whatever the cluster is`, () => {
      fc.assert(
        fc.property(anyCluster(bounded), anySettings, (cluster, settings) => {
          const plan = makePlan(cluster, { ...settings, strategy });
          const figures = planFigures(plan, '1-0123456789ab', '2026-01-01T00:00:00Z');
          expect(statusProblems('BalancePolicy', figures)).to.deep.equal([]);
        }),
        { numRuns: RUNS[strategy] },
      );
    });
  }
});
