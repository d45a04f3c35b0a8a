import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUILD_ARGUMENTS, type BuiltImage } from '../support/image/built-image.ts';
import { sharedImage } from '../support/image/shared-image.ts';
import { runCommand } from '../support/run-command.ts';

const PROJECT = new URL('../../', import.meta.url);

interface LockedPackage {
  readonly dev?: boolean;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, PROJECT), 'utf8'));
}

describe('the image', () => {
  let image: BuiltImage;

  before(async function () {
    image = await sharedImage(this);
  });

  const locate = (path: string) => join(image.root, path);

  /** Paths, from its root, of what `find` finds with these conditions, in the image or a part of it. */
  async function find(conditions: readonly string[], part = ''): Promise<readonly string[]> {
    const args = [locate(part), ...conditions, '-printf', '/%P\n'];
    const { stdout, stderr, code } = await runCommand('find', args, process.env);
    if (code !== 0) throw new Error(stderr);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async function megabytes(folder: string): Promise<number> {
    const { stdout } = await runCommand('du', ['-sb', folder], process.env);
    return Number.parseInt(stdout, 10) / 1e6;
  }

  it('runs `cslb operator` as a numeric user that is not root', () => {
    const { User, Entrypoint, Cmd, WorkingDir, ExposedPorts } = image.config;
    expect({ User, Entrypoint, Cmd, WorkingDir, ports: Object.keys(ExposedPorts) }).to.deep.equal({
      User: '65532:65532',
      Entrypoint: ['cslb'],
      Cmd: ['operator'],
      WorkingDir: '/',
      ports: ['8080/tcp', '8081/tcp'],
    });
  });

  it('tells by labels what it is', () => {
    const { version, description, license } = readJson<Record<string, string>>('package.json');
    const prefix = 'org.opencontainers.image.';
    const labels = Object.entries(image.config.Labels)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]);
    expect(Object.fromEntries(labels)).to.deep.equal({
      title: 'pve-cslb-operator',
      description,
      licenses: license,
      version,
      revision: BUILD_ARGUMENTS.REVISION,
      created: BUILD_ARGUMENTS.CREATED,
      source: 'https://github.com/pve-cslb/pve-cslb-operator',
      'base.name': image.standIns.base,
    });
  });

  it('adds Node and the program to its base, and nothing else', async () => {
    const { Env } = image.config;
    expect(Env.map((variable) => variable.split('=')[0])).to.have.members(['PATH', 'NODE_ENV']);
    expect(readdirSync(locate('usr/local/bin'))).to.have.members(['cslb', 'node']);
    expect(readdirSync(locate('app'))).to.have.members([
      'LICENSE',
      'crds',
      'dist',
      'node_modules',
      'package.json',
    ]);
    // buildah adds a folder `run` when it runs something.
    expect(readdirSync(image.root).filter((name) => name !== 'run')).to.have.members([
      'app',
      ...['bin', 'sbin', 'lib', 'lib64', 'etc', 'usr', 'proc', 'dev', 'sys', 'tmp'],
    ]);
  });

  it('has the packages that the program needs, in the locked versions, and none of development', async () => {
    const { packages } = readJson<{ packages: Record<string, LockedPackage & { version: string }> }>(
      'package-lock.json',
    );
    const found = await find(['-path', '*/node_modules/*', '-name', 'package.json'], 'app');
    const names = found
      .map((path) => path.slice(1, -'/package.json'.length))
      .filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(path));
    expect(names).to.include.members(['node_modules/@kubernetes/client-node', 'node_modules/got']);
    for (const name of names) {
      const installed: { version: string } = JSON.parse(
        readFileSync(locate(`app/${name}/package.json`), 'utf8'),
      );
      expect(packages[name], name).to.include({ version: installed.version });
      expect(packages[name]?.dev, name).to.equal(undefined);
    }
    expect(names.filter((name) => /\/(npm|typescript|mocha|node)$/.test(name))).to.deep.equal([]);
  });

  it('has no sources, typings, maps, tests or documentation', async () => {
    const unread = ['*.ts', '*.mts', '*.cts', '*.map', '*.test.js', '*.md'].flatMap((name) => [
      '-o',
      '-name',
      name,
    ]);
    const found = await find(['(', ...unread.slice(1), ')'], 'app');
    expect(found.filter((path) => !/licen[sc]e/i.test(path))).to.deep.equal([]);
  });

  it('keeps the licenses of its packages', async () => {
    expect(
      (await find(['-iname', '*licen[sc]e*', '-type', 'f'], 'app/node_modules')).length,
    ).to.be.greaterThan(80);
  });

  it('has the same program for every architecture: no native code but Node itself', async () => {
    const binaries = await runCommand('grep', ['-rlP', '\\A\\x7fELF', locate('app')], {
      ...process.env,
      LC_ALL: 'C',
    });
    expect(binaries.stderr).to.equal('');
    expect(binaries.stdout).to.equal('');
    expect((await find(['-name', '*.node', '-o', '-name', '*.bare'], 'app')).length).to.equal(0);
  });

  it('belongs to root and can be changed by nobody else', async () => {
    const foreign = ['-not', '-user', 'root', '-o', '-not', '-group', 'root'];
    const writable = ['-not', '-type', 'l', '-perm', '/022'];
    expect(await find(['(', ...foreign, '-o', ...writable, ')', '-not', '-name', 'tmp'])).to.deep.equal([]);
  });

  it('holds no secret of its build', async () => {
    expect(image.description).to.not.include(image.secret);
    const { stdout, stderr } = await runCommand('grep', ['-rlF', image.secret, image.root], process.env);
    expect({ stdout, stderr }).to.deep.equal({ stdout: '', stderr: '' });
    expect(await find(['-name', '*npmrc*'])).to.deep.equal([]);
  });

  it('is as small as docs/decisions/image.md says: below 200 MB, of which ours is below 45 MB', async () => {
    const all = await megabytes(image.root);
    const ours = await megabytes(locate('app'));
    expect(all).to.be.within(130, 200);
    expect(ours).to.be.within(20, 45);
  });
});
