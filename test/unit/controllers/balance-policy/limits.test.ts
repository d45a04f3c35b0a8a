import { expect } from 'chai';
import type { MigrationEntry } from '../../../../src/api/generated/balance-policy.ts';
import { hasRoomFor, type Passage } from '../../../../src/controllers/balance-policy/concurrency.ts';
import {
  passages,
  unaccounted,
  withEntriesIncoming,
} from '../../../../src/controllers/balance-policy/under-way.ts';
import type { RunningMigration } from '../../../../src/controllers/proxmox-cluster.ts';
import { cluster, gib, guest, node } from '../../../support/cluster-model.ts';

const USER = 'balancer@pve!operator';

function entry(vmid: number, traits: Partial<MigrationEntry> = {}): MigrationEntry {
  return {
    id: `id-${vmid}`,
    vmid,
    type: 'qemu',
    name: `vm-${vmid}`,
    source: 'pve1',
    target: 'pve2',
    state: 'Running',
    identity: 'lab',
    intentTime: '2026-01-01T00:00:00Z',
    ...traits,
  };
}

function companion(vmid: number) {
  return { vmid, type: 'qemu', name: `vm-${vmid}` } as const;
}

function running(vmid: number, traits: Partial<RunningMigration> = {}): RunningMigration {
  const target: string | undefined = 'pve2';
  return {
    upid: `UPID:${vmid}`,
    vmid,
    node: 'pve1',
    type: 'qemu',
    user: USER,
    startTime: 0,
    target,
    ...traits,
  };
}

describe('hasRoomFor', () => {
  const next = { source: 'pve1', target: 'pve2' };
  const cases: readonly (readonly [string, readonly Passage[], number, number, boolean])[] = [
    ['nothing under way', [], 1, 1, true],
    ['the cluster full', [{ source: 'pve3', target: 'pve4' }], 1, 9, false],
    ['other nodes busy', [{ source: 'pve3', target: 'pve4' }], 2, 1, true],
    ['its source busy as source', [{ source: 'pve1', target: 'pve4' }], 9, 1, false],
    ['its source busy as target', [{ source: 'pve4', target: 'pve1' }], 9, 1, false],
    ['its target busy as source', [{ source: 'pve2', target: 'pve4' }], 9, 1, false],
    ['its target busy as target', [{ source: 'pve4', target: 'pve2' }], 9, 1, false],
    ['room for two on its nodes', [{ source: 'pve4', target: 'pve2' }], 9, 2, true],
    ['one that may go anywhere', [{ source: 'pve4', target: undefined }], 9, 1, false],
    ['one that may go anywhere, and room for two', [{ source: 'pve4', target: undefined }], 9, 2, true],
  ];
  for (const [name, underWay, total, perNode, expected] of cases) {
    it(`with ${name} is ${expected}`, () => {
      expect(hasRoomFor(next, underWay, { total, perNode })).to.equal(expected);
    });
  }
});

describe('hasRoomFor guests that move together', () => {
  const pair = { source: 'pve1', target: 'pve2', companions: [{}] };
  const other = { source: 'pve3', target: 'pve4' };
  const cases: readonly (readonly [string, readonly Passage[], number, number, boolean])[] = [
    ['room for both', [], 2, 2, true],
    ['room for both beside others', [other], 3, 2, true],
    ['room for one of them', [other], 2, 2, false],
    ['room for one of them on its source', [{ source: 'pve1', target: 'pve4' }], 9, 2, false],
    ['room for one of them on its target', [{ source: 'pve4', target: 'pve2' }], 9, 2, false],
    ['limits for one, and nothing under way', [], 1, 1, true],
    ['nodes for one, and nothing under way', [], 2, 1, true],
    ['nodes for one, and others under way elsewhere', [other], 9, 1, false],
  ];
  for (const [name, underWay, total, perNode, expected] of cases) {
    it(`with ${name} is ${expected}`, () => {
      expect(hasRoomFor(pair, underWay, { total, perNode })).to.equal(expected);
    });
  }
});

