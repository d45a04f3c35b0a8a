import { expect } from 'chai';
import type { ExaminedGuest, GuestExamination } from '../../../src/balancing/guest-examination.ts';
import { OperatorError } from '../../../src/lib/errors.ts';
import { examineGuest } from '../../../src/proxmox/examine-guest.ts';
import { gib } from '../../support/cluster-model.ts';
import { fakeReader, fixtureError } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const VM = { vmid: 100, type: 'qemu', node: 'pve9' } as const;
const CONTAINER = { vmid: 200, type: 'lxc', node: 'pve9' } as const;

const vmConfig = fixtureData('9.1/GET_nodes_pve1_qemu_100_config');
const vmMigrate = fixtureData('9.1/GET_nodes_pve1_qemu_102_migrate');
const containerConfig = fixtureData('9.1/GET_nodes_pve2_lxc_200_config');
const containerMigrate = fixtureData('9.1/GET_nodes_pve1_lxc_201_migrate');

interface Answers {
  readonly migrate?: unknown;
  readonly config?: unknown;
}

function ofVm({ migrate = vmMigrate, config = vmConfig }: Answers): Promise<GuestExamination> {
  const path = '/nodes/pve9/qemu/100';
  return examineGuest(fakeReader({ [`${path}/migrate`]: migrate, [`${path}/config`]: config }), VM, signal);
}

function ofContainer({
  migrate = containerMigrate,
  config = containerConfig,
}: Answers): Promise<GuestExamination> {
  const path = '/nodes/pve9/lxc/200';
  const reader = fakeReader({ [`${path}/migrate`]: migrate, [`${path}/config`]: config });
  return examineGuest(reader, CONTAINER, signal);
}

async function examinedOf(examination: Promise<GuestExamination>): Promise<ExaminedGuest> {
  const found = await examination;
  if (found.kind !== 'Examined') throw new Error(`${found.kind}: ${found.detail}`);
  return found;
}

