import { expect } from 'chai';
import proxmoxApi, { type ProxmoxEngineOptions } from 'proxmox-api';
import { Agent, fetch } from 'undici';

import { PROFILES } from '../../../src/simulator/profile.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { labScenario, OPERATOR_TOKEN } from '../../support/simulator/scenarios.ts';

describe('the npm package proxmox-api, on the simulator', () => {
  let simulator: Simulator;
  let agent: Agent;

  async function start(release: string): Promise<void> {
    const lab = labScenario();
    const acl = [{ path: '/', privileges: ['VM.Audit', 'VM.Migrate', 'Sys.Audit'] }];
    simulator = await startSimulator({
      scenario: {
        ...lab,
        cluster: { name: 'lab', version: release },
        speed: 60,
        users: [...lab.users, { name: 'admin@pve', password: 'sesame', acl }],
      },
      unauthorizedDelayMs: 0,
    });
    agent = new Agent({ connect: { ca: simulator.caCertificate } });
  }

  afterEach(async () => {
    await agent.close();
    await simulator.stop();
  });

  function clientOf(credentials: Pick<ProxmoxEngineOptions, never> & Record<string, string>) {
    const trusting = (url: string | URL, init?: object) => fetch(url, { ...init, dispatcher: agent });
    const { host, port } = simulator;
    // biome-ignore lint/suspicious/noExplicitAny: its own undici's fetch has types of another version
    return proxmoxApi({ host, port, ...credentials, fetch: trusting } as any);
  }

  for (const { release } of PROFILES) {
    it(`reads a PVE ${release} and moves a VM, logged in with a password`, async () => {
      await start(release);
      const proxmox = clientOf({ username: 'admin@pve', password: 'sesame' });
      const resources = await proxmox.cluster.resources.$get({ type: 'vm' });
      expect(resources.map(({ id }) => id)).to.include.members(['qemu/100', 'lxc/200']);
      const node = proxmox.nodes.$('pve1');
      expect((await node.status.$get()).cpuinfo.cores).to.equal(8);
      const upid = await node.qemu.$(100).migrate.$post({ target: 'pve2', online: true });
      const task = node.tasks.$(upid);
      let status = await task.status.$get();
      while (status.status === 'running') status = await task.status.$get();
      expect(status.exitstatus).to.equal('OK');
      expect(simulator.cluster.nodeOf(100)).to.equal('pve2');
    });
  }

  it('reads with a token, and says what is refused', async () => {
    await start('9.1');
    const proxmox = clientOf({ tokenID: OPERATOR_TOKEN.id, tokenSecret: OPERATOR_TOKEN.secret });
    expect(await proxmox.nodes.$get()).to.have.length(3);
    const refusal = proxmox.nodes.$('pve1').qemu.$(100).migrate.$post({ target: 'pve1' });
    expect(String(await refusal.catch((error: unknown) => error))).to.match(
      /400 Parameter verification failed/,
    );
  });

  it('logs in again when its ticket has expired', async () => {
    await start('9.1');
    const proxmox = clientOf({ username: 'admin@pve', password: 'sesame' });
    expect(await proxmox.nodes.$get()).to.have.length(3);
    simulator.control.expireTickets();
    expect(await proxmox.nodes.$get()).to.have.length(3);
  });
});
