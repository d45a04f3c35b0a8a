import { expect } from 'chai';
import { targetInLog } from '../../../src/proxmox/migration-target.ts';
import { errorLine, progressOf } from '../../../src/proxmox/task-log.ts';
import { listMigrateTasks, readTask } from '../../../src/proxmox/tasks.ts';
import { fakeReader, fixtureError, PROXMOX_TIME, page } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const UPID = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
const PATH = `/nodes/pve1/tasks/${encodeURIComponent(UPID)}`;
const LOG = '9.1/GET_nodes_{node}_tasks_{upid}_log';

function read(status: unknown, log?: unknown) {
  return readTask(
    fakeReader({ [`${PATH}/status`]: status, ...(log === undefined ? {} : { [`${PATH}/log`]: log }) }),
    UPID,
    signal,
  );
}

describe('task', () => {
  it('that runs tells how far it is', async () => {
    const status = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_running');

    expect(await read(status, fixtureData(LOG))).to.deep.equal({
      kind: 'Running',
      startTime: 1763812758_000,
      progressPercent: 6,
      proxmoxTime: PROXMOX_TIME,
    });
  });

  it('that ended well needs no log', async () => {
    const status = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_ok');

    expect(await read(status)).to.deep.equal({
      kind: 'Stopped',
      startTime: 1763812100_000,
      exitStatus: 'OK',
      errorText: undefined,
      proxmoxTime: PROXMOX_TIME,
    });
  });

  it('that was aborted tells why', async () => {
    const status = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_aborted');

    expect(await read(status, fixtureData(`${LOG}_aborted`))).to.deep.include({
      exitStatus: 'migration aborted',
      errorText: "migration aborted (duration 00:00:01): can't migrate VM which uses local devices: hostpci0",
    });
  });

  it('is read without its log when that cannot be had', async () => {
    const status = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_killed');

    expect(await read(status, fixtureError('595_node_unreachable_refused'))).to.deep.include({
      kind: 'Stopped',
      exitStatus: 'unexpected status',
      errorText: undefined,
    });
  });

  for (const exitstatus of [undefined, '']) {
    it(`that stopped with the exit status ${JSON.stringify(exitstatus)} says nothing of success`, async () => {
      const status = { ...fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_ok'), exitstatus };

      expect(await read(status)).to.deep.include({ kind: 'Stopped', exitStatus: 'unexpected status' });
    });
  }

  it('reads the end of a long log', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => ({
      n: index + 1,
      t: `migration active, transferred ${index}.0 MiB of 500.0 MiB VM-state, 1.0 MiB/s`,
    }));
    const log = ({ start, limit }: { start: number; limit: number }) =>
      page(lines.slice(start, start + limit), 500);
    const status = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_running');

    expect(await read(status, log)).to.deep.include({ progressPercent: 99 });
  });

  it('whose log is gone is pruned', async () => {
    expect(await read(fixtureError('400_no_such_task'))).to.deep.equal({
      kind: 'Pruned',
      proxmoxTime: PROXMOX_TIME,
    });
  });

  for (const name of [
    '400_bad_upid',
    '403_permission_node',
    '595_node_unreachable_refused',
    '500_no_quorum',
  ]) {
    it(`is not pruned because of ${name}`, async () => {
      await operatorError(read(fixtureError(name)));
    });
  }

  it('is pruned, and none is listed, when its node was removed from the cluster', async () => {
    const gone = fixtureError('500_unknown_node');
    const reader = fakeReader({
      [`${PATH}/status`]: gone,
      '/nodes/pve1/tasks': gone,
      '/cluster/status': [
        { type: 'cluster', name: 'lab', quorate: 1 },
        { type: 'node', name: 'pve2', online: 1 },
        { type: 'node', name: 'pve3', online: 1 },
      ],
    });

    expect(await readTask(reader, UPID, signal)).to.deep.equal({ kind: 'Pruned', proxmoxTime: PROXMOX_TIME });
    const guest = { vmid: 102, type: 'qemu', node: 'pve1' } as const;
    expect(await listMigrateTasks(reader, guest, signal)).to.deep.equal({
      tasks: [],
      proxmoxTime: PROXMOX_TIME,
    });
  });

  it('of a wrong shape is an error', async () => {
    expect((await operatorError(read({ status: 'gone', starttime: 1 }))).code).to.equal('UnexpectedAnswer');
    expect((await operatorError(readTask(fakeReader({}), 'garbage', signal))).code).to.equal('InvalidInput');
  });
});

