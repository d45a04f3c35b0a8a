import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { stamped, stampedFiles } from '../../../scripts/generate-versions/stamped-files.ts';

const PROJECT = new URL('../../../', import.meta.url);

describe('versions in files', () => {
  it('are replaced where they stand and nowhere else', () => {
    const text = 'apiVersion: v2\nversion: 0.1.0\n# version: 0.1.0\n';
    const stamp = { place: /^(version: )(.*)$/m, version: '1.2.3-rc.1' };
    expect(stamped('Chart.yaml', text, [stamp])).to.equal(
      'apiVersion: v2\nversion: 1.2.3-rc.1\n# version: 0.1.0\n',
    );
  });

  it('are missed where they are not', () => {
    const stamp = { place: /^(version: )(.*)$/m, version: '1.2.3' };
    expect(() => stamped('Chart.yaml', 'name: x\n', [stamp])).to.throw('Chart.yaml has no version');
  });

  it('are those of package.json, as they stand in every file', () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', PROJECT), 'utf8'));
    const lock = JSON.parse(readFileSync(new URL('package-lock.json', PROJECT), 'utf8'));
    expect([lock.version, lock.packages[''].version]).to.deep.equal([version, version]);
    const files = stampedFiles(PROJECT);
    expect(files.map(({ path }) => path)).to.include.members(['Dockerfile', 'docs/verify.md']);
    for (const { path, text } of files) {
      expect(readFileSync(new URL(path, PROJECT), 'utf8'), path).to.equal(text);
      expect(text, path).to.include(version);
    }
  });
});
