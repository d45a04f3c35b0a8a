import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { PROFILES } from '../../../src/simulator/profile.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { freePort } from '../../support/free-port.ts';
import { labScenario, OPERATOR_TOKEN } from '../../support/simulator/scenarios.ts';
import { pythonClients, run } from '../../support/third-party/python-clients.ts';
import { untilAnswered } from '../../support/third-party/until-answered.ts';

const CLIENT = fileURLToPath(new URL('proxmoxer_client.py', import.meta.url));

describe('Python clients of Proxmox, on the simulator', () => {
  let python = '';
  let folder = '';
  let simulator: Simulator | undefined;
  let exporter: ChildProcess | undefined;

  before(async function () {
    // The first time they are installed, over the network.
    this.timeout(600_000);
    const clients = await pythonClients();
    if ('missing' in clients) {
      process.stderr.write(`      skipped: ${clients.missing}\n`);
      this.skip();
    }
    python = clients.python;
    folder = mkdtempSync(join(tmpdir(), 'pve-cslb-third-party-'));
  });

  afterEach(async () => {
    exporter?.kill('SIGKILL');
    exporter = undefined;
    await simulator?.stop();
    simulator = undefined;
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  async function start(release: string): Promise<Simulator> {
    const lab = labScenario();
    simulator = await startSimulator({
      scenario: {
        ...lab,
        cluster: { name: 'lab', version: release },
        speed: 60,
        replication: [{ guest: 103, target: 'pve3' }],
        users: [
          ...lab.users,
          {
            name: 'admin@pve',
            password: 'sesame',
            acl: [{ path: '/', privileges: ['VM.Audit', 'VM.Migrate', 'Sys.Audit'] }],
          },
        ],
      },
      unauthorizedDelayMs: 0,
    });
    writeFileSync(caFile(), simulator.caCertificate);
    return simulator;
  }

  function caFile(): string {
    return join(folder, 'ca.pem');
  }

  for (const { release } of PROFILES) {
    it(`proxmoxer reads a PVE ${release} and moves a VM, by password and by token`, async () => {
      const { url } = await start(release);
      const result = await run(python, [CLIENT], {
        PVE_URL: url,
        PVE_CA: caFile(),
        PVE_TOKEN: OPERATOR_TOKEN.secret,
      });
      expect(result.failed, result.output).to.equal(false);
      const whole = {
        guests: ['lxc/200', 'lxc/201', 'qemu/100', 'qemu/101', 'qemu/102', 'qemu/103'],
        nodes: ['pve1', 'pve2', 'pve3'],
        cores: 8,
      };
      expect(JSON.parse(result.output)).to.deep.equal({
        password: whole,
        token: whole,
        refused: [500, "no such cluster node 'pve9'"],
        exitstatus: 'OK',
        log: 'TASK OK',
        node: ['pve2'],
      });
    });

    it(`prometheus-pve-exporter finds all its metrics on a PVE ${release}`, async () => {
      const { url } = await start(release);
      const port = await freePort();
      const config = join(folder, 'pve.yml');
      const token = {
        user: 'balancer@pve',
        token_name: 'operator',
        token_value: OPERATOR_TOKEN.secret,
        verify_ssl: caFile(),
      };
      writeFileSync(config, JSON.stringify({ default: token }));
      exporter = spawn(
        python,
        ['-m', 'pve_exporter', '--config.file', config, '--web.listen-address', `127.0.0.1:${port}`],
        { stdio: 'ignore' },
      );
      const target = new URL(url).host;
      const text = await untilAnswered(`http://127.0.0.1:${port}/pve?target=${encodeURIComponent(target)}`);
      expect(text).to.match(/^pve_up\{id="cluster\/lab"\} 1\.0$/m);
      expect(text).to.match(/^pve_up\{id="qemu\/100"\} 1\.0$/m);
      expect(text).to.match(/^pve_up\{id="qemu\/102"\} 0\.0$/m);
      expect(text).to.match(/^pve_memory_size_bytes\{id="node\/pve3"\} 6\.8719476736e\+0?10$/m);
      expect(text).to.match(new RegExp(`^pve_version_info\\{release="${release}",`, 'm'));
      expect(text).to.match(/^pve_guest_info\{id="lxc\/200",.*tags=""/m);
      expect(text).to.match(/^pve_onboot_status\{id="qemu\/100",node="pve1",type="qemu"\} 1\.0$/m);
    });
  }
});