describe('migrate tasks', () => {
  it('are listed newest first, without other tasks', async () => {
    const entry = fixtureData('9.1/GET_nodes_pve1_tasks_source_active')[0];
    const older = { ...entry, upid: UPID.replace('6921A596', '6921A000'), status: 'OK', endtime: 1763812190 };
    const other = { ...entry, upid: UPID.replace('qmigrate', 'qmsnapshot'), type: 'qmsnapshot' };
    const reader = fakeReader({ '/nodes/pve1/tasks': [older, other, entry] });

    const found = await listMigrateTasks(reader, { vmid: 102, type: 'qemu', node: 'pve1' }, signal);

    expect(reader.calls[0]?.query).to.deep.include({ source: 'all', vmid: 102 });
    expect(found.tasks).to.deep.equal([
      {
        upid: UPID,
        vmid: 102,
        node: 'pve1',
        user: 'balancer@pve!operator',
        startTime: 0x6921a596 * 1_000,
        running: true,
      },
      {
        upid: older.upid,
        vmid: 102,
        node: 'pve1',
        user: 'balancer@pve!operator',
        startTime: 0x6921a000 * 1_000,
        running: false,
      },
    ]);
  });
});

describe('task log', () => {
  const targets: readonly (readonly [string, string | undefined])[] = [
    ["2025-11-22 11:59:18 starting migration of VM 102 to node 'pve3' (198.51.100.13)", 'pve3'],
    ["2025-11-22 11:59:18 starting migration of CT 200 to node 'pve-2' (198.51.100.12)", 'pve-2'],
    ['Requesting HA migration for VM 100 to node pve3', 'pve3'],
    ["2025-11-22 11:59:18 starting VM 102 on remote node 'pve3'", 'pve3'],
    ['task started by HA resource agent', undefined],
    ["starting migration of VM 102 to node 'pve1' (198.51.100.11)", undefined],
    ['no content', undefined],
  ];
  for (const [line, target] of targets) {
    it(`"${line.slice(-50)}" names ${target ?? 'no target'}`, () => {
      expect(targetInLog(['something', line], 'pve1')).to.equal(target);
    });
  }

  it('of a live phase that failed tells the reason, not the summary', () => {
    const lines = [
      '2025-11-22 11:59:22 ERROR: online migrate failure - VM 102 qmp command failed - no space',
      '2025-11-22 11:59:24 ERROR: migration finished with problems (duration 00:00:06)',
      'TASK ERROR: migration problems',
    ];

    expect(errorLine(lines)).to.equal('online migrate failure - VM 102 qmp command failed - no space');
    expect(errorLine(lines.slice(2))).to.equal('migration problems');
    expect(errorLine(['no content'])).to.equal(undefined);
  });

  it('gives no progress where there is none', () => {
    expect(progressOf([])).to.equal(undefined);
    expect(progressOf(['transferred 1.0 GiB of 0.0 B VM-state'])).to.equal(undefined);
    expect(progressOf(['migration active, transferred 20.0 GiB of 16.0 GiB VM-state, 1 MiB/s'])).to.equal(
      100,
    );
    expect(progressOf(['migration active, transferred 512.0 MiB of 1.0 GiB VM-state, 1 MiB/s'])).to.equal(50);
  });
});
