import { expect } from 'chai';
import { readGuest } from '../../../src/proxmox/guest.ts';
import { fakeReader, fixtureError, PROXMOX_TIME } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const VM = { vmid: 100, type: 'qemu', node: 'pve1' } as const;

function read(answer: unknown, guest: { vmid: number; type: 'qemu' | 'lxc'; node: string } = VM) {
  const path = `/nodes/${guest.node}/${guest.type}/${guest.vmid}/status/current`;
  return readGuest(fakeReader({ [path]: answer }), guest, signal);
}

describe('guest', () => {
  it('is read as its node knows it', async () => {
    expect(await read(fixtureData('9.1/GET_nodes_pve1_qemu_100_status_current'))).to.deep.equal({
      kind: 'Present',
      name: 'web-1',
      status: 'running',
      lock: undefined,
      template: false,
      haManaged: true,
      haState: 'started',
      memoryBytes: 6757023744,
      proxmoxTime: PROXMOX_TIME,
    });
  });

  it('has the state of QEMU, not that of its process', async () => {
    const paused = fixtureData('9.1/GET_nodes_pve3_qemu_105_status_current');

    expect(await read(paused, { vmid: 105, type: 'qemu', node: 'pve3' })).to.deep.include({
      status: 'paused',
    });
  });

  it('may be a container', async () => {
    const container = fixtureData('9.1/GET_nodes_pve2_lxc_200_status_current');

    expect(await read(container, { vmid: 200, type: 'lxc', node: 'pve2' })).to.deep.include({
      name: 'dns-1',
      haManaged: true,
    });
  });

  it('is absent when its node has no configuration of it', async () => {
    expect(await read(fixtureError('500_guest_moved'))).to.deep.equal({
      kind: 'Absent',
      proxmoxTime: PROXMOX_TIME,
    });
  });

  for (const name of ['500_no_quorum', '500_vm_locked', '500_unknown_node', '595_node_unreachable_refused']) {
    it(`is not absent because of ${name}`, async () => {
      expect((await operatorError(read(fixtureError(name)))).code).to.equal(codeOf(name));
    });
  }

  describe('on a node that does not answer', () => {
    const path = '/nodes/pve1/qemu/100/status/current';
    const members = (names: readonly string[], quorate = 1) => [
      { type: 'cluster', name: 'lab', quorate },
      ...names.map((name) => ({ type: 'node', name, online: 1 })),
    ];

    for (const name of ['500_unknown_node', '595_node_unreachable_no_route']) {
      it(`is absent when the cluster has no such node any more: ${name}`, async () => {
        const answers = { [path]: fixtureError(name), '/cluster/status': members(['pve2', 'pve3']) };
        expect(await readGuest(fakeReader(answers), VM, signal)).to.deep.equal({
          kind: 'Absent',
          proxmoxTime: PROXMOX_TIME,
        });
      });

      for (const [what, status] of [
        ['it is a member still', members(['pve1', 'pve2'])],
        ['there is no quorum', members(['pve2', 'pve3'], 0)],
        ['the members cannot be read', fixtureError('596_node_hangs')],
        ['the members cannot be understood', null],
      ] as const) {
        it(`is not absent because of ${name} while ${what}`, async () => {
          const answers = { [path]: fixtureError(name), '/cluster/status': status };
          const error = await operatorError(readGuest(fakeReader(answers), VM, signal));
          expect(error.code).to.equal(codeOf(name));
        });
      }
    }
  });

  it('is not absent because another one is', async () => {
    const error = await operatorError(read(fixtureError('500_guest_moved'), { ...VM, vmid: 101 }));

    expect(error.code).to.equal('ServerError');
  });

  it('of a wrong shape is an error that names the field', async () => {
    const status = { ...fixtureData('9.1/GET_nodes_pve1_qemu_100_status_current'), mem: -1 };
    const error = await operatorError(read(status));

    expect(error.code).to.equal('UnexpectedAnswer');
    expect(error.message).to.contain('`mem`').and.to.contain('/nodes/pve1/qemu/100/status/current');
  });
});

function codeOf(name: string): string {
  return name.startsWith('595') ? 'NodeUnreachable' : 'ServerError';
}
