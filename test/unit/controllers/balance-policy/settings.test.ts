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
    const rule = { name: 'db', type: 'Pin', guests: { tags: ['db'] }, nodes: ['pve1'] };
    const settings = balanceSettings(
      specOf({
        strategy: 'Optimize',
        tolerance: '12.5%',
        weights: { cpu: 0, memory: 1 },
        exclusions,
        maxMigrations: 7,
        migration: { containers: 'Restart', localDisks: true },
        stabilization: { minimumGain: '2.5%' },
        placement: { rules: [rule], drainNodes: ['pve3'], reserve: { memory: '10%' } },
      }),
    );
    expect(settings).to.deep.include({
      strategy: 'Optimize',
      tolerance: 0.125,
      maxMigrations: 7,
      containers: 'Restart',
      localDisks: true,
      exclusions,
      minimumGain: 0.025,
      placement: {
        rules: [{ ...rule, guests: { vmids: [], tags: ['db'], pools: [] }, enforcement: 'Required' }],
        drainNodes: ['pve3'],
        memoryReserveShare: 0.1,
      },
    });
    expect(settings.weights).to.deep.equal({ cpu: 0, memory: 1 });
  });

  it('refuse a spec that got past its validation', () => {
    const spec = specOf({});
    for (const wrong of [
      { tolerance: '20' },
      { tolerance: '-1%' },
      { weights: { cpu: 0, memory: 0 } },
      { stabilization: { ...spec.stabilization, minimumGain: '5' } },
      { placement: { ...spec.placement, reserve: { memory: 'all' } } },
    ]) {
      expect(() => balanceSettings({ ...spec, ...wrong }))
        .to.throw(OperatorError)
        .with.property('code', 'InvalidSpec');
    }
  });

  it('refuse a spec whose CRD is older than the operator', () => {
    const { placement: _, ...spec } = specOf({});
    expect(() => balanceSettings(spec as BalancePolicySpec)).to.throw(OperatorError, 'CRD is older');
  });
});
