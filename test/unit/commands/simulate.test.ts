import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runCommandLine } from '../../../src/commands/command-line.ts';
import { COMMANDS } from '../../../src/commands/commands.ts';
import { parseScenario } from '../../../src/simulator/scenario/read-document.ts';
import { createScenario } from '../../../src/simulator/scenario/scenario.ts';
import { recordedIo } from '../../support/command-io.ts';

const DOCUMENTED = readFile(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');

describe('cslb simulate', () => {
  let directory: string;
  let scenario: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cslb-simulate-'));
    scenario = join(directory, 'scenario.yaml');
    await writeFile(
      scenario,
      'users: [{name: root@pam, tokens: [{id: demo, secret: 5f1c7a52-1a2b-4c3d-8e4f-0123456789ab, privsep: false}]}]\nnodes: [{name: pve1, cpus: 8, memory: 16Gi}]\n',
    );
  });

  after(() => rm(directory, { recursive: true }));

  async function refusal(...args: readonly string[]) {
    const io = recordedIo();
    const code = await runCommandLine(['simulate', ...args], io, COMMANDS);
    expect(io.written.stdout).to.equal('');
    return { code, stderr: io.written.stderr };
  }

  it('serves a scenario, says where in one line, and ends when told to', async () => {
    const stop = new AbortController();
    const io = recordedIo({ signal: stop.signal });
    const caFile = join(directory, 'ca.pem');
    const args = ['--scenario', scenario, '--listen', '127.0.0.1:0', '--ca-out', caFile, '--output', 'json'];
    const ended = runCommandLine(['simulate', ...args], io, COMMANDS);
    while (io.written.stdout === '' && io.written.stderr === '')
      await new Promise((resolve) => setImmediate(resolve));
    expect(io.written.stderr).to.equal('');
    const said = JSON.parse(io.written.stdout);
    expect(said).to.deep.equal({
      url: said.url,
      urls: { pve1: said.url },
      caFile,
      tokens: ['root@pam!demo'],
    });
    const ca = await readFile(caFile, 'utf8');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Authorization: 'PVEAPIToken=root@pam!demo=5f1c7a52-1a2b-4c3d-8e4f-0123456789ab' };
      request(`${said.url}/api2/json/nodes/pve1/status`, { ca, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).to.equal(200);
    stop.abort();
    expect(await ended).to.equal(0);
  });

  it('says in a sentence what is wrong, and ends with 2', async () => {
    const broken = join(directory, 'broken.yaml');
    await writeFile(broken, 'users: [{name: root@pam}]\nnodes: [{name: pve1, cpus: 0, memory: 16Gi}]\n');
    const missing = join(directory, 'missing.yaml');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /^cslb: simulate needs --scenario FILE\.\n$/],
      [['--scenario', missing], /^cslb: The scenario .*missing\.yaml cannot be read: /],
      [['--scenario', broken], /^cslb: The scenario is wrong at nodes\[0\]\.cpus: must be >= 1\.\n$/],
      [['--scenario', scenario, '--listen', '8006'], /^cslb: --listen is ADDRESS:PORT such as /],
      [['--scenario', scenario, '--speed', 'fast'], /^cslb: --speed is a number above 0 and /],
      [['--scenario', scenario, '--output', 'xml'], /^cslb: --output is text or json, not 'xml'\.\n$/],
      [
        ['--scenario', scenario, '--listen', '127.0.0.1:0', '--ca-out', directory],
        /^cslb: The CA certificate cannot be written to /,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await refusal(...args);
      expect(stderr).to.match(message);
      expect(code).to.equal(2);
    }
  });

  it('takes the scenario that its documentation shows', async () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(await DOCUMENTED)?.[1] ?? '';
    const { guests, events } = createScenario(parseScenario(yaml));
    expect([guests.length, events.length]).to.deep.equal([52, 3]);
  });
});