describe('examination of a VM', () => {
  it('finds nothing in the way of one on shared storage', async () => {
    expect(await ofVm({})).to.deep.equal({
      kind: 'Examined',
      allowedNodes: ['pve3', 'pve2'],
      refusals: [],
      dependents: undefined,
      devices: [],
      volumes: [
        {
          key: 'scsi0',
          volume: 'ceph-vm:vm-100-disk-0',
          storage: 'ceph-vm',
          bytes: gib(32),
          kind: 'Disk',
          local: false,
          inSnapshot: false,
          replicated: true,
        },
      ],
      cpu: { kind: 'Named', type: 'x86-64-v2-AES' },
    });
  });

  it('asks for the values it runs with', async () => {
    const path = '/nodes/pve9/qemu/100';
    const reader = fakeReader({ [`${path}/migrate`]: vmMigrate, [`${path}/config`]: vmConfig });
    await examineGuest(reader, VM, signal);
    expect(reader.calls).to.have.lengthOf(2);
    expect(reader.calls).to.deep.include({ path: `${path}/config`, query: { current: 1 } });
  });

  it('reads the refusals of nodes, in words', async () => {
    const cases: readonly (readonly [unknown, readonly object[]])[] = [
      [fixtureData('8.4/GET_nodes_pve1_qemu_101_migrate'), []],
      [
        fixtureData('9.1/GET_nodes_pve2_qemu_110_migrate_storage'),
        [{ node: 'pve3', reasons: ['storage nfs-iso is not available there'] }],
      ],
      [
        fixtureData('9.1/GET_nodes_pve1_qemu_100_migrate_ha'),
        [{ node: 'pve2', reasons: ['HA rules keep it away from ct:200'] }],
      ],
      [
        fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local'),
        [{ node: 'pve2', reasons: ['the mapping of hostpci1 is not available there'] }],
      ],
      [
        { ...vmMigrate, not_allowed_nodes: { pve2: { 'blocking-moon-phase': 1 } } },
        [{ node: 'pve2', reasons: ['blocking-moon-phase'] }],
      ],
      [
        {
          ...vmMigrate,
          not_allowed_nodes: { pve2: { unavailable_storages: [] }, pve3: { unavailable_storages: null } },
        },
        [],
      ],
      [
        {
          ...vmMigrate,
          not_allowed_nodes: {
            pve2: { unavailable_storages: 'nfs-iso' },
            pve3: { 'unavailable-resources': {} },
          },
        },
        [
          { node: 'pve2', reasons: ['storage nfs-iso is not available there'] },
          { node: 'pve3', reasons: ['the mapping of unknown is not available there'] },
        ],
      ],
      [
        {
          ...vmMigrate,
          not_allowed_nodes: {
            pve2: {
              'blocking-ha-resources': [
                { sid: 'vm:100', cause: 'node-affinity' },
                { sid: 'ct:200', cause: 'resource-affinity' },
              ],
            },
          },
        },
        [{ node: 'pve2', reasons: ['HA rules keep vm:100 off it', 'HA rules keep it away from ct:200'] }],
      ],
    ];
    for (const [migrate, refusals] of cases) {
      expect((await examinedOf(ofVm({ migrate }))).refusals).to.deep.equal(refusals);
    }
  });

  it('knows of no allowed nodes where PVE does not tell (before 8.4)', async () => {
    const { allowed_nodes: _, not_allowed_nodes: __, ...migrate } = vmMigrate;
    expect(await ofVm({ migrate })).to.deep.include({ allowedNodes: undefined, refusals: [] });
  });

  it('finds devices, and lets mapped ones go that can be migrated live', async () => {
    const migrate = fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local');
    const devicesWith = async (local_resources: readonly string[]) =>
      (await examinedOf(ofVm({ migrate: { ...migrate, local_resources } }))).devices;

    expect(await devicesWith(['hostpci0', 'usb0', 'amd-sev'])).to.deep.equal(['hostpci0', 'usb0', 'amd-sev']);
    expect(await devicesWith(['hostpci1'])).to.deep.equal([]);
    expect(await devicesWith(['constructor'])).to.deep.equal(['constructor']);
  });

  it('finds the guests that HA moves along', async () => {
    const migrate = { ...vmMigrate, 'dependent-ha-resources': ['vm:101'] };
    expect((await examinedOf(ofVm({ migrate }))).dependents).to.deep.equal(['vm:101']);
  });

  it('puts drives and local disks together', async () => {
    const { volumes } = await examinedOf(
      ofVm({
        migrate: fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local'),
        config: fixtureData('9.1/GET_nodes_pve3_qemu_104_config'),
      }),
    );
    expect(
      volumes.map(({ key, volume, kind, local, bytes }) => [key, volume, kind, local, bytes]),
    ).to.deep.equal([
      ['efidisk0', 'local-lvm:vm-104-disk-1', 'Disk', true, 4194304],
      ['scsi0', 'local-lvm:vm-104-disk-0', 'Disk', true, 137438953472],
      ['local:iso/drivers.iso', 'local:iso/drivers.iso', 'Image', true, 797966336],
      ['local-lvm:vm-104-cloudinit', 'local-lvm:vm-104-cloudinit', 'CloudInit', true, 4194304],
      ['local-lvm:vm-104-disk-2', 'local-lvm:vm-104-disk-2', 'Disk', true, 0],
    ]);
  });

  it('sees which local disks are in snapshots, and which are replicated', async () => {
    const [disk] = fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local').local_disks;
    const volumesWith = async (traits: object) =>
      (
        await examinedOf(
          ofVm({ migrate: { ...vmMigrate, local_disks: [{ ...disk, ...traits }] }, config: {} }),
        )
      ).volumes;

    expect(await volumesWith({})).to.deep.include.members([]);
    expect((await volumesWith({}))[0]).to.include({ inSnapshot: false, replicated: true });
    expect((await volumesWith({ referenced_in_snapshot: { before: 1 } }))[0]).to.include({
      inSnapshot: true,
    });
    expect((await volumesWith({ is_vmstate: 1 }))[0]).to.include({ inSnapshot: true });
    expect((await volumesWith({ replicate: 0 }))[0]).to.include({ replicated: false });
  });

  const drives: readonly (readonly [string, object | undefined])[] = [
    ['none,media=cdrom', undefined],
    ['cdrom,media=cdrom', { storage: undefined, kind: 'NodePath', local: true }],
    ['nfs-iso:iso/x.iso,media=cdrom', { storage: 'nfs-iso', kind: 'Image', local: false }],
    [
      'file=ceph-vm:vm-100-disk-1,size=8G',
      { storage: 'ceph-vm', kind: 'Disk', volume: 'ceph-vm:vm-100-disk-1' },
    ],
    ['ceph-vm:vm-100-cloudinit,media=cdrom', { storage: 'ceph-vm', kind: 'CloudInit' }],
    ['/dev/disk/by-id/ata-1', { storage: undefined, kind: 'NodePath', local: true }],
    ['/dev/mapper/shared,shared=1', undefined],
  ];
  for (const [ide2, expected] of drives) {
    it(`drive ${ide2}`, async () => {
      const { volumes } = await examinedOf(ofVm({ config: { ide2 } }));
      if (expected === undefined) expect(volumes).to.deep.equal([]);
      else expect(volumes[0]).to.include({ key: 'ide2', ...expected });
    });
  }

  const cpus: readonly (readonly [object, string])[] = [
    [{}, 'Named'],
    [{ cpu: 'x86-64-v2-AES' }, 'Named'],
    [{ cpu: 'EPYC-Milan,flags=+aes' }, 'Named'],
    [{ cpu: 'cputype=EPYC' }, 'Named'],
    [{ cpu: 'host' }, 'Host'],
    [{ cpu: 'host,flags=+aes' }, 'Host'],
    [{ cpu: 'cputype=max' }, 'Host'],
    [{ cpu: 'custom-mine' }, 'Unknown'],
    [{ cpu: 'flags=+aes' }, 'Unknown'],
    [{ cpu: '' }, 'Unknown'],
    [{ cpu: 'qemu64', args: '-smbios x -cpu host' }, 'Unknown'],
    [{ args: '-device usb-cpu-thing' }, 'Named'],
  ];
  for (const [config, kind] of cpus) {
    it(`CPU of ${JSON.stringify(config)}: ${kind}`, async () => {
      expect((await examinedOf(ofVm({ config }))).cpu?.kind).to.equal(kind);
    });
  }

  it('takes a lock as a refusal, and what else fails as a guest that could not be looked at', async () => {
    expect(await ofVm({ migrate: fixtureError('500_vm_locked') })).to.deep.equal({
      kind: 'Refused',
      detail: 'VM is locked (backup)',
    });
    const failures = [
      { migrate: fixtureError('500_no_quorum') },
      { migrate: fixtureError('596_node_hangs') },
      { migrate: fixtureError('403_permission') },
      { config: fixtureError('500_guest_moved') },
      { migrate: fixtureError('501_not_implemented') },
      { migrate: { running: 1 } },
      { config: { cpu: ['host'] } },
      { config: null },
    ];
    for (const answers of failures) {
      const found = await ofVm(answers);
      expect(found.kind).to.equal('Unread');
      expect(found).to.have.property('detail').that.is.not.empty;
    }
  });

  it('throws when nothing at all can be had of the cluster', async () => {
    const unreachable = new OperatorError('Unreachable', 'nobody answers');
    expect((await operatorError(ofVm({ config: unreachable }))).code).to.equal('Unreachable');
    const error = await operatorError(ofVm({ migrate: fixtureError('401_bad_token_or_ticket') }));
    expect(error.code).to.equal('Unauthorized');
  });
});

