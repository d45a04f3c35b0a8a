import { expect } from 'chai';
import { whatPreventsMigration } from '../../../src/proxmox/precondition.ts';
import { fakeReader, fixtureError } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;

function ofVm(answer: unknown, target: string) {
  const migration = { vmid: 100, type: 'qemu', node: 'pve9', target } as const;
  return whatPreventsMigration(fakeReader({ '/nodes/pve9/qemu/100/migrate': answer }), migration, signal);
}

describe('precondition of a VM', () => {
  it('lets a VM on shared storage go everywhere', async () => {
    const answer = fixtureData('9.1/GET_nodes_pve1_qemu_102_migrate');

    expect(await ofVm(answer, 'pve2')).to.equal(undefined);
    expect(await ofVm(answer, 'pve3')).to.equal(undefined);
    expect(await ofVm(fixtureData('8.4/GET_nodes_pve1_qemu_101_migrate'), 'pve2')).to.equal(undefined);
  });

  it('names what is not available on the target', async () => {
    const answer = fixtureData('9.1/GET_nodes_pve2_qemu_110_migrate_storage');

    expect(await ofVm(answer, 'pve3')).to.contain('storage nfs-iso');
    expect(await ofVm(answer, 'pve1')).to.equal(undefined);
  });

  it('names the HA rule', async () => {
    const answer = fixtureData('9.1/GET_nodes_pve1_qemu_100_migrate_ha');

    expect(await ofVm(answer, 'pve2')).to.contain('ct:200');
    expect(await ofVm(answer, 'pve3')).to.equal(undefined);
  });

  it('names local devices and local disks', async () => {
    const answer = fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local');

    expect(await ofVm(answer, 'pve1')).to.equal('It uses devices of its node: hostpci0.');
    expect(await ofVm({ ...answer, local_resources: ['hostpci1'] }, 'pve1'))
      .to.contain('local-lvm:vm-104-disk-0')
      .and.to.contain('1 more');
  });

  it('lets a local cloud-init drive pass: PVE copies it', async () => {
    const answer = fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local');
    answer.local_resources = [];
    answer.local_disks = answer.local_disks.filter(
      (disk: { is_cloudinit: number }) => disk.is_cloudinit === 1,
    );

    expect(answer.local_disks).to.have.lengthOf(1);
    expect(await ofVm(answer, 'pve1')).to.equal(undefined);
  });

  it('does not let guests go along unplanned', async () => {
    const answer = {
      ...fixtureData('9.1/GET_nodes_pve1_qemu_100_migrate_ha'),
      'dependent-ha-resources': ['vm:101'],
    };

    expect(await ofVm(answer, 'pve3')).to.contain('vm:101');
  });

  it('without node lists (before 8.4) knows nothing against a node', async () => {
    const { allowed_nodes, not_allowed_nodes, ...rest } = fixtureData('9.1/GET_nodes_pve1_qemu_102_migrate');

    expect([allowed_nodes, not_allowed_nodes]).not.to.include(undefined);
    expect(await ofVm(rest, 'pve2')).to.equal(undefined);
  });

  it('refuses a node that is in neither list', async () => {
    expect(await ofVm(fixtureData('9.1/GET_nodes_pve1_qemu_102_migrate'), 'constructor')).to.contain(
      'does not list',
    );
  });

  it('takes a lock as a reason and any other failure as one', async () => {
    expect(await ofVm(fixtureError('500_vm_locked'), 'pve2')).to.contain('VM is locked (backup)');
    expect((await operatorError(ofVm(fixtureError('500_no_quorum'), 'pve2'))).code).to.equal('ServerError');
    expect((await operatorError(ofVm({ running: 1 }, 'pve2'))).code).to.equal('UnexpectedAnswer');
  });
});

describe('precondition of a container', () => {
  const config = fixtureData('9.1/GET_nodes_pve2_lxc_200_config');
  const storages = fixtureData('9.1/GET_storage');

  function ofContainer(
    answers: { migrate?: unknown; config?: unknown; storages?: unknown },
    target = 'pve3',
  ) {
    const migration = { vmid: 200, type: 'lxc', node: 'pve2', target } as const;
    const reader = fakeReader({
      '/nodes/pve2/lxc/200/migrate': answers.migrate ?? fixtureData('9.1/GET_nodes_pve1_lxc_201_migrate'),
      '/nodes/pve2/lxc/200/config': answers.config ?? config,
      '/storage': answers.storages ?? storages,
    });
    return whatPreventsMigration(reader, migration, signal);
  }

  it('lets one on shared storage go', async () => {
    expect(await ofContainer({})).to.equal(undefined);
  });

  it('names the HA rule', async () => {
    const migrate = fixtureData('9.1/GET_nodes_pve2_lxc_200_migrate_ha');

    expect(await ofContainer({ migrate }, 'pve1')).to.contain('vm:100');
    expect(await ofContainer({ migrate }, 'pve3')).to.equal(undefined);
  });

  it('is checked by its storages alone where PVE is too old to tell', async () => {
    const migrate = fixtureError('501_not_implemented');

    expect(await ofContainer({ migrate })).to.equal(undefined);
    expect(await ofContainer({ migrate, config: { rootfs: 'local-lvm:vm-200-disk-0,size=8G' } })).to.contain(
      'local storage',
    );
  });

  const mounts: readonly (readonly [string, string])[] = [
    ['local-lvm:vm-200-disk-1,mp=/data,size=8G', 'local storage'],
    ['nfs-iso:200/vm-200-disk-1.raw,mp=/data', 'not available on pve3'],
    ['old:200/vm-200-disk-1.raw,mp=/data', 'disabled'],
    ['secret:vm-200-disk-1,mp=/data', 'Datastore.Audit'],
    ['/srv/data,mp=/data', 'directory or device of its node'],
    ['/dev/sdb1,mp=/data', 'directory or device of its node'],
    ['volume=local-lvm:vm-200-disk-1,mp=/data', 'local storage'],
  ];
  for (const [mp0, reason] of mounts) {
    it(`${mp0}: ${reason}`, async () => {
      const found = await ofContainer({ config: { ...config, mp0 } });

      expect(found).to.contain(reason).and.to.contain('mp0');
    });
  }

  it('lets a directory pass that its owner calls shared', async () => {
    expect(await ofContainer({ config: { ...config, mp0: '/srv/data,mp=/data,shared=1' } })).to.equal(
      undefined,
    );
  });

  it('locked is a reason', async () => {
    expect(await ofContainer({ migrate: fixtureError('500_ct_locked') })).to.contain('CT is locked');
  });
});
