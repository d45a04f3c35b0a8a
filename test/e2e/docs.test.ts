import { expect } from 'chai';
import { API_VERSION } from '../../src/api/resource.ts';
import { isRecord } from '../../src/api/validation/structural-schema.ts';
import { DOCUMENTED_MANIFESTS } from '../support/documented-manifests.ts';
import { installCrds } from '../support/install-crds.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

const KNOWN: ReadonlySet<unknown> = new Set(['v1', API_VERSION]);

describe('the examples of the documentation, on an API server', () => {
  let namespace: string;

  before(async () => {
    const controlPlane = await sharedControlPlane();
    namespace = await createTestNamespace('docs');
    await installCrds(controlPlane);
  });

  for (const { place, objects } of DOCUMENTED_MANIFESTS) {
    // Flux's, Argo CD's and other people's kinds are not there.
    const known = objects.filter(isRecord).filter(({ apiVersion }) => KNOWN.has(apiVersion));
    if (known.length === 0) continue;

    it(`can be applied: ${place}`, async () => {
      const controlPlane = await sharedControlPlane();
      const items = known.map(({ metadata, ...rest }) => ({
        ...rest,
        metadata: { ...(isRecord(metadata) ? metadata : {}), namespace },
      }));
      const args = ['apply', '--dry-run=server', '--filename=-'];
      const input = items.map((item) => JSON.stringify(item)).join('\n---\n');
      const { code, stdout, stderr } = await controlPlane.kubectl(args, input);
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      expect(stdout.trim().split('\n')).to.have.lengthOf(items.length);
    });
  }
});
