import { expect } from 'chai';
import { isGoRecentEnough, PrerequisiteError, requireNode } from '../../../scripts/prerequisites.mjs';

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
