import { expect } from 'chai';
import type { BalancePolicySpec } from '../../../../src/api/generated/balance-policy.ts';
import { validatePolicy } from '../../../../src/api/validation/validate-manifest.ts';
import { balanceSettings } from '../../../../src/controllers/balance-policy/settings.ts';
import { OperatorError } from '../../../../src/lib/errors.ts';

function specOf(spec: object): BalancePolicySpec {
  const validation = validatePolicy({
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name: 'lab' },
    spec: { clusterRef: { name: 'lab' }, mode: 'Automatic', ...spec },
  });
  if (validation.kind === 'Invalid') throw new Error(JSON.stringify(validation.problems));
  return validation.object.spec;
}

describe('balanceSettings', () => {
  it('are those of pve-cslb by default, with containers left alone', () => {
    expect(balanceSettings(specOf({}))).to.deep.equal({
      strategy: 'Cslb',
      tolerance: 0.2,
      weights: { cpu: 40, memory: 60 },
      exclusions: { nodes: [], vmids: [], types: [], tags: [], pools: [] },
      maxMigrations: 5,
      containers: 'Never',
      localDisks: false,
      placement: { rules: [], drainNodes: [], memoryReserveShare: 0 },
      minimumGain: 0,
    });
  });

  it('take over what the policy says', () => {
    const exclusions = { nodes: ['a*'], vmids: [100], types: ['lxc'], tags: ['t'], pools: ['p'] };
    const settings = balanceSettings(
      specOf({
        tolerance: '12.5%',
        weights: { cpu: 0, memory: 1 },
        exclusions,
        maxMigrations: 7,
        migration: { containers: 'Restart', localDisks: true },
      }),
    );
    expect(settings).to.deep.include({
      tolerance: 0.125,
      maxMigrations: 7,
      containers: 'Restart',
      localDisks: true,
      exclusions,
    });
    expect(settings.weights).to.deep.equal({ cpu: 0, memory: 1 });
  });

  it('refuse a spec that got past its validation', () => {
    const spec = specOf({});
    for (const wrong of [{ tolerance: '20' }, { tolerance: '-1%' }, { weights: { cpu: 0, memory: 0 } }]) {
      expect(() => balanceSettings({ ...spec, ...wrong }))
        .to.throw(OperatorError)
        .with.property('code', 'InvalidSpec');
    }
  });
});
