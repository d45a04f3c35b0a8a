import { expect } from 'chai';
import { objectOf } from '../support/chart/render-chart.ts';
import { renderOperator } from '../support/chart/workload.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

describe('a namespace with the Pod Security Standard restricted', () => {
  let namespace: string;
  before(async () => {
    namespace = await createTestNamespace('restricted');
    const labels = [
      'pod-security.kubernetes.io/enforce=restricted',
      'pod-security.kubernetes.io/enforce-version=latest',
    ];
    await kubectl(['label', 'namespace', namespace, ...labels]);
  });

  async function kubectl(args: readonly string[], input = '') {
    const { code, stdout, stderr } = await (await sharedControlPlane()).kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async function render(values: object = {}) {
    const { objects, spec, deployment } = await renderOperator({ namespace, values });
    const { metadata, spec: pod } = spec.template;
    return {
      operator: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name: deployment.metadata.name, namespace },
        spec: pod,
      },
      test: objectOf(objects, 'Pod'),
    };
  }

  it('takes the pods of the operator chart, and that of its test', async () => {
    const { operator, test } = await render();
    for (const pod of [operator, test]) {
      await kubectl(['create', '--dry-run=server', '--filename', '-'], JSON.stringify(pod));
    }
  });

  it('takes none that the values have loosened', async () => {
    const { operator } = await render({ securityContext: { allowPrivilegeEscalation: true } });
    const { code, stderr } = await (await sharedControlPlane()).kubectl(
      ['create', '--dry-run=server', '--filename', '-'],
      JSON.stringify(operator),
    );
    expect(code).to.equal(1);
    expect(stderr).to.include('violates PodSecurity "restricted:latest"');
  });
});
