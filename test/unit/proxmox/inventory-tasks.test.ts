import { expect } from 'chai';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import { guest, guestEntry, inventoryOf } from '../../support/recorded-inventory.ts';

describe('inventory', () => {
  describe('running tasks', () => {
    const upid = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
    const logPath = `/nodes/pve1/tasks/${encodeURIComponent(upid)}/log`;

    it('mark their guest, finished ones do not', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(guest(inventory, 102)?.activeTask).to.equal('qmigrate');
      expect(guest(inventory, 101)?.activeTask).to.equal(undefined);
      expect(guest(inventory, 103)?.activeTask).to.equal(undefined);
    });

    it('migrations take their target from the log, where their memory counts', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.deep.equal([
        {
          upid,
          vmid: 102,
          node: 'pve1',
          type: 'qemu',
          user: 'balancer@pve!operator',
          startTime: 0x6921a596 * 1_000,
          target: 'pve3',
        },
      ]);
      expect(inventory.cluster.incoming).to.deep.equal([{ node: 'pve3', vmid: 102, bytes: 17221812224 }]);
      expect(inventory.apiCalls).to.equal(8 + 3 + 1);
    });

    it('a migration whose target is not known counts on every other node', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(inventory.runningMigrations[0]?.target).to.equal(undefined);
      expect(inventory.cluster.incoming).to.deep.equal([
        { node: 'pve2', vmid: 102, bytes: 17221812224 },
        { node: 'pve3', vmid: 102, bytes: 17221812224 },
      ]);
    });

    it('a migrating guest that cannot be read may fill the node', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');
      guestEntry(responses, 102).mem = 'much';

      expect((await inventoryOf(responses)).cluster.incoming).to.deep.equal([
        { node: 'pve3', vmid: 102, bytes: 274877906944 },
      ]);
    });

    it('of a dead node go nowhere, though the list shows them for ever', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');
      for (const entry of responses['/cluster/status']) if (entry.name === 'pve1') entry.online = 0;
      // HA has recovered it.
      guestEntry(responses, 102).node = 'pve2';

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.deep.equal([]);
      expect(inventory.cluster.incoming).to.deep.equal([]);
      expect(guest(inventory, 102)).to.include({ node: 'pve2', activeTask: undefined });
      expect(inventory.apiCalls).to.equal(8 + 2);
    });

    it('keep to 9 + N calls, however many migrations run', async () => {
      const responses = clusterResponses();
      const [task] = responses['/cluster/tasks'];
      responses['/cluster/tasks'] = [100, 101, 102, 103, 104].map((vmid) => ({
        ...task,
        upid: upid.replace(':102:', `:${vmid}:`),
        id: String(vmid),
      }));

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.have.lengthOf(5);
      expect(inventory.apiCalls).to.be.at.most(9 + 3);
    });
  });
});
