import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ensureControlPlane } from '../../scripts/control-plane.mjs';
import { createIdentity } from '../../src/simulator/certificates/certificates.ts';
import { chartFolder, chartTool } from '../support/chart/helm.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';

const ROOT = new URL('../../', import.meta.url);

function read(page: string): string {
  return readFileSync(new URL(page, ROOT), 'utf8');
}

/** The blocks of a section that are typed into a shell, without what indents them in lists. */
function blocksOf(page: string, heading: string): readonly string[] {
  const section = page.split(/^(?=## )/m).find((each) => each.startsWith(`## ${heading}\n`)) ?? '';
  return [...section.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(({ 1: indent = '', 2: block = '' }) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

describe('the commands of docs/install.md, on an empty cluster,', () => {
  const page = read('docs/install.md');
  const directory = mkdtempSync(join(tmpdir(), 'pve-cslb-install-'));
  let controlPlane: ControlPlane;
  let path: string;

  before(async () => {
    controlPlane = await startControlPlane();
    const helm = dirname(await chartTool('helm'));
    path = `${await ensureControlPlane(process.env)}:${helm}:${process.env.PATH}`;
    const { authority } = await createIdentity('lab', [], Date.now());
    writeFileSync(join(directory, 'pve-root-ca.pem'), authority.certificate);
    const [, values = ''] = /^```yaml values\n(.*?)^```$/ms.exec(page) ?? [];
    writeFileSync(join(directory, 'lab.yaml'), values);
  });

  after(async () => {
    await controlPlane.stop();
    rmSync(directory, { recursive: true });
  });

  /** As a person types them, only that the charts are those of the checkout and a watch ends. */
  function type(block: string): Promise<CommandResult> {
    const script = block
      .replaceAll(/oci:\/\/ghcr\.io\/pve-cslb\/charts\/(\S+)/g, (_, name) => `'${chartFolder(name)}'`)
      .replaceAll('--watch', '--watch --request-timeout=2s');
    const environment = {
      PATH: path,
      HOME: directory,
      KUBECONFIG: controlPlane.adminKubeconfig,
      KUBERC: 'off',
    };
    return runCommand('sh', ['-e', '-c', `cd '${directory}'\n${script}`], environment);
  }

  async function names(...kinds: readonly string[]): Promise<readonly string[]> {
    const args = ['get', kinds.join(','), '--all-namespaces', '--output=name'];
    return (await controlPlane.kubectl(args)).stdout.trim().split('\n');
  }

  const succeeds = async (blocks: readonly string[]) => {
    expect(blocks).to.not.be.empty;
    for (const block of blocks) {
      const { code, stderr } = await type(block);
      expect(code, `${block}\n${stderr}`).to.equal(0);
    }
  };

  it('are those of the README', () => {
    const commands = (blocks: readonly string[]) =>
      blocks
        .join('\n')
        .trim()
        .split(/\n+(?=\S)/);
    expect(commands(blocksOf(read('README.md'), 'Install'))).to.deep.equal(
      commands(blocksOf(page, 'Install')),
    );
  });

  it('install', async () => {
    await succeeds(blocksOf(page, 'Install'));
    expect(await names('deployments', 'pve', 'bpol', 'secrets', 'configmaps')).to.include.members([
      'deployment.apps/pve-cslb-operator',
      'pvecluster.pve-cslb.io/lab',
      'balancepolicy.pve-cslb.io/lab',
      'secret/lab-pve',
      'configmap/lab-ca',
    ]);
  });

  it('and those of docs/runbook.md are understood', async () => {
    const runbook = read('docs/runbook.md');
    const blocks = [...runbook.matchAll(/^## (.*)$/gm)].flatMap(({ 1: alert = '' }) =>
      blocksOf(runbook, alert),
    );
    expect(blocks.length).to.be.greaterThan(8);
    for (const block of blocks) {
      const { stderr } = await type(`NS=pve-cslb-system NAMESPACE=pve-cslb-system\n${block}`);
      // There is no kubelet, so there are no pods.
      expect(stderr, block).to.match(/^(No resources found in pve-cslb-system namespace\.\n)*$/);
    }
  });

  it('upgrade, with the values there were', async () => {
    await succeeds(blocksOf(page, 'Upgrade'));
    const { stdout } = await controlPlane.kubectl([
      ...['get', 'bpol/lab', '--namespace=pve-cslb-system'],
      '--output=jsonpath={.spec.mode}',
    ]);
    expect(stdout).to.equal('DryRun');
  });

  it('uninstall, and leave nothing', async () => {
    // There is no kubelet, so no operator made it.
    await controlPlane.kubectl(['create', '--filename=-'], JSON.stringify(LEASE));
    await succeeds(blocksOf(page, 'Uninstall'));
    const left = await names('deployments', 'secrets', 'leases', 'customresourcedefinitions');
    expect(left.filter((name) => /pve|lab/.test(name))).to.deep.equal([]);
  });

  it('and those that the release itself tells to type', async () => {
    const [install = ''] = blocksOf(page, 'Install');
    const { stdout } = await type(install);
    const [, notes = ''] = stdout.split('\nNOTES:\n');
    const commands = notes.replaceAll(/ \\\n */g, ' ').match(/^ +(kubectl|helm) .*$/gm) ?? [];
    expect(commands).to.have.length(3);
    // The notes have to do without a file that they do not show.
    rmSync(join(directory, 'lab.yaml'));
    await succeeds(commands);
    expect(await names('pve', 'bpol', 'secrets', 'configmaps')).to.include.members([
      'pvecluster.pve-cslb.io/lab',
      'balancepolicy.pve-cslb.io/lab',
      'secret/lab-pve',
      'configmap/lab-ca',
    ]);
  });
});

const LEASE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'pve-cslb-operator', namespace: 'pve-cslb-system' },
};
