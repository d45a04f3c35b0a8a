import { expect } from 'chai';
import { ciValues } from '../support/chart/ci-values.ts';
import { chartFolder, runHelm } from '../support/chart/helm.ts';
import { kubeconformProblems } from '../support/chart/kubeconform.ts';
import { helmTemplate } from '../support/chart/render-chart.ts';

describe('kubeconform as the tests call it', () => {
  const deployment = (container: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: d${container}}]}}
`;

  it('finds nothing wrong with what is right', async () => {
    expect(await kubeconformProblems(deployment(''))).to.deep.equal([]);
  });

  it('finds an unknown field, a wrong type, a key given twice and an unknown kind', async () => {
    const problems = [
      await kubeconformProblems(deployment(', imagePolicy: Always')),
      await kubeconformProblems(deployment(', ports: [{containerPort: "http"}]')),
      await kubeconformProblems(deployment(', image: e')),
      await kubeconformProblems('apiVersion: apps/v1\nkind: Deploiment\nmetadata: {name: x}\n'),
    ];
    expect(problems.map((found) => found.length)).to.deep.equal([1, 1, 1, 1]);
    expect(problems[0]?.[0]).to.include("additional properties 'imagePolicy' not allowed");
    expect(problems[1]?.[0]).to.include('got string, want integer');
    expect(problems[2]?.[0]).to.match(/already (set|defined)/);
    expect(problems[3]?.[0]).to.include('could not find schema for Deploiment');
  });

  it('knows our own kinds and those of the Prometheus Operator', async () => {
    const cluster = (field: string) =>
      `apiVersion: pve-cslb.io/v1alpha1\nkind: PveCluster\nmetadata: {name: x}\nspec: {endpoints: ["https://pve1:8006"], credentialsSecretRef: {name: lab}${field}}\n`;
    expect(await kubeconformProblems(cluster(''))).to.deep.equal([]);
    expect(await kubeconformProblems(cluster(', endpoint: x'))).to.have.length(1);
    const rule =
      'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: x}\nspec: {group: []}\n';
    expect(await kubeconformProblems(rule)).to.have.length(1);
  });
});

for (const chart of ['pve-cslb-operator', 'pve-cslb-policies']) {
  describe(`the chart ${chart} with the values of`, () => {
    for (const { name, path } of ciValues(chart)) {
      it(`ci/${name} renders what Kubernetes takes, and passes helm lint`, async () => {
        const { code, stdout, stderr } = await helmTemplate({ chart, files: [path] });
        expect(code, stderr).to.equal(0);
        expect(await kubeconformProblems(stdout)).to.deep.equal([]);

        const lint = await runHelm(['lint', '--strict', `--values=${path}`, chartFolder(chart)]);
        expect(lint.code, lint.stdout + lint.stderr).to.equal(0);
      });
    }
  });
}
