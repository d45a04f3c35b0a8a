import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sectionOf } from '../../../scripts/changelog/section.ts';

const TEXT = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-24

### Added

- Something.

## [0.1.0] - 2026-12-01

First.
`;

describe('the changelog', () => {
  it('has a section for each version, which is the text of its release', () => {
    expect(sectionOf(TEXT, '0.2.0')).to.equal('### Added\n\n- Something.');
    expect(sectionOf(TEXT, '0.1.0')).to.equal('First.');
  });

  it('says nothing of a version without section or without text', () => {
    expect(sectionOf(TEXT, '0.3.0')).to.equal(undefined);
    expect(sectionOf(TEXT, '0.1')).to.equal(undefined);
    expect(sectionOf(TEXT, 'Unreleased')).to.equal(undefined);
  });

  it('tells of the version in package.json', () => {
    const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    const { version } = JSON.parse(read('package.json'));
    expect(sectionOf(read('CHANGELOG.md'), version)).to.match(/^### (Added|Changed|Fixed)$/m);
  });
});