describe('passages', () => {
  it('count each guest that moves along, and its task as none more', () => {
    const group = entry(100, { companions: [companion(101), companion(102)] });
    const root = { user: 'root@pam' };
    const tasks = [running(100, root), running(101, root), running(103, root)];
    expect(passages([group], tasks)).to.have.lengthOf(4);
    // The same guest on its way from elsewhere is another matter.
    expect(passages([group], [running(101, { node: 'pve3' })])).to.have.lengthOf(4);
  });

  it('count a migration once, however it is known', () => {
    const entries = [entry(100, { upid: 'UPID:100' }), entry(101), entry(102, { state: 'Pending' })];
    const tasks = [running(100), running(101), running(200, { node: 'pve3', target: undefined })];
    expect(passages(entries, tasks)).to.deep.equal([
      { source: 'pve1', target: 'pve2' },
      { source: 'pve1', target: 'pve2' },
      { source: 'pve1', target: 'pve2' },
      { source: 'pve3', target: undefined },
    ]);
  });
});

describe('unaccounted', () => {
  const none = new Set<string>();

  it('are not the tasks of guests that move along, though they are of our user', () => {
    const group = entry(100, { companions: [companion(101)] });
    expect(unaccounted([group], [running(100), running(101)], USER, none)).to.deep.equal([]);
    expect(unaccounted([group], [running(102)], USER, none)).to.have.lengthOf(1);
  });

  it('are tasks of our user that no entry names', () => {
    expect(unaccounted([], [running(100)], USER, none)).to.have.lengthOf(1);
    expect(unaccounted([entry(100, { upid: 'UPID:100' })], [running(100)], USER, none)).to.deep.equal([]);
    expect(unaccounted([], [running(100, { user: 'root@pam' })], USER, none)).to.deep.equal([]);
  });

  it('are not what an entry without a task may be, nor what is known to have ended', () => {
    expect(unaccounted([entry(100, { state: 'Pending' })], [running(100)], USER, none)).to.deep.equal([]);
    expect(unaccounted([], [running(100)], USER, new Set(['UPID:100']))).to.deep.equal([]);
  });
});

describe('withEntriesIncoming', () => {
  it('counts each guest that moves along until it is there', () => {
    const model = cluster({
      nodes: [node('pve1'), node('pve2')],
      guests: [
        guest(100, 'pve2', { memoryBytes: gib(4) }),
        guest(101, 'pve1', { memoryBytes: gib(3) }),
        guest(102, 'pve1', { memoryBytes: gib(2) }),
      ],
      incoming: [{ node: 'pve2', vmid: 102, bytes: gib(2) }],
    });
    const group = entry(100, { companions: [companion(101), companion(102)] });
    expect(withEntriesIncoming({ cluster: model }, [group]).incoming).to.deep.equal([
      { node: 'pve2', vmid: 102, bytes: gib(2) },
      { node: 'pve2', vmid: 101, bytes: gib(3) },
    ]);
  });

  const base = cluster({
    nodes: [node('pve1'), node('pve2')],
    guests: [guest(100, 'pve1', { memoryBytes: gib(4) })],
  });

  it('counts the memory of an entry whose task the cluster does not show', () => {
    expect(withEntriesIncoming({ cluster: base }, [entry(100)]).incoming).to.deep.equal([
      { node: 'pve2', vmid: 100, bytes: gib(4) },
    ]);
  });

  it('counts what the record has of a guest that cannot be read at the moment', () => {
    const detail = 'its node has no statistics of it';
    const unread = { ...base, guests: [], unreadable: [{ vmid: 100, node: 'pve1', detail }] };
    expect(withEntriesIncoming({ cluster: unread }, [entry(100, { memory: '4Gi' })]).incoming).to.deep.equal([
      { node: 'pve2', vmid: 100, bytes: gib(4) },
    ]);
    // Rules keep others from where it goes, whatever it takes along.
    for (const traits of [{ memory: '0' }, {}]) {
      expect(withEntriesIncoming({ cluster: unread }, [entry(100, traits)]).incoming).to.deep.equal([
        { node: 'pve2', vmid: 100, bytes: 0 },
      ]);
    }
  });

  it('counts none twice, and none that has arrived', () => {
    const shown = { ...base, incoming: [{ node: 'pve2', vmid: 100, bytes: gib(4) }] };
    expect(withEntriesIncoming({ cluster: shown }, [entry(100)])).to.equal(shown);
    const arrived = { ...base, guests: [guest(100, 'pve2')] };
    expect(withEntriesIncoming({ cluster: arrived }, [entry(100)])).to.equal(arrived);
  });
});