describe('examination of a container', () => {
  it('finds nothing in the way of one on shared storage', async () => {
    expect(await ofContainer({})).to.deep.equal({
      kind: 'Examined',
      allowedNodes: ['pve2', 'pve3'],
      refusals: [],
      dependents: undefined,
      devices: [],
      volumes: [
        {
          key: 'rootfs',
          volume: 'ceph-vm:vm-200-disk-0',
          storage: 'ceph-vm',
          bytes: gib(8),
          kind: 'Disk',
          local: false,
          inSnapshot: false,
          replicated: true,
        },
      ],
      cpu: undefined,
    });
  });

  it('asks for the values it runs with', async () => {
    const path = '/nodes/pve9/lxc/200';
    const reader = fakeReader({ [`${path}/migrate`]: containerMigrate, [`${path}/config`]: containerConfig });
    await examineGuest(reader, CONTAINER, signal);
    expect(reader.calls).to.deep.include({ path: `${path}/config`, query: { current: 1 } });
  });

  it('reads the refusals of nodes, whose keys have dashes', async () => {
    const migrate = fixtureData('9.1/GET_nodes_pve2_lxc_200_migrate_ha');
    expect((await examinedOf(ofContainer({ migrate }))).refusals).to.deep.equal([
      { node: 'pve1', reasons: ['HA rules keep it away from vm:100'] },
    ]);
  });

  it('does without what PVE 8 does not know', async () => {
    const migrate = fixtureError('501_not_implemented');
    expect(await ofContainer({ migrate })).to.deep.include({ allowedNodes: undefined, refusals: [] });
  });

  const mounts: readonly (readonly [string, object | undefined])[] = [
    ['local-lvm:vm-200-disk-1,mp=/data,size=8G', { storage: 'local-lvm', kind: 'Disk' }],
    ['volume=local-lvm:vm-200-disk-1,mp=/data', { storage: 'local-lvm', kind: 'Disk' }],
    ['ceph-vm:vm-200-disk-1,mp=/data,replicate=0', { storage: 'ceph-vm', replicated: false }],
    ['/srv/data,mp=/data', { storage: undefined, kind: 'NodePath', local: true }],
    ['/dev/sdb1,mp=/data', { storage: undefined, kind: 'NodePath', local: true }],
    ['/srv/data,mp=/data,shared=1', undefined],
  ];
  for (const [mp0, expected] of mounts) {
    it(`mount point ${mp0}`, async () => {
      const { volumes } = await examinedOf(ofContainer({ config: { mp0 } }));
      if (expected === undefined) expect(volumes).to.deep.equal([]);
      else expect(volumes[0]).to.include({ key: 'mp0', ...expected });
    });
  }

  it('finds devices that PVE would migrate it without', async () => {
    const config = {
      ...containerConfig,
      dev0: '/dev/dri/renderD128',
      lxc: [
        ['lxc.mount.entry', '/dev/net/tun dev/net/tun none bind'],
        ['lxc.cgroup2.devices.allow', 'c 10:200 rwm'],
        ['lxc.apparmor.profile', 'unconfined'],
      ],
    };
    expect((await examinedOf(ofContainer({ config }))).devices).to.deep.equal([
      'dev0',
      'lxc.cgroup2.devices.allow',
      'lxc.mount.entry',
    ]);
  });

  it('sees that it has snapshots', async () => {
    const { volumes } = await examinedOf(ofContainer({ config: { ...containerConfig, parent: 'before' } }));
    expect(volumes[0]).to.include({ inSnapshot: true });
  });

  it('locked is refused, malformed could not be looked at', async () => {
    expect(await ofContainer({ migrate: fixtureError('500_ct_locked') })).to.deep.equal({
      kind: 'Refused',
      detail: 'CT is locked (backup)',
    });
    expect((await ofContainer({ config: { rootfs: 8 } })).kind).to.equal('Unread');
  });
});
