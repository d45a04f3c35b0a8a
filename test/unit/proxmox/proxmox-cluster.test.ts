import { expect } from 'chai';
import type { ProxmoxCluster } from '../../../src/controllers/proxmox-cluster.ts';
import { createProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { fakeReader, fixtureError, PROXMOX_TIME } from '../../support/fake-reader.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const UPID = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
const LOG = `/nodes/pve1/tasks/${encodeURIComponent(UPID)}/log`;

/** What controllers ask for is what is provided: this compiles or it does not. */
function cluster(answers: Record<string, unknown>): {
  readonly cluster: ProxmoxCluster;
  readonly paths: () => string[];
} {
  const reader = fakeReader({ '/version': fixtureData('9.1/GET_version'), ...answers });
  const provided: ProxmoxCluster = createProxmoxCluster({
    ...reader,
    async post() {
      const body = JSON.stringify({ data: UPID });
      const head = {
        status: 200,
        reason: 'OK',
        server: undefined,
        contentType: undefined,
        date: PROXMOX_TIME,
      };
      return { kind: 'Done', answer: { endpoint: 'https://pve1', method: 'POST', path: '/', body, ...head } };
    },
    user: 'balancer@pve!operator',
    activeEndpoint: 'https://pve1',
    close: async () => undefined,
  });
  return { cluster: provided, paths: () => reader.calls.map((call) => call.path) };
}

describe('Proxmox cluster', () => {
  it('says where a task goes', async () => {
    const log = { [LOG]: fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log') };

    expect(await cluster(log).cluster.taskTargets(UPID, 'pve3', signal)).to.equal(true);
    expect(await cluster(log).cluster.taskTargets(UPID, 'pve2', signal)).to.equal(false);
    expect(
      await cluster({ [LOG]: [{ n: 1, t: 'no content' }] }).cluster.taskTargets(UPID, 'pve2', signal),
    ).to.equal(undefined);
    expect(
      await cluster({ [LOG]: fixtureError('400_no_such_task') }).cluster.taskTargets(UPID, 'pve2', signal),
    ).to.equal(undefined);
  });

  it('does not read the log of a migration that it started itself', async () => {
    const { cluster: started, paths } = cluster(clusterResponses());

    const migration = { vmid: 102, type: 'qemu', node: 'pve1', target: 'pve2' } as const;
    await started.startMigration(migration, signal, () => true);
    const inventory = await started.readInventory(signal);

    expect(inventory.runningMigrations[0]?.target).to.equal('pve2');
    expect(inventory.cluster.incoming.map((memory) => memory.node)).to.deep.equal(['pve2']);
    expect(paths()).not.to.include(LOG);
  });

  it('reads the log of a foreign migration once', async () => {
    const log = { [LOG]: fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log') };
    const { cluster: foreign, paths } = cluster({ ...clusterResponses(), ...log });

    await foreign.readInventory(signal);
    await foreign.readInventory(signal);

    expect(paths().filter((path) => path === LOG)).to.have.lengthOf(1);
  });

  it('tells Proxmox time', async () => {
    expect(await cluster({}).cluster.readTime(signal)).to.equal(PROXMOX_TIME);
  });
});
