import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHART_TOOLS } from '../../../scripts/chart-tools.mjs';
import { CONTROL_PLANE } from '../../../scripts/control-plane.mjs';
import { cacheKey, ensureGoTools, pinnedVersion, requireGoTools } from '../../../scripts/go-tools.mjs';
import { PrerequisiteError } from '../../../scripts/prerequisites.mjs';

describe('tools built from Go modules', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tools-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are cached by versions and platform, in the names Go uses', () => {
    expect(cacheKey(['v1.36.3', 'v3.7.3'], 'linux', 'x64')).to.equal('v1.36.3-v3.7.3-linux-amd64');
    expect(cacheKey(['v4.3.1'], 'darwin', 'arm64')).to.equal('v4.3.1-darwin-arm64');
  });

  it('have their versions from go.mod, as required there and not as replaced', () => {
    const goMod = [
      'require k8s.io/kubernetes v1.36.3',
      'require (',
      '\tgo.etcd.io/etcd/server/v3 v3.7.3',
      '\tk8s.io/kubernetes/fake v9.9.9',
      ')',
      'replace k8s.io/kubernetes => ../kubernetes',
    ].join('\n');
    expect(pinnedVersion(goMod, 'k8s.io/kubernetes')).to.equal('v1.36.3');
    expect(pinnedVersion(goMod, 'go.etcd.io/etcd/server/v3')).to.equal('v3.7.3');
    expect(() => pinnedVersion('module x', 'k8s.io/kubernetes')).to.throw('k8s.io/kubernetes');
  });

  for (const set of [CONTROL_PLANE, CHART_TOOLS]) {
    const names = set.tools.map(({ name }) => name);

    it(`come from ${set.variable} where that is set`, async () => {
      for (const name of names) writeFileSync(join(folder, name), '');
      expect(await ensureGoTools(set, { [set.variable]: folder })).to.equal(folder);
    });

    it(`are refused in one line where ${set.variable} lacks one, naming it`, () => {
      writeFileSync(join(folder, String(names[0])), '');
      const missing = names.slice(1).join(', no ');
      expect(() => requireGoTools(set, { [set.variable]: folder })).to.throw(
        PrerequisiteError,
        new RegExp(
          `^${set.variable} is \\S+, which has no ${missing}: point it at a folder with .* and .*[^\\n]$`,
        ),
      );
    });

    it(`are refused in one line where ${set.title} is not built and there is no Go`, () => {
      expect(() => requireGoTools(set, { PATH: folder, XDG_CACHE_HOME: folder })).to.throw(
        PrerequisiteError,
        new RegExp(
          `^Go 1\\.26 or newer is not on the PATH and is needed to build ${set.title} .* install it from .*${set.variable}.*[^\\n]$`,
        ),
      );
    });
  }
});
