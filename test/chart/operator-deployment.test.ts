import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readFlags } from '../../src/commands/operator/flags.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { renderOperator } from '../support/chart/workload.ts';

const FOLDER = chartFolder('pve-cslb-operator');
const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const EXTENDED = [join(FOLDER, 'ci', 'extended-values.yaml')];

/** The flags as the operator itself reads them. */
async function flags(values: object) {
  const { container } = await renderOperator({ values });
  const [command, ...args] = container.args ?? [];
  expect(command).to.equal('operator');
  return readFlags(args, { POD_NAMESPACE: 'pve-cslb-system' });
}

describe('the arguments in the operator chart', () => {
  it('are taken by the operator, and mean its own defaults', async () => {
    expect(await flags({})).to.deep.equal({
      ...readFlags([], { POD_NAMESPACE: 'pve-cslb-system' }),
      namespaces: [],
    });
  });

  it('say what the values say', async () => {
    const read = await flags({
      watchNamespaces: ['a', 'b'],
      logLevel: 'debug',
      leaderElection: { leaseName: 'mine', leaseDuration: '1m', renewDeadline: '40s', retryPeriod: '5s' },
      health: { port: 9081 },
      metrics: { port: 9080 },
    });
    expect(read).to.deep.equal({
      namespaces: ['a', 'b'],
      logLevel: 'debug',
      leaderElection: {
        lease: { namespace: 'pve-cslb-system', name: 'mine' },
        timing: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 5_000 },
      },
      healthAddress: { host: undefined, port: 9081 },
      metricsAddress: { host: undefined, port: 9080 },
    });
  });

  it('turn off leader election and metrics', async () => {
    const read = await flags({ leaderElection: { enabled: false }, metrics: { enabled: false } });
    expect(read.leaderElection).to.equal(undefined);
    expect(read.metricsAddress).to.equal(undefined);
  });

  it('give releases of different names different Leases', async () => {
    const leases = await Promise.all(
      ['one', 'two'].map(async (release) => {
        const { container } = await renderOperator({ release });
        return readFlags(container.args?.slice(1) ?? [], { POD_NAMESPACE: 'x' }).leaderElection?.lease.name;
      }),
    );
    expect(new Set(leases).size).to.equal(2);
  });
});

