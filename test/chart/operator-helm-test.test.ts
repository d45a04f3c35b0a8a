import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { objectOf, renderChart } from '../support/chart/render-chart.ts';
import { type PodSpec, renderOperator } from '../support/chart/workload.ts';
import { runCommand } from '../support/run-command.ts';

const CHART = 'pve-cslb-operator';
const TOKEN = 'the token';
const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

function metrics(version: string): string {
  return `pve_cslb_build_info{version="${version}"} 1\n`;
}

async function testPod(values: object = {}) {
  const pod = objectOf(await renderChart({ chart: CHART, values }), 'Pod');
  return { pod, spec: pod.spec as unknown as PodSpec };
}

/** Answers as the API server and as the operator at once, and notes what it is asked. */
function serve(answers: Readonly<Record<string, { readonly status: number; readonly text: string }>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const answer = answers[path] ?? { status: 200, text: '{}' };
    const token = request.headers.authorization;
    asked.push(`${path} ${token === `Bearer ${TOKEN}` ? 'with' : 'without'} token`);
    response.writeHead(answer.status, { connection: 'close' }).end(answer.text);
  });
  return { server, asked };
}

describe('the helm test of the operator chart', () => {
  let folder: string;
  let running: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pve-cslb-helm-test-'));
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => (running ? running.close(resolve) : resolve(undefined)));
    running = undefined;
  });

  /** Runs the command of the pod with its environment, but for where things are. */
  async function run(values: object, answers: Parameters<typeof serve>[0]) {
    const { spec } = await testPod(values);
    const [container] = spec.containers;
    const [program = '', ...args] = container?.command ?? [];
    const { server, asked } = serve(answers);
    running = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const here: Readonly<Record<string, string>> = {
      API_URL: `http://127.0.0.1:${port}`,
      METRICS_URL: `http://127.0.0.1:${port}/metrics`,
      TOKEN_FILE: join(folder, 'token'),
      NODE_EXTRA_CA_CERTS: '',
      TRY_FOR_SECONDS: '0',
    };
    const environment = Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, here[name] ?? value]),
    );
    const result = await runCommand(program, args, { PATH: process.env.PATH, ...environment });
    return { ...result, asked };
  }

  const KINDS = '/apis/pve-cslb.io/v1alpha1';

  it('is a pod of the own image and ServiceAccount that is no operator', async () => {
    const { pod, spec } = await testPod();
    const { container, pod: operator, spec: deployment } = await renderOperator();
    // Helm keeps hooks when it uninstalls: one that passed is not to be left behind.
    expect(pod.metadata.annotations).to.include({
      'helm.sh/hook': 'test',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
    expect(spec.containers[0]?.image).to.equal(container.image);
    expect(spec.containers[0]?.securityContext).to.deep.equal(container.securityContext);
    expect(spec.serviceAccountName).to.equal(operator.serviceAccountName);
    expect(spec.restartPolicy).to.equal('Never');
    expect(pod.metadata.labels).not.to.include(deployment.selector.matchLabels);
  });

  it('passes where both kinds can be listed and an operator of the version answers', async () => {
    const { code, stdout, stderr, asked } = await run(
      {},
      { '/metrics': { status: 200, text: metrics(VERSION) } },
    );
    expect(code, stderr).to.equal(0);
    expect(asked).to.deep.equal([
      `${KINDS}/pveclusters with token`,
      `${KINDS}/balancepolicies with token`,
      '/metrics without token',
    ]);
    expect(stdout).to.match(new RegExp(`^ok: operator ${VERSION} answers at `, 'm'));
  });

  it('looks only into watched namespaces, and at no metrics that are off', async () => {
    const { code, stderr, asked } = await run(
      { watchNamespaces: ['a', 'b'], metrics: { enabled: false } },
      { '/metrics': { status: 500, text: '' } },
    );
    expect(code, stderr).to.equal(0);
    expect(asked).to.deep.equal(
      ['a', 'b'].flatMap((namespace) =>
        ['pveclusters', 'balancepolicies'].map(
          (kind) => `${KINDS}/namespaces/${namespace}/${kind} with token`,
        ),
      ),
    );
  });

  for (const [what, answers, message] of [
    [
      'a kind is missing',
      { [`${KINDS}/balancepolicies`]: { status: 404, text: 'page not found' } },
      /balancepolicies\?limit=1 answered 404: page not found/,
    ],
    [
      'a right is missing',
      { [`${KINDS}/pveclusters`]: { status: 403, text: 'forbidden' } },
      /pveclusters\?limit=1 answered 403: forbidden/,
    ],
    ['nobody is behind the Service', { '/metrics': { status: 503, text: '' } }, /\/metrics answered 503/],
    [
      'somebody else is behind the Service',
      { '/metrics': { status: 200, text: 'up 1\n' } },
      /has no pve_cslb_build_info/,
    ],
    [
      'another version is behind the Service',
      { '/metrics': { status: 200, text: metrics('0.0.9') } },
      /the operator is 0\.0\.9, the chart is for \d/,
    ],
  ] as const) {
    it(`fails where ${what}`, async () => {
      const { code, stderr } = await run(
        {},
        { '/metrics': { status: 200, text: metrics(VERSION) }, ...answers },
      );
      expect(code).to.equal(1);
      expect(stderr)
        .to.match(/^failed: [^\n]*\n$/)
        .and.to.match(message);
    });
  }

  it('does not ask for the version where the values name another image', async () => {
    const { code, stderr } = await run(
      { image: { tag: 'dev' } },
      { '/metrics': { status: 200, text: metrics('0.2.0-dev') } },
    );
    expect(code, stderr).to.equal(0);
  });
});
