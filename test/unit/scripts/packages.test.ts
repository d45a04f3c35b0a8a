import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { matchesLock, withoutPackageCommands, withProjectCommands } from '../../../scripts/packages.mjs';

const got = { version: '16.1.0', integrity: 'sha512-a' };
const fsevents = { version: '2.3.3', integrity: 'sha512-b', optional: true };

describe('installed packages', () => {
  it('are current where all are installed as locked', () => {
    const locked = { packages: { '': {}, 'node_modules/got': got } };
    expect(matchesLock(locked, { packages: { 'node_modules/got': got } })).to.equal(true);
  });

  it('are stale where one is missing, of another version or another content', () => {
    const locked = { packages: { '': {}, 'node_modules/got': got } };
    expect(matchesLock(locked, { packages: {} })).to.equal(false);
    expect(matchesLock(locked, { packages: { 'node_modules/got': { ...got, version: '16.0.0' } } })).to.equal(
      false,
    );
    expect(
      matchesLock(locked, { packages: { 'node_modules/got': { ...got, integrity: 'sha512-c' } } }),
    ).to.equal(false);
  });

  it('are current without the optional ones of other platforms', () => {
    const locked = { packages: { 'node_modules/got': got, 'node_modules/fsevents': fsevents } };
    expect(matchesLock(locked, { packages: { 'node_modules/got': got } })).to.equal(true);
  });
});

describe('package-lock.json', () => {
  const text = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8');
  const locked: {
    packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
  } = JSON.parse(text);

  // Where a version's binary for some platform cannot be had, npm silently leaves it out of the lock, and from then on
  // refuses every `npm ci`: take another version.
  it('holds the optional packages of every platform', () => {
    const present = new Set(Object.keys(locked.packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(locked.packages).flatMap(({ optionalDependencies }) =>
      Object.keys(optionalDependencies ?? {}),
    );
    expect(wanted).to.include('@biomejs/cli-darwin-arm64');
    expect(wanted.filter((name) => !present.has(name))).to.deep.equal([]);
  });

  it('names no registry', () => {
    expect(text).to.not.include('"resolved"');
  });
});

describe('the PATH', () => {
  const machine = ['/usr/local/bin', '/usr/bin'].join(delimiter);
  const packages = join('/checkout', 'node_modules');
  const bin = join(packages, '.bin');

  it('has Node 24 and the commands of the checkout first, once', () => {
    const expected = [join(packages, 'node', 'bin'), bin, machine].join(delimiter);
    expect(withProjectCommands('/checkout', machine)).to.equal(expected);
    expect(withProjectCommands('/checkout', expected)).to.equal(expected);
  });

  it('for npm itself is the machine’s own', () => {
    const nested = ['/home/node_modules/.bin', join(packages, 'node', 'bin'), bin, machine].join(delimiter);
    expect(withoutPackageCommands(nested)).to.equal(machine);
  });
});
