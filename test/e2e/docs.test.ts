import { expect } from 'chai';
import { DOCUMENTED_MANIFESTS } from '../support/documented-manifests.ts';
import { installCrds } from '../support/install-crds.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

describe('the examples of the documentation, on an API server', () => {
  let namespace: string;

  before(async () => {
    const controlPlane = await sharedControlPlane();
    namespace = await createTestNamespace('docs');
    await installCrds(controlPlane);
  });

  for (const { place, text, objects } of DOCUMENTED_MANIFESTS) {
    it(`can be applied: ${place}`, async () => {
      const controlPlane = await sharedControlPlane();
      const args = ['apply', '--dry-run=server', '--namespace', namespace, '--filename=-'];
      const { code, stdout, stderr } = await controlPlane.kubectl(args, text);
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      expect(stdout.trim().split('\n')).to.have.lengthOf(objects.length);
    });
  }
});
