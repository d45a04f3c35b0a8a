import { expect } from 'chai';
import { isRecord } from '../../../src/api/validation/structural-schema.ts';
import { type ConditionUpdate, withConditions } from '../../../src/controllers/conditions.ts';
import { type ArgoCdHealth, argoCdJudgement, HEALTH_SCRIPT } from '../../support/argo-cd-health.ts';
import { CLUSTER_SITUATIONS } from '../../support/cluster-situations.ts';
import { DOCUMENTED_MANIFESTS } from '../../support/documented-manifests.ts';
import { documentedExpressions, fluxJudgement } from '../../support/flux-health.ts';
import { type KStatus, kstatus } from '../../support/kstatus.ts';
import { POLICY_SITUATIONS } from '../../support/policy-situations.ts';

const NOW = Date.UTC(2026, 0, 1);

const KINDS: readonly (readonly [string, typeof CLUSTER_SITUATIONS])[] = [
  ['PveCluster', CLUSTER_SITUATIONS],
  ['BalancePolicy', POLICY_SITUATIONS],
];

/** What Flux makes of what Argo CD calls so, by the documented expressions. */
const FLUX: Readonly<Record<ArgoCdHealth, KStatus>> = {
  Healthy: 'Current',
  Suspended: 'Current',
  Progressing: 'InProgress',
  Degraded: 'Failed',
};

function objectWith(updates: readonly ConditionUpdate[], suspend: boolean) {
  const conditions = withConditions(undefined, updates, 2, NOW);
  return {
    metadata: { name: 'lab', generation: 2 },
    spec: { suspend },
    status: { observedGeneration: 2, conditions },
  };
}

describe('the documented health checks', () => {
  for (const [kind, situations] of KINDS) {
    const expressions = documentedExpressions(kind);

    for (const [name, updates, expected] of situations) {
      it(`judge a ${kind} that is ${name}: ${expected.argoCd}, with kstatus ${expected.kstatus}`, async () => {
        const object = objectWith(updates, name === 'suspended');
        const judgement = await argoCdJudgement(object);
        expect(judgement.status).to.equal(expected.argoCd);
        expect(judgement.message).to.match(/\.$/);
        expect(kstatus(object)).to.equal(expected.kstatus);
        expect(fluxJudgement(object, expressions)).to.equal(FLUX[expected.argoCd]);
      });
    }

    for (const [name, changes] of [
      ['nobody has seen yet', { status: { observedGeneration: -1 } }],
      ['was changed since', { metadata: { name: 'lab', generation: 3 } }],
    ] as const) {
      it(`call a ${kind} that ${name} in progress, whatever its conditions`, async () => {
        for (const [, updates] of situations) {
          const object = { ...objectWith(updates, false), ...changes };
          expect(await argoCdJudgement(object)).to.have.property('status', 'Progressing');
          expect(kstatus(object)).to.equal('InProgress');
          expect(fluxJudgement(object, expressions)).to.equal('InProgress');
        }
      });
    }

    it(`say that a ${kind} is being deleted`, async () => {
      const object = objectWith(situations[1]?.[1] ?? [], false);
      const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      expect(await argoCdJudgement({ ...object, metadata })).to.deep.equal({
        status: 'Progressing',
        message: 'It is being deleted.',
      });
      expect(kstatus({ ...object, metadata })).to.equal('Terminating');
    });
  }

  it('are shown for Argo CD as the script in the file that was tested', () => {
    const config = DOCUMENTED_MANIFESTS.flatMap(({ objects }) => objects)
      .filter(isRecord)
      .find(
        ({ kind, metadata }) => kind === 'ConfigMap' && isRecord(metadata) && metadata.name === 'argocd-cm',
      );
    expect(config).to.have.property('data').that.deep.equals({
      'resource.customizations.health.pve-cslb.io_PveCluster': HEALTH_SCRIPT,
      'resource.customizations.health.pve-cslb.io_BalancePolicy': HEALTH_SCRIPT,
    });
  });

  it('make something of objects without any status, as with CRDs of an earlier release', async () => {
    const object = { metadata: { name: 'lab', generation: 1 }, spec: {} };
    expect(await argoCdJudgement(object)).to.have.property('status', 'Progressing');
  });
});
