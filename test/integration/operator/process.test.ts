import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { freePort } from '../../support/free-port.ts';
import { type OperatorProcess, startOperatorProcess } from '../../support/operator-process.ts';
import { createReaper, type Reaper } from '../../support/reaper.ts';
import { waitFor } from '../../support/wait-for.ts';

// The API server is away all the time, which an operator must bear.
describe('the process of the operator', () => {
  let directory: string;
  let reaper: Reaper;
  let kubeconfig: string;
  let runs = 0;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pve-cslb-process-'));
    reaper = createReaper(directory);
    kubeconfig = join(directory, 'kubeconfig.yaml');
    const server = `https://127.0.0.1:${await freePort()}`;
    const config = {
      clusters: [{ name: 'away', cluster: { server } }],
      users: [{ name: 'somebody', user: { token: 'secret-of-a-test' } }],
      contexts: [{ name: 'away', context: { cluster: 'away', user: 'somebody' } }],
      'current-context': 'away',
    };
    await writeFile(kubeconfig, stringify(config));
  });

  after(() => reaper.reap());

  function start(flags: readonly string[] = [], nodeFlags: readonly string[] = []): OperatorProcess {
    runs += 1;
    const name = `operator-${runs}`;
    return startOperatorProcess({ name, kubeconfig, namespace: 'lab', directory, reaper, flags, nodeFlags });
  }

  const hasLogged = (operator: OperatorProcess, text: string) =>
    waitFor(
      `the operator logs '${text}'`,
      () => operator.logs(),
      (lines) => lines.some(({ msg }) => msg === text),
    );

  it('is healthy but not ready without an API server, and stops with exit code 0', async () => {
    const operator = start(['--health-address', '127.0.0.1:0']);
    await hasLogged(operator, 'Watch failed, trying again');
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${operator.portOf(path)}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    expect(await get('/healthz')).to.match(/^200 /);
    expect(await get('/readyz')).to.match(/^503 .*\[-\] PveCluster failed: not synced yet/s);
    expect(await operator.stop()).to.equal(0);
    expect(operator.logs().some(({ msg }) => msg === 'Stopped operator')).to.equal(true);
  });

  for (const [what, bug] of [
    ['thrown where nobody catches it', 'throw new Error("a bug")'],
    ['that rejects a promise nobody waits for', 'Promise.reject(new Error("a bug"))'],
  ] as const) {
    it(`ends with exit code 1 and a last log line at an error ${what}`, async () => {
      // As soon as the operator listens for such errors.
      const code = `const timer = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return;
        clearInterval(timer);
        ${bug};
      }, 20);`;
      const operator = start([], ['--import', `data:text/javascript,${encodeURIComponent(code)}`]);
      expect(await operator.ended()).to.equal(1);
      const last = operator.logs().at(-1);
      expect(last).to.include({ level: 'fatal', msg: 'Ended by an unforeseen error' });
      expect(JSON.stringify(last)).to.contain('a bug');
    });
  }

  it('says in one sentence that times do not fit together', async () => {
    const flags = ['--leader-elect', '--leader-election-namespace', 'lab'];
    const operator = start([...flags, '--leader-election-lease-duration', '5s']);
    expect(await operator.ended()).to.equal(2);
    expect(operator.output()).to.equal(
      'cslb: The lease duration (5s) must be longer than the renew deadline (10s).\n',
    );
  });

  it('says in one sentence that a port is taken', async () => {
    const first = start(['--health-address', '127.0.0.1:0']);
    await hasLogged(first, 'Serving HTTP');
    const address = `127.0.0.1:${first.portOf('/healthz')}`;
    const second = start(['--health-address', address]);
    expect(await second.ended()).to.equal(2);
    expect(second.output()).to.match(
      /^cslb: Cannot serve on .*Choose another --health-address, or 0 for none\.\n$/m,
    );
    await first.kill();
  });
});
