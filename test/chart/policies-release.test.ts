import { expect } from 'chai';
import { chartFolder, runHelm } from '../support/chart/helm.ts';
import { helmOnCluster } from '../support/chart/helm-on-cluster.ts';
import { installCrds } from '../support/install-crds.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

const CHART = chartFolder('pve-cslb-policies');
const SPEC = { endpoints: ['https://pve1.example:8006'] };
const POLICY = { spec: { clusterRef: { name: 'lab' }, mode: 'Approve' } };

describe('a release of clusters and policies', () => {
  let namespace: string;

  before(async () => {
    await installCrds(await sharedControlPlane());
    namespace = await createTestNamespace('policies');
  });

  it('shows what comes next, and what to look out for', async () => {
    const notes = await release('install', {
      clusters: { lab: { credentials: { tokenId: 'a@pve!b', tokenSecret: 'c' }, spec: SPEC } },
      policies: { lab: POLICY, other: { spec: { ...POLICY.spec, clusterRef: { name: 'north' } } } },
    });
    expect(notes).to.include(`1 PveCluster and 2 BalancePolicies are declared in namespace ${namespace}.`);
    expect(notes).to.include(
      'BalancePolicy other is for the PveCluster north, which this release does not declare',
    );
    const commands = notes.match(/kubectl .*/g) ?? [];
    expect(commands).to.have.lengthOf(3);
    for (const command of commands) {
      const args = command.split(' ').slice(1);
      await kubectl(...args.filter((arg) => arg !== '--watch'));
    }
  });

  it('leaves no key of a token in the Secret when a login takes its place', async () => {
    const credentials = { username: 'a@pve', password: 'p', bindEndpoints: false };
    await release('upgrade', { clusters: { lab: { credentials, spec: SPEC } }, policies: { lab: POLICY } });
    const secret = JSON.parse(await kubectl('get', 'secret', 'lab-pve', '--output=json'));
    expect(Object.keys(secret.data)).to.have.members(['username', 'password']);
    expect(await names('bpol')).to.deep.equal(['balancepolicy.pve-cslb.io/lab']);
  });

  it('passes on what the API server says of a value', async () => {
    const values = { policies: { lab: { spec: { ...POLICY.spec, tolerance: '20' } } } };
    const { kubeconfig, args } = await command('upgrade');
    const { code, stderr } = await runHelm(args, { kubeconfig, input: JSON.stringify(values) });
    expect(code).to.equal(1);
    expect(stderr).to.include('spec.tolerance').and.to.include("must be a percentage from '0%' to '100%'");
  });

  it('removes the Secret when another one is to be used, and everything at the end', async () => {
    const credentials = { existingSecret: 'theirs' };
    await release('upgrade', { clusters: { lab: { credentials, spec: SPEC } } });
    expect(await names('secrets')).not.to.include('secret/lab-pve');
    expect(await names('pve')).to.deep.equal(['pvecluster.pve-cslb.io/lab']);

    const { adminKubeconfig } = await sharedControlPlane();
    await helmOnCluster(adminKubeconfig, ['uninstall', 'lab', `--namespace=${namespace}`]);
    expect(await names('pve,bpol,secrets,configmaps')).to.deep.equal([]);
  });

  async function command(verb: string) {
    const { adminKubeconfig } = await sharedControlPlane();
    return {
      kubeconfig: adminKubeconfig,
      args: [verb, 'lab', CHART, `--namespace=${namespace}`, '--values=-'],
    };
  }

  async function release(verb: string, values: object): Promise<string> {
    const { kubeconfig, args } = await command(verb);
    return helmOnCluster(kubeconfig, args, JSON.stringify(values));
  }

  async function kubectl(...args: readonly string[]): Promise<string> {
    const result = await (await sharedControlPlane()).kubectl([`--namespace=${namespace}`, ...args]);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${result.stderr}`);
    return result.stdout;
  }

  async function names(kinds: string): Promise<readonly string[]> {
    const output = await kubectl('get', kinds, '--output=name');
    return output.split('\n').filter((name) => name !== '');
  }
});
