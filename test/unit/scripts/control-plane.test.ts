import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  cacheKey,
  ensureControlPlane,
  linkerFlags,
  pinnedVersions,
  requireControlPlane,
} from '../../../scripts/control-plane.mjs';
import { isGoRecentEnough, PrerequisiteError, requireNode } from '../../../scripts/prerequisites.mjs';

describe('the control plane', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assets-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is cached by versions and platform, in the names Go uses', () => {
    const versions = { kubernetes: 'v1.36.3', etcd: 'v3.7.3' };
    expect(cacheKey(versions, 'linux', 'x64')).to.equal('v1.36.3-v3.7.3-linux-amd64');
    expect(cacheKey(versions, 'darwin', 'arm64')).to.equal('v1.36.3-v3.7.3-darwin-arm64');
  });

  it('has its versions from go.mod, as required there and not as replaced', () => {
    const goMod = [
      'require k8s.io/kubernetes v1.36.3',
      'require (',
      '\tgo.etcd.io/etcd/server/v3 v3.7.3',
      '\tk8s.io/kubernetes/fake v9.9.9',
      ')',
      'replace k8s.io/kubernetes => ../kubernetes',
    ].join('\n');
    expect(pinnedVersions(goMod)).to.deep.equal({ kubernetes: 'v1.36.3', etcd: 'v3.7.3' });
    expect(() => pinnedVersions('module x')).to.throw('k8s.io/kubernetes');
  });

  it('replaces every staging module by the release that belongs to the Kubernetes version', () => {
    const goMod = readFileSync(new URL('../../control-plane/go.mod', import.meta.url), 'utf8');
    const staging = pinnedVersions(goMod).kubernetes.replace(/^v1/, 'v0');
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

  it('comes from KUBEBUILDER_ASSETS where that is set', async () => {
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeFileSync(join(folder, name), '');
    expect(await ensureControlPlane({ KUBEBUILDER_ASSETS: folder })).to.equal(folder);
  });

  it('is refused in one line where KUBEBUILDER_ASSETS lacks a binary, naming it', () => {
    writeFileSync(join(folder, 'etcd'), '');
    expect(() => requireControlPlane({ KUBEBUILDER_ASSETS: folder })).to.throw(
      PrerequisiteError,
      /^KUBEBUILDER_ASSETS is \S+, which has no kubectl, no kube-apiserver: .*[^\n]$/,
    );
  });

  it('is refused in one line where it is not built and there is no Go', () => {
    expect(() => requireControlPlane({ PATH: folder, XDG_CACHE_HOME: folder })).to.throw(
      PrerequisiteError,
      /^Go 1\.26 or newer is not on the PATH .* install it from .*KUBEBUILDER_ASSETS.*[^\n]$/,
    );
  });
});

describe('prerequisites', () => {
  it('are Go 1.26 or newer', () => {
    expect(isGoRecentEnough('go version go1.26.8 linux/amd64\n')).to.equal(true);
    expect(isGoRecentEnough('go version go1.27rc1 darwin/arm64\n')).to.equal(true);
    expect(isGoRecentEnough('go version go2.0 linux/amd64\n')).to.equal(true);
    expect(isGoRecentEnough('go version go1.9.1 linux/amd64\n')).to.equal(false);
    expect(isGoRecentEnough('go version go1.25.4 linux/amd64\n')).to.equal(false);
    expect(isGoRecentEnough('no such thing')).to.equal(false);
  });

  it('are Node 20 or newer', () => {
    requireNode('20.0.0');
    expect(() => requireNode('18.20.4')).to.throw(
      PrerequisiteError,
      /^Node 20 or newer .* 18\.20\.4.*[^\n]$/,
    );
  });
});