describe('the pods of the operator chart', () => {
  it('fit the Pod Security Standard restricted', async () => {
    const { pod, container } = await renderOperator();
    expect(pod.securityContext).to.deep.include({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext).to.have.property('runAsUser').that.is.a('number').greaterThan(0);
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    });
  });

  it('leave the user to OpenShift where the values do', async () => {
    const podSecurityContext = { runAsUser: null, runAsGroup: null, fsGroup: null };
    const { pod } = await renderOperator({ values: { podSecurityContext } });
    expect(pod.securityContext).to.deep.equal({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('know their name and namespace', async () => {
    const { container } = await renderOperator();
    expect(container.env).to.deep.equal([
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ]);
  });

  it('are probed at the named port of their probes', async () => {
    const { container } = await renderOperator({ values: { health: { port: 9081 } } });
    expect(container.ports).to.deep.include({ name: 'health', containerPort: 9081, protocol: 'TCP' });
    expect(container.livenessProbe).to.deep.equal({
      httpGet: { path: '/healthz', port: 'health' },
      initialDelaySeconds: 15,
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
    expect(container.readinessProbe).to.deep.equal({
      httpGet: { path: '/readyz', port: 'health' },
      initialDelaySeconds: 5,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
    expect(container.startupProbe).to.equal(undefined);
  });

  it('get longer to stop than the operator takes', async () => {
    const { pod } = await renderOperator();
    expect(pod.terminationGracePeriodSeconds).to.equal(30);
  });

  it('ask for some memory and CPU, run on Linux, and get no variables of Services', async () => {
    const { pod, container } = await renderOperator();
    expect(container.resources).to.deep.equal({
      requests: { cpu: '20m', memory: '128Mi' },
      limits: { memory: '512Mi' },
    });
    expect(pod.nodeSelector).to.deep.equal({ 'kubernetes.io/os': 'linux' });
    expect(pod.enableServiceLinks).to.equal(false);
  });

  it('run the image of the version of the project', async () => {
    const chart = parse(readFileSync(join(FOLDER, 'Chart.yaml'), 'utf8'));
    const { container } = await renderOperator();
    expect(chart.version).to.equal(PACKAGE.version);
    expect(chart.appVersion).to.equal(PACKAGE.version);
    expect(container.image).to.equal(`ghcr.io/pve-cslb/pve-cslb-operator:${PACKAGE.version}`);
  });

  it('run the image that the values name, the digest before the tag and the global registry before the other', async () => {
    const image = async (values: object) => (await renderOperator({ values })).container.image;
    const digest = `sha256:${'ab'.repeat(32)}`;
    expect(await image({ image: { registry: 'r.example', repository: 'a/b', tag: 'v2' } })).to.equal(
      'r.example/a/b:v2',
    );
    expect(await image({ image: { registry: '', repository: 'a/b', tag: 'v2' } })).to.equal('a/b:v2');
    expect(await image({ image: { repository: 'a/b', tag: 'v2', digest } })).to.equal(
      `ghcr.io/a/b@${digest}`,
    );
    expect(await image({ global: { imageRegistry: 'mirror.example' } })).to.match(
      /^mirror\.example\/pve-cslb\//,
    );
  });

  it('are replaced one after the other without leader election, and side by side with it', async () => {
    const strategy = async (values: object) => (await renderOperator({ values })).spec.strategy;
    expect(await strategy({})).to.deep.equal({ type: 'RollingUpdate' });
    expect(await strategy({ leaderElection: { enabled: false } })).to.deep.equal({ type: 'Recreate' });
  });

  it('spread as the values say, counting the own pods where they do not say which', async () => {
    const constraint = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
    };
    const own = { ...constraint, labelSelector: { matchLabels: { a: 'b' } } };
    const { pod, spec } = await renderOperator({ values: { topologySpreadConstraints: [constraint, own] } });
    expect(pod.topologySpreadConstraints).to.deep.equal([
      { ...constraint, labelSelector: spec.selector },
      own,
    ]);
  });

  it('take everything that the values add, with its templates rendered', async () => {
    const { pod, spec, container, objects, deployment } = await renderOperator({
      files: EXTENDED,
      release: 'lab',
    });
    expect(pod).to.deep.include({
      runtimeClassName: 'gvisor',
      schedulerName: 'second-scheduler',
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['192.0.2.53'], options: [{ name: 'ndots', value: '1' }] },
      hostAliases: [{ ip: '192.0.2.11', hostnames: ['pve1.example'] }],
      terminationGracePeriodSeconds: 60,
      volumes: [{ name: 'scratch', emptyDir: {} }],
    });
    expect(pod.initContainers).to.have.length(1);
    expect(pod.containers.map(({ image }) => image)).to.deep.equal([
      'local/pve-cslb-operator:dev',
      `proxy:${PACKAGE.version}`,
    ]);
    expect(container.args?.at(-1)).to.equal('--context=');
    expect(container.env).to.deep.include({
      name: 'HTTPS_PROXY',
      value: 'http://proxy.pve-cslb-system:3128',
    });
    expect(container.envFrom).to.deep.equal([{ secretRef: { name: 'lab-environment', optional: true } }]);
    expect(container.volumeMounts).to.deep.equal([{ name: 'scratch', mountPath: '/tmp' }]);
    expect(container.startupProbe).to.deep.equal({
      httpGet: { path: '/healthz', port: 'health' },
      periodSeconds: 2,
      failureThreshold: 30,
    });
    expect(spec.revisionHistoryLimit).to.equal(0);
    expect(spec.template.metadata.annotations['checksum/extra']).to.match(/^[0-9a-f]{64}$/);
    expect(spec.template.metadata.labels).to.include({ 'sidecar.istio.io/inject': 'false' });
    expect(deployment.metadata.annotations).to.include({ 'reloader.stakater.com/auto': 'true' });
    const extra = objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
    expect(extra).to.have.members(['lab-extra', 'pve-balancer-text']);
  });

  it('take tolerations, affinity, priority and Secrets to pull images with', async () => {
    const values = {
      tolerations: [{ operator: 'Exists' }],
      affinity: { podAntiAffinity: { x: '{{ .Release.Name }}' } },
      priorityClassName: 'system-cluster-critical',
      global: { imagePullSecrets: [{ name: 'one' }, { name: 'two' }] },
      imagePullSecrets: [{ name: 'two' }, { name: 'three' }],
    };
    const { pod } = await renderOperator({ values, release: 'lab' });
    expect(pod).to.deep.include({
      tolerations: [{ operator: 'Exists' }],
      affinity: { podAntiAffinity: { x: 'lab' } },
      priorityClassName: 'system-cluster-critical',
      imagePullSecrets: [{ name: 'one' }, { name: 'two' }, { name: 'three' }],
    });
  });
});
