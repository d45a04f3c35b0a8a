import { expect } from 'chai';

import type {
  DiskDocument,
  GuestDocument,
  ScenarioDocument,
  StorageDocument,
} from '../../../src/simulator/scenario/document.ts';
import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import { isRunning } from '../../../src/simulator/world/task.ts';
import { createWorld, labScenario } from '../../support/simulator/scenarios.ts';
import { guestOf, migrate, textOf, wait } from '../../support/simulator/world.ts';

const STORAGES: readonly StorageDocument[] = [
  { name: 'local', type: 'dir', content: 'iso,images' },
  { name: 'local-lvm', type: 'lvmthin', content: 'images,rootdir' },
  { name: 'ceph-vm', type: 'rbd', content: 'images,rootdir', shared: true },
];
const DISK: DiskDocument = { storage: 'ceph-vm', size: '32Gi' };

function world(guest: Partial<GuestDocument>, changes: Partial<ScenarioDocument> = {}): Cluster {
  const base: GuestDocument = {
    vmid: 100,
    type: 'qemu',
    node: 'pve1',
    cpus: 2,
    memory: '1Gi',
    disks: [DISK],
  };
  return createWorld({ storages: STORAGES, guests: [{ ...base, ...guest }], ...changes });
}

/** How a migration of the guest to pve2 ends: exit status, node, status, lock. */
function outcome(cluster: Cluster, options: Parameters<typeof migrate>[3] = {}, seconds = 600) {
  const task = migrate(cluster, 100, 'pve2', options);
  wait(cluster, seconds);
  const { node, status, lock } = guestOf(cluster, 100);
  return { end: [task.exitStatus, node, status, lock], log: textOf(task), task };
}

const MOVED = ['OK', 'pve2', 'running', undefined];
const STAYED = ['migration aborted', 'pve1', 'running', undefined];
const FAILED_LIVE = ['migration problems', 'pve1', 'running', undefined];

describe('a simulated migration of a VM with devices', () => {
  it('is aborted for those of the node, running or not', () => {
    for (const config of [
      { hostpci0: '0000:41:00' },
      { usb0: 'host=1234:5678' },
      { serial0: '/dev/ttyS0' },
    ]) {
      const { end, log } = outcome(world({ config }));
      expect(end).to.deep.equal(STAYED);
      expect(log).to.include(`can't migrate VM which uses local devices: ${Object.keys(config)[0]}`);
    }
    const off = outcome(world({ config: { hostpci0: '0000:41:00' }, status: 'stopped' }));
    expect(off.end).to.deep.equal(['migration aborted', 'pve1', 'stopped', undefined]);
  });

  it('succeeds with what is not of the node', () => {
    for (const config of [{ serial0: 'socket' }, { usb0: 'spice' }, { balloon: 512 }]) {
      expect(outcome(world({ config })).end).to.deep.equal(MOVED);
    }
  });

  it('depends on the target having the mapping, and on the mapping whether it runs on', () => {
    const mapped = (nodes: string[], liveMigration: boolean, status: 'running' | 'stopped' = 'running') =>
      outcome(
        world(
          { config: { hostpci0: 'mapping=gpu-a' }, status },
          { mappings: [{ name: 'gpu-a', type: 'pci', nodes, liveMigration }] },
        ),
      );
    expect(mapped(['pve1', 'pve2'], true).end).to.deep.equal(MOVED);
    expect(mapped(['pve1', 'pve2'], false).end).to.deep.equal(STAYED);
    expect(mapped(['pve1', 'pve2'], false, 'stopped').end[0]).to.equal('OK');
    expect(mapped(['pve1'], true).log).to.include("can't migrate to 'pve2': missing mapped devices hostpci0");
  });
});

