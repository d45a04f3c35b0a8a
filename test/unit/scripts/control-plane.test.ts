import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CONTROL_PLANE, linkerFlags } from '../../../scripts/control-plane.mjs';
import { pinnedVersion } from '../../../scripts/go-tools.mjs';

describe('the control plane', () => {
  it('replaces every staging module by the release that belongs to the Kubernetes version', () => {
    const goMod = readFileSync(new URL('../../control-plane/go.mod', import.meta.url), 'utf8');
    const staging = pinnedVersion(goMod, 'k8s.io/kubernetes').replace(/^v1/, 'v0');
    const replaced = [...goMod.matchAll(/^\s+(\S+) => (\S+) (\S+)$/gm)];
    expect(replaced.length).to.be.greaterThan(30);
    for (const [line, name, by, version] of replaced) {
      expect([by, version], line).to.deep.equal([name, staging]);
    }
  });

  it('is told its version by the linker', () => {
    expect(linkerFlags('v1.36.3').split(' -X ')).to.include.members([
      'k8s.io/component-base/version.gitVersion=v1.36.3',
      'k8s.io/component-base/version.gitMajor=1',
      'k8s.io/component-base/version.gitMinor=36',
    ]);
  });

  it('is etcd, kube-apiserver and kubectl, in a folder that KUBEBUILDER_ASSETS may name', () => {
    expect(CONTROL_PLANE.variable).to.equal('KUBEBUILDER_ASSETS');
    expect(CONTROL_PLANE.tools.map(({ name }) => name)).to.have.members([
      'etcd',
      'kube-apiserver',
      'kubectl',
    ]);
  });
});
