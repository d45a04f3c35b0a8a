import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommandLine } from '../../../src/commands/command-line.ts';
import { COMMANDS } from '../../../src/commands/commands.ts';
import { recordedIo } from '../../support/command-io.ts';
import { clusterManifest, policyManifest } from '../../support/manifests.ts';

describe('cslb validate', () => {
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cslb-validate-'));
  });

  after(() => rm(directory, { recursive: true }));

  async function run(args: readonly string[], stdin = '') {
    const io = recordedIo({ stdin });
    const code = await runCommandLine(['validate', ...args], io, COMMANDS);
    return { code, ...io.written };
  }

  it('says of each object in a file of several documents that it is valid, and skips other kinds', async () => {
    const secret = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other' } });
    const text = ['', clusterManifest({}), secret, policyManifest({}), ''].join('\n---\n');
    const file = join(directory, 'good.yaml');
    await writeFile(file, text);
    expect(await run([file])).to.deep.equal({
      code: 0,
      stdout: `${file}: PveCluster 'lab' is valid.\n${file}: BalancePolicy 'lab' is valid.\n`,
      stderr: '',
    });
  });

  it('names file, object, field and what is allowed, and exits with 2', async () => {
    const text = policyManifest({ interval: '1d' });
    const { code, stderr } = await run(['-'], text);
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      "standard input: BalancePolicy 'lab': spec.interval must be a duration such as '5m' or '1h30m', " +
        "at least 10s and at most 168h; it is '1d'.\n",
    );
  });

  it('goes on to the other files when one cannot be used', async () => {
    const broken = join(directory, 'broken.yaml');
    await writeFile(broken, 'kind: [\n');
    const missing = join(directory, 'missing.yaml');
    const { code, stdout, stderr } = await run([broken, missing, '-'], policyManifest({}));
    expect(code).to.equal(2);
    expect(stderr).to.match(/broken\.yaml: is not valid YAML: .* at line \d+, column \d+\.\n/);
    expect(stderr).to.include(`${missing}: does not exist.\n`);
    expect(stdout).to.equal("standard input: BalancePolicy 'lab' is valid.\n");
  });

  it('refuses a key that is there twice, as kubectl does', async () => {
    const { code, stderr } = await run(['-'], 'kind: BalancePolicy\nkind: PveCluster\n');
    expect(code).to.equal(2);
    expect(stderr).to.include('Map keys must be unique at line 2');
  });

  it('tells an object without a name by its place', async () => {
    const { stderr } = await run(
      ['-'],
      `---\n${policyManifest({})}\n---\n${policyManifest({}, { name: undefined })}`,
    );
    expect(stderr).to.include('standard input: document 2: metadata.name is required');
  });

  it('takes an object with a typo in its group or kind for one of ours', async () => {
    const group = await run(['-'], policyManifest({}).replace('pve-cslb.io', 'pve-cslb.com'));
    const kind = await run(['-'], policyManifest({}).replace('BalancePolicy', 'BalancingPolicy'));
    expect(group.stderr).to.include("apiVersion must be 'pve-cslb.io/v1alpha1'");
    expect(kind.stderr).to.include("kind must be 'PveCluster' or 'BalancePolicy'");
  });

  it('exits with 2 when there is nothing to check', async () => {
    expect(await run(['-'], 'kind: Secret')).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'cslb: standard input: no PveCluster or BalancePolicy found.\n',
    });
  });

  it('exits with 2 without a file or with an unknown option', async () => {
    expect(await run([])).to.include({ code: 2 });
    expect(await run(['--strict', '-'])).to.include({ code: 2, stdout: '' });
  });
});
