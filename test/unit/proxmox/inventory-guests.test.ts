import { expect } from 'chai';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import { guest, guestEntry, inventoryOf } from '../../support/recorded-inventory.ts';

describe('inventory', () => {
  describe('guests that cannot be read', () => {
    const faults: readonly (readonly [string, object, string])[] = [
      ['a negative memory', { mem: -1 }, 'mem'],
      ['a memory in words', { mem: '12 GB' }, 'mem'],
      ['an absurd cpu', { cpu: 1e9 }, 'cpu'],
      ['no cpu while running', { cpu: undefined }, 'cpu'],
      ['no CPUs while running', { maxcpu: 0 }, 'maxcpu'],
      ['no memory while running', { mem: undefined }, 'mem'],
      ['a memory of 0 while running', { mem: 0 }, 'mem'],
      ['no size of its memory while running', { maxmem: 0 }, 'maxmem'],
      ['a list as name', { name: ['web'] }, 'name'],
      ['a node nobody knows', { node: 'pve9' }, 'pve9'],
      ['status unknown on an online node', { status: 'unknown' }, 'statistics'],
    ];
    for (const [what, change, named] of faults) {
      it(`${what}: only this guest is left out`, async () => {
        const responses = clusterResponses();
        Object.assign(guestEntry(responses, 102), change);

        const inventory = await inventoryOf(responses);

        expect(inventory.cluster.unreadable).to.have.lengthOf(1);
        expect(inventory.cluster.unreadable[0]?.vmid).to.equal(102);
        expect(inventory.cluster.unreadable[0]?.detail).to.contain(named);
        expect(inventory.cluster.guests).to.have.lengthOf(10);
      });
    }

    it('among 10,000: only they are left out', async () => {
      const responses = clusterResponses();
      const entry = guestEntry(responses, 101);
      for (let vmid = 1_000; vmid < 11_000; vmid += 1)
        responses['/cluster/resources'].push({ ...entry, id: `qemu/${vmid}`, vmid });
      delete guestEntry(responses, 5_000).name;
      guestEntry(responses, 6_000).mem = '12 GB';

      const inventory = await inventoryOf(responses);

      expect(inventory.cluster.guests).to.have.lengthOf(11 + 10_000 - 1);
      expect(guest(inventory, 5_000)?.name).to.equal('5000');
      expect(inventory.cluster.unreadable.map(({ vmid }) => vmid)).to.deep.equal([6_000]);
    });

    it('two of one VMID: neither is taken', async () => {
      const responses = clusterResponses();
      responses['/cluster/resources'].push({ ...guestEntry(responses, 102), node: 'pve2' });

      const inventory = await inventoryOf(responses);

      expect(inventory.cluster.unreadable.map((entry) => entry.vmid)).to.deep.equal([102, 102]);
      expect(guest(inventory, 102)).to.equal(undefined);
    });

    it('a stopped guest needs no figures, and a nameless one is called by its VMID', async () => {
      const responses = clusterResponses();
      for (const field of ['cpu', 'maxcpu', 'mem', 'maxmem', 'uptime', 'name'])
        delete guestEntry(responses, 110)[field];

      expect(guest(await inventoryOf(responses), 110)).to.deep.include({
        name: '110',
        memoryBytes: 0,
        cpuUsedShare: 0,
      });
    });

    it('a container with a CPU limit has its CPUs as a string', async () => {
      const responses = clusterResponses();
      guestEntry(responses, 200).maxcpu = '1.5';

      expect(guest(await inventoryOf(responses), 200)?.cpuCount).to.equal(1.5);
    });
  });

  describe('statistics that are not of the present place', () => {
    it('belong to a guest that has just arrived or started', async () => {
      const responses = clusterResponses();
      const [arrived] = fixtureData('degraded-9.1/GET_cluster_resources_vm_right_after_migration');
      Object.assign(guestEntry(responses, 102), arrived);
      guestEntry(responses, 101).uptime = 24;
      guestEntry(responses, 100).uptime = 25;
      delete guestEntry(responses, 201).uptime;
      guestEntry(responses, 110).uptime = 0;

      const inventory = await inventoryOf(responses);

      expect([102, 101, 201, 100, 110].map((vmid) => guest(inventory, vmid)?.settling)).to.deep.equal([
        true,
        true,
        true,
        false,
        false,
      ]);
    });

    it('belong to a guest whose migration has only just ended', async () => {
      const responses = clusterResponses();
      const seconds = 1_763_812_800;
      const [task] = responses['/cluster/tasks'];
      const ended = (vmid: number, type: string, secondsAgo: number) => ({
        ...task,
        upid: task.upid.replace(':102:', `:${vmid}:`),
        id: String(vmid),
        type,
        endtime: seconds - secondsAgo,
        status: 'OK',
      });
      responses['/cluster/tasks'] = [
        ended(100, 'qmigrate', 24),
        ended(101, 'qmigrate', 25),
        ended(102, 'vzdump', 1),
        ended(200, 'vzmigrate', 0),
        // By another clock.
        ended(201, 'qmigrate', -25),
      ];

      const inventory = await inventoryOf(responses);

      expect([100, 101, 102, 200, 201].map((vmid) => guest(inventory, vmid)?.settling)).to.deep.equal([
        true,
        false,
        false,
        true,
        false,
      ]);
    });
  });
});
