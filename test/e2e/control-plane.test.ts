import { expect } from 'chai';
import type { ControlPlane } from '../support/control-plane.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

describe('the control plane of the end-to-end tests', () => {
  let controlPlane: ControlPlane;

  before(async () => {
    controlPlane = await sharedControlPlane();
  });

  it('is a Kubernetes API server of the pinned version', async () => {
    const { stdout } = await controlPlane.kubectl(['version']);
    expect(stdout).to.include('Client Version: v1.36.3').and.to.include('Server Version: v1.36.3');
  });

  it('gives each test file a namespace of its own', async () => {
    const [one, other] = [await createTestNamespace('smoke'), await createTestNamespace('smoke')];
    const { stdout } = await controlPlane.kubectl(['get', 'namespaces', '--output', 'name']);
    expect(one).to.not.equal(other);
    expect(stdout.split('\n')).to.include.members([`namespace/${one}`, `namespace/${other}`]);
  });

  it('speaks for a ServiceAccount with no more rights than that account has', async () => {
    const namespace = await createTestNamespace('account');
    await controlPlane.kubectl(['create', 'serviceaccount', 'reader', '--namespace', namespace]);
    const kubeconfig = await controlPlane.kubeconfigFor({ serviceAccount: { namespace, name: 'reader' } });

    const username = ['auth', 'whoami', '--output', 'jsonpath={.status.userInfo.username}'];
    const account = await controlPlane.kubectl(['--kubeconfig', kubeconfig, ...username]);
    const refused = await controlPlane.kubectl(['--kubeconfig', kubeconfig, 'get', 'secrets']);

    expect(account.stdout).to.equal(`system:serviceaccount:${namespace}:reader`);
    expect(refused.stderr).to.include('Forbidden');
    expect(refused.code).to.equal(1);
  });

  it('keeps its objects when its API server is killed and restarted', async () => {
    const namespace = await createTestNamespace('restart');
    await controlPlane.killApiServer();
    const down = await controlPlane.kubectl(['get', 'namespace', namespace]);
    await controlPlane.restartApiServer();
    const up = await controlPlane.kubectl(['get', 'namespace', namespace, '--output', 'name']);

    expect(down.code).to.not.equal(0);
    expect(up.stdout.trim()).to.equal(`namespace/${namespace}`);
  });
});