describe('a simulated migration of a VM with local disks', () => {
  const local = (changes: Partial<DiskDocument>): Partial<GuestDocument> => ({
    disks: [{ storage: 'local-lvm', size: '1Gi', ...changes }],
  });

  it('copies cloud-init, TPM and unused volumes unasked, attached disks only when asked to', () => {
    for (const kind of ['cloudinit', 'tpm', 'unused'] as const) {
      expect(outcome(world(local({ kind }))).end, kind).to.deep.equal(MOVED);
    }
    for (const kind of ['disk', 'efi'] as const) {
      expect(outcome(world(local({ kind }))).end, kind).to.deep.equal(STAYED);
      expect(outcome(world(local({ kind })), { withLocalDisks: true }).end, kind).to.deep.equal(MOVED);
    }
  });

  it('is aborted for a local CD image, whatever is asked for', () => {
    const guest = local({ storage: 'local', kind: 'cdrom', volume: 'iso/x.iso' });
    const { end, log } = outcome(world(guest), { withLocalDisks: true });
    expect(end).to.deep.equal(STAYED);
    expect(log).to.include("can't migrate local disk 'local:iso/x.iso': local cdrom image");
    expect(log).to.match(/migration aborted \(duration [\d:]+\): can't migrate VM - check log/);
  });

  it('is aborted for snapshots that cannot go along', () => {
    const running = outcome(world(local({ snapshots: ['a'] })), { withLocalDisks: true });
    expect(running.end).to.deep.equal(STAYED);
    expect(running.log).to.include('online storage migration not possible if non-replicated snapshot exists');
    const stopped = outcome(world({ ...local({ snapshots: ['a'] }), status: 'stopped' }));
    expect(stopped.log).to.include('non-migratable snapshot exists');
    const zfs = { name: 'local-lvm', type: 'zfspool', content: 'images' };
    const sent = outcome(world({ ...local({ snapshots: ['a'] }), status: 'stopped' }, { storages: [zfs] }));
    expect(sent.end[0]).to.equal('OK');
  });

  it('needs no time for what is replicated to the target, and replicates back from there', () => {
    const replication = [{ guest: 100, target: 'pve2' }];
    const disk = local({ size: '500Gi' });
    const cluster = world(disk, { replication });
    expect(outcome(cluster, { withLocalDisks: true }, 20).end).to.deep.equal(MOVED);
    expect(cluster.replication.targetsOf(100)).to.deep.equal(['pve1']);
    expect(outcome(world(disk), { withLocalDisks: true }, 20).end[0]).to.equal(undefined);
  });

  it('keeps to the limit it is given', () => {
    const disk = local({ size: '10Gi' });
    const { task } = outcome(world(disk), { withLocalDisks: true, bandwidthLimit: 100 * 1024 ** 2 });
    expect(((task.endedAt ?? 0) - task.startedAt) / 1000).to.be.within(105, 125);
  });
});

describe('a simulated migration to an unlike node', () => {
  const nodes = labScenario().nodes;

  it('fails to start a VM there that has the CPU of its host, and leaves it running here', () => {
    const other = nodes.map((node) => (node.name === 'pve2' ? { ...node, cpuModel: 'Another CPU' } : node));
    const lesser = nodes.map((node) => (node.name === 'pve2' ? { ...node, cpuFlags: 'fpu' } : node));
    for (const cpuType of ['host', 'max', 'host,hidden=1']) {
      expect(outcome(world({ cpuType }, { nodes: other })).end).to.deep.equal(FAILED_LIVE);
      expect(outcome(world({ cpuType }, { nodes: lesser })).end).to.deep.equal(FAILED_LIVE);
      expect(outcome(world({ cpuType })).end).to.deep.equal(MOVED);
    }
    expect(outcome(world({ cpuType: 'x86-64-v3' }, { nodes: other })).end).to.deep.equal(MOVED);
    const { log } = outcome(world({ cpuType: 'host' }, { nodes: other }));
    expect(log).to.include('online migrate failure - remote command failed with exit code 255');
  });

  it('works towards a newer release, not towards an older one', () => {
    const mixed = (one: string, two: string) =>
      nodes.map((node) => ({ ...node, version: node.name === 'pve1' ? one : two }));
    expect(outcome(world({}, { nodes: mixed('8.4', '9.1') })).end).to.deep.equal(MOVED);
    expect(outcome(world({}, { nodes: mixed('9.2', '9.1') })).end).to.deep.equal(FAILED_LIVE);
  });
});

describe('a simulated migration that is told how to end', () => {
  function planned(exitStatus: string, leaves?: 'locked' | 'paused' | 'stopped') {
    const cluster = world({});
    cluster.plannedFailures.set(100, { exitStatus, reason: 'planned', leaves });
    return outcome(cluster);
  }

  it('ends with every exit status there is', () => {
    const lockFailure = "can't lock file '/var/lock/pve-manager/pve-migrate-100' - got timeout";
    const ends = [
      ['WARNINGS: 1', 'pve2', undefined],
      ['migration aborted', 'pve1', undefined],
      ['migration problems', 'pve1', undefined],
      [lockFailure, 'pve1', undefined],
      ['received interrupt', 'pve1', undefined],
      ['interrupted by signal', 'pve1', undefined],
      ['unexpected status', 'pve1', 'migrate'],
    ] as const;
    for (const [exitStatus, node, lock] of ends) {
      const { end, task } = planned(exitStatus);
      expect(end).to.deep.equal([exitStatus, node, 'running', lock]);
      const last = exitStatus.startsWith('WARNINGS') ? `TASK ${exitStatus}` : `TASK ERROR: ${exitStatus}`;
      if (exitStatus !== 'unexpected status') expect(task.log.at(-1)).to.equal(last);
    }
  });

  it('may have moved the guest and failed to clean up behind it', () => {
    const problems = 'migration problems';
    expect(planned(problems, 'locked').end).to.deep.equal([problems, 'pve2', 'running', 'migrate']);
    expect(planned(problems, 'paused').end).to.deep.equal([problems, 'pve2', 'paused', undefined]);
    expect(planned(problems, 'stopped').end).to.deep.equal([problems, 'pve2', 'stopped', undefined]);
  });
});

describe('a simulated migration that is told to stop', () => {
  it('ends in order before the VM is on its way', () => {
    const cluster = world({});
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 2);
    expect(guestOf(cluster, 100).lock).to.equal('migrate');
    expect(cluster.tasks.interrupt(task)).to.equal(0);
    expect([task.exitStatus, guestOf(cluster, 100).lock]).to.deep.equal(['received interrupt', undefined]);
  });

  it('is killed five seconds later when it is, and leaves the lock', () => {
    const cluster = world({ memory: '32Gi', demand: { memory: '30Gi' } });
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 10);
    expect(cluster.tasks.interrupt(task)).to.equal(5_000);
    wait(cluster, 4);
    expect(isRunning(task)).to.equal(true);
    wait(cluster, 2);
    const { node, lock } = guestOf(cluster, 100);
    expect([task.exitStatus, node, lock]).to.deep.equal(['unexpected status', 'pve1', 'migrate']);
    expect(cluster.arrivals.size).to.equal(0);
    expect(cluster.tasks.interrupt(task)).to.equal(0);
  });
});

describe('a simulated migration of a container with mount points', () => {
  it('is aborted for a directory or device of the node before it is shut down', () => {
    const mounted = (mp1: string) => outcome(world({ type: 'lxc', config: { mp1 } }));
    const bind = mounted('/srv/data,mp=/data');
    expect(bind.end).to.deep.equal(STAYED);
    expect(bind.log).to.include("cannot migrate local bind mount point 'mp1'");
    expect(bind.log).not.to.include('shutdown CT');
    expect(mounted('/dev/sdb,mp=/data').log).to.include("cannot migrate local device mount point 'mp1'");
    expect(mounted('/srv/data,mp=/data,shared=1').end).to.deep.equal(MOVED);
  });
});
