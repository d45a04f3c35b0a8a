import { expect } from 'chai';
import { validateManifest, validatePolicy } from '../../../../src/api/validation/validate-manifest.ts';
import { readManifestFile } from '../../../../src/commands/manifest-file.ts';
import { recordedIo } from '../../../support/command-io.ts';
import { MANIFEST_CASES } from '../../../support/manifest-cases/manifest-cases.ts';
import { clusterManifest, policyManifest } from '../../../support/manifests.ts';

describe('validateManifest', () => {
  for (const { title, manifest, refusedWith } of MANIFEST_CASES) {
    it(`${refusedWith === undefined ? 'accepts' : 'refuses'} ${title}`, async () => {
      const [document] = await readManifestFile('-', recordedIo({ stdin: manifest }));
      const validation = validateManifest(document?.value);
      const said =
        validation.kind === 'Valid'
          ? []
          : validation.problems.map(({ path, message }) => `${path} ${message}`);
      if (refusedWith === undefined) expect(said).to.deep.equal([]);
      else expect(said).to.have.lengthOf(1).with.nested.property('[0]').that.includes(refusedWith);
    });
  }

  it('fills in the defaults', () => {
    const manifest = JSON.parse(policyManifest({ migration: { concurrency: { total: 4 } } }));
    expect(validateManifest(manifest)).to.deep.equal({
      kind: 'Valid',
      object: {
        apiVersion: 'pve-cslb.io/v1alpha1',
        kind: 'BalancePolicy',
        metadata: { name: 'lab' },
        spec: {
          clusterRef: { name: 'lab' },
          mode: 'Automatic',
          suspend: false,
          approvalTimeout: '24h',
          stabilization: { window: '0s', guestCooldown: '1h', minimumGain: '0%' },
          placement: { rules: [], drainNodes: [], reserve: { memory: '0%' } },
          windows: [],
          interval: '5m',
          strategy: 'Cslb',
          tolerance: '20%',
          weights: { cpu: 40, memory: 60 },
          exclusions: { nodes: [], vmids: [], types: [], tags: [], pools: [] },
          maxMigrations: 5,
          migration: {
            concurrency: { total: 4, perNode: 1 },
            containers: 'Never',
            localDisks: false,
            timeout: '2h',
          },
          historyLimit: 50,
        },
      },
    });
  });

  it('leaves what it was given as it was', () => {
    const manifest = JSON.parse(clusterManifest({ tls: { caRef: { kind: 'Secret', name: 'ca' } } }));
    const before = structuredClone(manifest);
    const validation = validateManifest(manifest);
    expect(validation).to.have.nested.property('object.spec.tls.caRef.key', 'ca.crt');
    expect(manifest).to.deep.equal(before);
  });

  it('keeps a status without looking at it, as the API server takes none from a manifest', () => {
    const manifest = { ...JSON.parse(policyManifest({})), status: { inFlight: 3 } };
    expect(validateManifest(manifest)).to.have.nested.property('object.status.inFlight', 3);
  });

  it('names every problem at once', () => {
    const manifest = JSON.parse(
      policyManifest({ interval: '1d', tolerance: '120%', maxMigrations: 0, spare: 1 }),
    );
    const validation = validateManifest(manifest);
    const paths = validation.kind === 'Invalid' ? validation.problems.map(({ path }) => path) : [];
    expect(paths).to.have.members(['spec.interval', 'spec.tolerance', 'spec.maxMigrations', 'spec.spare']);
  });

  it('refuses what is no object of ours', () => {
    for (const document of [undefined, null, 'text', 3, [], {}, { kind: 'Secret' }]) {
      expect(validateManifest(document)).to.have.property('kind', 'Invalid');
    }
  });
});

describe('validatePolicy', () => {
  it('accepts a BalancePolicy and no PveCluster', () => {
    expect(validatePolicy(JSON.parse(policyManifest({})))).to.have.property('kind', 'Valid');
    expect(validatePolicy(JSON.parse(clusterManifest({})))).to.deep.equal({
      kind: 'Invalid',
      problems: [{ path: 'kind', message: "must be 'BalancePolicy'" }],
    });
  });
});
