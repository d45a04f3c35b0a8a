import { expect } from 'chai';
import {
  conditionOf,
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SPEC = { interval: '1m', migration: { concurrency: { total: 1, perNode: 1 } } };
const YEAR_BEFORE = '2025-01-01T00:00:00Z';

/** Two policies on one cluster, `old` being the older. */
function begin(): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('young', { spec: SPEC });
  world.apply('old', { spec: SPEC, creationTimestamp: YEAR_BEFORE });
  return world;
}

describe('several policies on one cluster', () => {
  it('never migrate at the same time: the oldest does, the other says which', async () => {
    const world = begin();
    expect(await world.run(HOUR_MS, () => isBalanced(world, 'old') && isBalanced(world, 'young'))).to.equal(
      true,
    );
    expectSoundRecord(world, ['old', 'young']);
    expect(history(world, 'young')).to.deep.equal([]);
    expect(history(world, 'old')).to.have.lengthOf(6);
    const held = world.api.calls.filter(
      ({ call, body }) =>
        call === 'applyStatus' && JSON.stringify(body).includes("'lab/old' has the cluster"),
    );
    expect(held).to.have.lengthOf.above(0);
  });

  it('keep to it also while the oldest finds nothing to migrate', async () => {
    const world = begin();
    world.apply('old', { spec: { ...SPEC, tolerance: '100%' } });
    await world.run(HOUR_MS);

    expect(isBalanced(world, 'old')).to.equal(true);
    expect(conditionOf(world, 'Ready', 'young')).to.equal('True ClusterHeld');
    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('keep to it while the caches are late', async () => {
    const world = begin();
    // What the caches show is what was true before anything happened.
    const stale = structuredClone(world.api.all('BalancePolicy')) as ReturnType<
      NonNullable<PolicyWorld['cachedPolicies']>
    >;
    world.cachedPolicies = () => stale;
    await world.run(20 * MINUTE_MS);
    expect(history(world, 'young')).to.deep.equal([]);
    expectSoundRecord(world, ['old', 'young']);
  });

  it('keep to it while the caches do not show yet what one has begun', async () => {
    const world = createPolicyWorld();
    world.proxmox.course(100, { milliseconds: 10 * MINUTE_MS });
    world.apply('young', { spec: SPEC });
    const stale = [structuredClone(world.policy('young'))];
    await world.run(5_000);
    expect(inFlight(world, 'young')).to.have.lengthOf(1);
    world.cachedPolicies = () => stale;
    world.apply('old', { spec: SPEC, creationTimestamp: YEAR_BEFORE });
    await world.run(5 * MINUTE_MS);
    expect(conditionOf(world, 'Ready', 'old')).to.equal('True ClusterHeld');
    expect(world.proxmox.requests).to.have.lengthOf(1);
  });

  it('keep to it when one that migrates is older than one that does not', async () => {
    const world = createPolicyWorld();
    world.apply('young', { spec: SPEC });
    world.proxmox.course(100, { milliseconds: 10 * MINUTE_MS });
    await world.run(5_000);
    world.apply('old', { spec: SPEC, creationTimestamp: YEAR_BEFORE });
    await world.run(9 * MINUTE_MS);
    expect(conditionOf(world, 'Ready', 'old')).to.equal('True ClusterHeld');
    expect(messageOf(world, 'Ready', 'old')).to.contain('lab/young');
    world.restart();
    await world.run(1_000);
    expect(conditionOf(world, 'Ready', 'old')).to.equal('True ClusterHeld');
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(await world.run(HOUR_MS, () => isBalanced(world, 'old'))).to.equal(true);
    expectSoundRecord(world, ['old', 'young']);
  });

  for (const historyLimit of [50, 0]) {
    it(`hand over when the one is suspended, after what it has under way and the time it takes to see it, with ${historyLimit} in its history`, async () => {
      const world = begin();
      world.apply('old', { spec: { ...SPEC, historyLimit } });
      await world.run(5_000);
      expect(inFlight(world, 'old')).to.have.lengthOf(1);
      world.apply('old', { spec: { ...SPEC, historyLimit, suspend: true } });
      let first: number | undefined;
      const { onStart } = world.proxmox;
      world.proxmox.onStart = (request) => {
        first ??= world.proxmox.now();
        onStart(request);
      };
      // Asked again and again, so that it begins as soon as it may.
      for (let second = 0; second < 120 && first === undefined; second += 1) {
        world.apply('young', { annotations: { 'pve-cslb.io/requested-at': String(second) } });
        await world.run(1_000);
      }
      expect(outcomes(world, 'old')).to.deep.equal(historyLimit === 0 ? [] : ['100 Succeeded']);
      const end = world.proxmox.tasks[0]?.endTime ?? 0;
      expect((first ?? 0) - end).to.be.at.least(25_000);
      expect(await world.run(HOUR_MS, () => isBalanced(world, 'young'))).to.equal(true);
      if (historyLimit > 0) expectSoundRecord(world, ['old', 'young']);
    });
  }

  it('hand over when the one has something to do that only a person can mend', async () => {
    const world = begin();
    // Past the validation of the API server.
    const broken = world.policy('old');
    world.api.put({ ...broken, spec: { ...broken.spec, weights: { cpu: 0, memory: 0 } } });
    await world.run(5 * MINUTE_MS);
    expect(conditionOf(world, 'Stalled', 'old')).to.equal('True InvalidSpec');
    expect(history(world, 'young')).to.have.lengthOf.above(0);
  });

  for (const [what, spec, status] of [
    ['waits for approval', { mode: 'Approve' }, {}],
    ['waits for the imbalance to last', { stabilization: { window: '10h' } }, {}],
    ['pauses after failures', {}, { history: ['a', 'b', 'c'].map(failedAt) }],
    ['has no room for cooldowns', {}, { cooldowns: Array.from({ length: 1_000 }, rests) }],
    ['is a dry run', { mode: 'DryRun' }, {}],
  ] as const) {
    it(`do not wait for one that ${what}`, async () => {
      const world = begin();
      world.apply('old', { spec: { ...SPEC, ...spec } });
      world.editStatus('old', () => status);
      await world.run(10 * MINUTE_MS);
      expect(history(world, 'young')).to.have.lengthOf.above(0);
    });
  }

  it('wait for one that is being deleted and has something under way, and no longer', async () => {
    const world = begin();
    await world.run(5_000);
    expect(inFlight(world, 'old')).to.have.lengthOf(1);
    world.markDeleted('old');
    expect(await world.run(HOUR_MS, () => isBalanced(world, 'young'))).to.equal(true);
    expect(history(world, 'old')).to.have.lengthOf(1);
    expectSoundRecord(world, ['old', 'young']);
  });

  for (const [what, spec, holds] of [
    ['migrates', {}, true],
    ['waits for approval', { mode: 'Approve' }, false],
    ['is outside its windows', { windows: [{ schedule: '0 9 * * *', duration: '1h' }] }, false],
  ] as const) {
    it(`are ${holds ? '' : 'not '}held by one with a rule that cannot be kept and that ${what}`, async () => {
      const world = begin();
      const rules = [{ name: 'gone', type: 'Pin', guests: { vmids: [300] }, nodes: ['pve99'] }];
      world.apply('old', { spec: { ...SPEC, ...spec, placement: { rules } } });
      await world.run(20 * MINUTE_MS);
      expect(conditionOf(world, 'Stalled', 'old')).to.equal('True RuleConflict');
      expect(history(world, 'old').length > 0).to.equal(holds);
      expect(history(world, 'young').length > 0).to.equal(!holds);
    });
  }

  it('are not held by one whose entries are of another physical cluster', async () => {
    const world = begin();
    await world.run(5_000);
    world.proxmox.identity = 'other CC:DD';
    world.setCluster('Ready');
    await world.run(30 * MINUTE_MS);
    expect(conditionOf(world, 'Stalled', 'old')).to.equal('True ClusterChanged');
    expect(history(world, 'young')).to.have.lengthOf.above(0);
  });

  it('begin nothing on another physical cluster of what was planned for the one before', async () => {
    const world = createPolicyWorld();
    // They keep the sources busy, so that the run has to wait.
    for (const vmid of [105, 205]) world.proxmox.startForeign(vmid, 'pve5', { milliseconds: 5 * MINUTE_MS });
    world.apply('lab', { spec: { ...SPEC, interval: '1h' } });
    await world.run(MINUTE_MS);
    expect(messageOf(world, 'Ready')).to.contain('to come');
    world.proxmox.identity = 'other CC:DD';
    world.setCluster('Ready');
    await world.run(20 * MINUTE_MS);

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(messages(world)).to.match(/not begun: .*another physical cluster/);
  });

  it('count what a policy has under way whose own PveCluster is not ready', async () => {
    const world = createPolicyWorld();
    world.putCluster('twin');
    world.setCluster('Ready', 'twin');
    world.proxmox.course(100, { milliseconds: 10 * MINUTE_MS });
    world.apply('twin', { spec: { ...SPEC, clusterRef: { name: 'twin' } } });
    await world.run(5_000);
    expect(inFlight(world, 'twin')).to.have.lengthOf(1);
    const { uid, generation = 1 } = world.api.read('PveCluster', 'lab/twin')?.metadata ?? { uid: '' };
    world.setCluster(
      { kind: 'NotReady', uid, generation, reason: 'DuplicateCluster', message: "'lab/lab' is older" },
      'twin',
    );
    world.apply('lab', { spec: SPEC });
    await world.run(5 * MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('True ClusterHeld');
    expect(world.proxmox.requests).to.have.lengthOf(1);
  });
});

describe('a guest with an open entry', () => {
  it('is not posted by another policy, not even in the middle of its run', async () => {
    const world = createPolicyWorld();
    const spec = { interval: '1m', migration: { concurrency: { total: 6, perNode: 2 } } };
    world.apply('other', { spec: { ...spec, mode: 'DryRun' } });
    // They keep pve2 busy, so that 200 has to wait.
    for (const vmid of [205, 206]) world.proxmox.startForeign(vmid, 'pve5', { milliseconds: 15_000 });
    world.apply('lab', { spec });
    await world.run(5_000);
    const [entry] = inFlight(world);
    if (!entry) throw new Error('nothing is under way');
    const { upid: _, ...intent } = entry;
    const open = {
      ...intent,
      id: 'open',
      vmid: 200,
      name: 'vm-200',
      source: 'pve2',
      target: 'pve6',
      state: 'Pending',
    };
    world.editStatus('other', (status) => ({ ...status, migrations: [open] }));
    await world.run(50_000);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([100]);
    expect(messages(world)).to.match(/200.*is not over/);
  });
});

function failedAt(id: string) {
  const guest = { vmid: 100, type: 'qemu', name: 'vm-100', source: 'pve1', target: 'pve3' } as const;
  // Half a minute ahead of the clock of the cluster, whose nodes' may be apart.
  return { id, ...guest, outcome: 'Failed', endTime: '2026-01-01T07:00:30Z' };
}

function rests(_: unknown, index: number) {
  return { vmid: 10_000 + index, type: 'qemu', until: '2026-01-01T01:00:00Z', failures: 0 };
}

function messages(world: PolicyWorld): string {
  return world.events.map(({ message }) => message).join('\n');
}

describe('migrations of others', () => {
  it('by our own user keep the policy from acting until they have ended', async () => {
    const world = createPolicyWorld();
    world.apply('lab', { spec: { ...SPEC, mode: 'DryRun' } });
    await world.run(1_000);
    world.proxmox.startForeign(300, 'pve4', { user: world.proxmox.user, milliseconds: 5 * MINUTE_MS });
    world.apply('lab', { spec: SPEC });
    await world.run(4 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('False ForeignMigrations');
    expect(messageOf(world, 'Ready')).to.contain('guest 300');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(history(world)).to.have.lengthOf(world.proxmox.tasks.length - 1);
  });

  it('by our own user, begun during a run, end it', async () => {
    const world = createPolicyWorld();
    world.apply('lab', { spec: SPEC });
    await world.run(5_000);
    world.proxmox.startForeign(300, 'pve4', { user: world.proxmox.user, milliseconds: 5 * MINUTE_MS });
    await world.run(4 * MINUTE_MS);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(conditionOf(world, 'Ready')).to.equal('False ForeignMigrations');
  });

  it('are not taken for such while the cluster still lists a task of ours that has ended', async () => {
    const world = createPolicyWorld();
    world.apply('lab', { spec: SPEC });
    await world.run(5_000);
    const [task] = world.proxmox.tasks;
    world.proxmox.lingering.add(task?.upid ?? '');
    await world.run(30_000);
    world.proxmox.lingering.clear();
    expect(world.events.map(({ reason }) => reason)).to.not.include('MigrationsDropped');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });
});
