import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { cslbVectors, expectedMoves, policyOf } from '../support/cslb-vectors.ts';
import type { BuiltImage } from '../support/image/built-image.ts';
import { containerProgram, runNodeIn } from '../support/image/container.ts';
import { sharedImage } from '../support/image/shared-image.ts';
import { balancePolicy, pveCluster } from '../support/lab-objects.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';

const LAB = { name: 'lab', namespace: 'proxmox' };

describe('a container of the image', () => {
  let image: BuiltImage;
  let folder: string;
  let version: string;

  before(async function () {
    image = await sharedImage(this);
    folder = mkdtempSync(join(tmpdir(), 'cslb-image-'));
    version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  function save(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** @param args from the places where it finds the files */
  function cslb(
    args: (...places: readonly string[]) => readonly string[],
    files: readonly string[] = [],
  ): Promise<CommandResult> {
    const program = containerProgram(image, files);
    return runCommand(program.binary, [...program.args, ...args(...program.files)], program.environment);
  }

  it('runs as the user 65532, in no other group, and can write no file', async () => {
    const { stdout, stderr } = await runNodeIn(
      image,
      `const { writeFileSync } = require('node:fs');
      const attempt = (path) => { try { writeFileSync(path, ''); return 'written'; } catch ({ code }) { return code; } };
      const tried = ['/app/file', '/file', '/tmp/file'].map(attempt);
      console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups(), ...tried]));`,
    );
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal([65532, 65532, [65532], 'EROFS', 'EROFS', 'EROFS']);
  });

  it('runs as any other user', async () => {
    const config = { ...image.config, User: '12345:12345' };
    const { binary, args, environment } = containerProgram({ ...image, config });
    const { stdout } = await runCommand(binary, [...args, '--version'], environment);
    expect(stdout).to.equal(`cslb ${version}\n`);
  });

  it('has the Node that the tests ran on', async () => {
    expect((await runNodeIn(image, 'console.log(process.version)')).stdout).to.equal(`${process.version}\n`);
  });

  it('knows its version', async () => {
    expect(await cslb(() => ['--version'])).to.deep.equal({
      stdout: `cslb ${version}\n`,
      stderr: '',
      code: 0,
    });
  });

  it('does so for buildah as well', async () => {
    expect(await image.run(['cslb', '--version'])).to.equal(`cslb ${version}\n`);
  });

  it('helps, with the command and with each of its subcommands', async () => {
    const { stdout, code } = await cslb(() => ['--help']);
    expect(code).to.equal(0);
    const commands = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = '']) => name);
    expect(commands).to.include.members(['operator', 'plan', 'simulate', 'validate']);
    for (const name of commands) {
      const help = await cslb(() => [name, '--help']);
      expect(help, name).to.include({ stderr: '', code: 0 });
      expect(help.stdout).to.include(`cslb ${name}`);
    }
  });

  it('validates manifests by the CRDs that it brings', async () => {
    const good = save(
      'good.yaml',
      [pveCluster(LAB, 'https://pve1.example:8006'), balancePolicy(LAB)]
        .map((each) => stringify(each))
        .join('---\n'),
    );
    const bad = save('bad.yaml', stringify(balancePolicy(LAB, { tolerance: '200%' })));
    expect(await cslb((file = '') => ['validate', file], [good])).to.include({ stderr: '', code: 0 });
    const refused = await cslb((file = '') => ['validate', file], [bad]);
    expect(refused.code).to.equal(2);
    expect(refused.stdout + refused.stderr).to.match(/spec\.tolerance/);
  });

  it('plans from a snapshot', async () => {
    const vector = cslbVectors.find(({ name }) => name === 'skew-1001');
    if (!vector) throw new Error('There is no vector skew-1001.');
    const files = [
      save('snapshot.json', JSON.stringify(vector.snapshot)),
      save('policy.json', JSON.stringify(policyOf(vector))),
    ];
    const { stdout, code } = await cslb(
      (snapshot = '', policy = '') => [
        'plan',
        '--snapshot',
        snapshot,
        '--policy',
        policy,
        '--output',
        'json',
      ],
      files,
    );
    expect(code).to.equal(0);
    const { migrations }: { migrations: readonly Record<string, unknown>[] } = JSON.parse(stdout);
    expect(
      migrations.map(({ vmid, type, source, target }) => ({ vmid, type, source, target })),
    ).to.deep.equal(expectedMoves(vector));
  });
});
