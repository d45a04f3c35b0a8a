import { expect } from 'chai';
import {
  conditionOf,
  expectSoundRecord,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const APPROVE = 'pve-cslb.io/approve';

async function begin(spec: object = {}): Promise<PolicyWorld> {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { mode: 'Approve', interval: '1m', ...spec } });
  await world.run(2 * MINUTE);
  return world;
}

function lock(world: PolicyWorld, vmid: number): void {
  Object.assign(world.proxmox.guests.get(vmid) ?? {}, { lock: 'backup' });
}

function planOf(world: PolicyWorld): string {
  return world.policy().status?.plan?.id ?? 'none';
}

function approve(world: PolicyWorld, plan: string, spec?: object): void {
  world.apply('lab', {
    annotations: { [APPROVE]: plan },
    ...(spec && { spec: { mode: 'Approve', interval: '1m', ...spec } }),
  });
}

describe('a policy with the mode Approve', () => {
  it('shows its plan and waits, saying how to approve it', async () => {
    const world = await begin();

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('True AwaitingApproval');
    expect(conditionOf(world, 'Balanced')).to.equal('False Imbalanced');
    expect(messageOf(world, 'Ready')).to.include(`${APPROVE}=${planOf(world)}`);
  });

  it('keeps its plan from one evaluation to the next, and tells of it once', async () => {
    const world = await begin();
    const plan = world.policy().status?.plan;
    await world.run(30 * MINUTE);

    expect(world.policy().status?.plan).to.deep.equal(plan);
    expect(world.events.filter(({ reason }) => reason === 'Planned')).to.have.lengthOf(1);
  });

  it('carries out exactly the approved plan, once, and plans anew after it', async () => {
    const world = await begin();
    const plan = planOf(world);
    const moves = world.policy().status?.plan?.migrations.map(({ vmid }) => vmid);
    approve(world, plan);
    await world.run(HOUR, () => outcomes(world).length === moves?.length);
    await world.run(5 * MINUTE);

    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal(moves);
    expect(world.policy().status?.lastHandledApproval).to.equal(plan);
    expect(planOf(world)).to.not.equal(plan);
    expect(conditionOf(world, 'Ready')).to.equal('True AwaitingApproval');
    expect(messageOf(world, 'Ready')).to.not.include('is for another plan');
    expectSoundRecord(world);
  });

  it('balances the cluster with one approval after the other', async () => {
    const world = await begin();
    for (let approvals = 0; approvals < 5 && !isBalanced(world); approvals += 1) {
      approve(world, planOf(world));
      await world.run(
        HOUR,
        () => isBalanced(world) || conditionOf(world, 'Ready') === 'True AwaitingApproval',
      );
      await world.run(2 * MINUTE);
    }
    expect(isBalanced(world)).to.equal(true);
  });

  it('ignores the approval of any other plan, and says so', async () => {
    for (const nonsense of ['1-000000000000', '', 'yes, please! '.repeat(500)]) {
      const world = await begin();
      const plan = planOf(world);
      approve(world, nonsense);
      await world.run(5 * MINUTE);

      expect(world.proxmox.requests).to.deep.equal([]);
      expect(planOf(world)).to.equal(plan);
      expect(messageOf(world, 'Ready')).to.include('is for another plan');
    }
  });

  it('has another plan after a run that was cut off, which can be approved in its turn', async () => {
    const world = await begin({ migration: { concurrency: { total: 1, perNode: 1 } } });
    const plan = planOf(world);
    approve(world, plan);
    await world.run(MINUTE, () => world.proxmox.requests.length > 0);
    world.restart();
    await world.run(10 * MINUTE);

    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(planOf(world)).to.not.equal(plan);
    approve(world, planOf(world));
    await world.run(10 * MINUTE);
    expect(world.proxmox.requests.length).to.be.greaterThan(1);
  });

  it('does not take an approval twice, not even after a restart', async () => {
    const world = await begin();
    approve(world, planOf(world));
    await world.run(MINUTE, () => world.proxmox.requests.length > 0);
    world.restart();
    await world.run(HOUR);
    const requests = world.proxmox.requests.length;
    world.restart();
    await world.run(HOUR);

    expect(world.proxmox.requests).to.have.lengthOf(requests);
    expect(conditionOf(world, 'Ready')).to.equal('True AwaitingApproval');
  });

  it('plans anew when its plan has waited too long, or the spec has changed', async () => {
    const world = await begin({ approvalTimeout: '30m' });
    const first = planOf(world);
    await world.run(40 * MINUTE);
    const second = planOf(world);
    approve(world, first);
    await world.run(5 * MINUTE);

    expect(second).to.not.equal(first);
    expect(world.proxmox.requests).to.deep.equal([]);

    approve(world, second, { approvalTimeout: '30m', maxMigrations: 1 });
    await world.run(5 * MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(world.policy().status?.plan?.migrations).to.have.lengthOf(1);
  });

  for (const [what, spec] of [
    ['its window opens', { windows: [{ schedule: '0 3 * * *', duration: '1h', timeZone: 'UTC' }] }],
    ['it is resumed', { suspend: true }],
    ['the imbalance has lasted', { stabilization: { window: '10h', guestCooldown: '1h' } }],
  ] as const) {
    it(`looks no more often at a plan that was approved before ${what}`, async () => {
      const world = await begin({ interval: '10m', ...spec });
      approve(world, planOf(world));
      const { reconciles } = world;
      await world.run(HOUR);

      expect(world.proxmox.requests).to.deep.equal([]);
      expect(world.policy().status?.lastHandledApproval).to.equal(undefined);
      expect(world.reconciles - reconciles).to.be.within(5, 10);
    });
  }

  it('plans anew when it is suspended or resumed', async () => {
    const world = await begin({ suspend: true });
    const plan = planOf(world);
    approve(world, plan);
    await world.run(5 * MINUTE);
    expect(planOf(world)).to.equal(plan);
    world.apply('lab', { spec: { mode: 'Approve', interval: '1m' } });
    await world.run(5 * MINUTE);

    expect(planOf(world)).to.not.equal(plan);
    expect(conditionOf(world, 'Ready')).to.equal('True AwaitingApproval');
    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('carries out what was approved before its window, once that opens', async () => {
    const windows = [{ schedule: '0 3 * * *', duration: '1h', timeZone: 'UTC' }];
    const world = await begin({ interval: '10m', windows });
    const plan = planOf(world);
    approve(world, plan);
    await world.run(4 * HOUR);

    expect(world.policy().status?.lastHandledApproval).to.equal(plan);
    expect(world.proxmox.requests).to.have.lengthOf(2);
  });

  it('gives up its plan once the cluster is balanced, or none of its moves is possible', async () => {
    const tolerant = await begin();
    tolerant.apply('lab', { spec: { mode: 'Approve', interval: '1m', tolerance: '100%' } });
    await tolerant.run(5 * MINUTE);
    expect(tolerant.policy().status?.plan).to.equal(undefined);
    expect(conditionOf(tolerant, 'Ready')).to.equal('True Balanced');

    const world = await begin();
    const first = planOf(world);
    for (const { vmid } of world.policy().status?.plan?.migrations ?? []) lock(world, vmid);
    await world.run(5 * MINUTE);
    expect(planOf(world)).to.not.equal(first);
  });

  it('does not carry out a plan that was changed in the status by hand', async () => {
    const world = await begin();
    const plan = planOf(world);
    world.editStatus('lab', (status) => ({
      ...status,
      plan: status.plan && {
        ...status.plan,
        migrations: status.plan.migrations.map((migration) => ({ ...migration, target: 'pve6' })),
      },
    }));
    approve(world, plan);
    await world.run(5 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(planOf(world)).to.not.equal(plan);
    expect(messageOf(world, 'Ready')).to.include('is for another plan');
  });

  it('keeps its plan while too little of the cluster is known to judge it', async () => {
    const world = await begin();
    const plan = planOf(world);
    for (const node of ['pve3', 'pve4', 'pve5', 'pve6']) world.proxmox.unknownNodes.add(node);
    await world.run(3 * MINUTE);
    expect(conditionOf(world, 'Ready')).to.equal('False DataIncomplete');
    expect(planOf(world)).to.equal(plan);
    approve(world, plan);
    await world.run(3 * MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
    world.proxmox.unknownNodes.clear();
    await world.run(5 * MINUTE);

    expect(world.policy().status?.lastHandledApproval).to.equal(plan);
    expect(world.proxmox.requests).to.have.lengthOf(2);
  });

  it('carries out an approved plan at once, whatever else there is to say of the policy', async () => {
    const world = await begin({
      interval: '10h',
      placement: { rules: [{ name: 'gone', type: 'Pin', guests: { vmids: [300] }, nodes: ['pve99'] }] },
    });
    expect(conditionOf(world, 'Ready')).to.equal('False RuleConflict');
    approve(world, planOf(world));
    await world.run(5 * MINUTE);

    expect(world.proxmox.requests).to.have.lengthOf(2);
  });

  it('drops the approved moves that are not possible any more, and carries out the others', async () => {
    const world = await begin();
    lock(world, 100);
    approve(world, planOf(world));
    await world.run(10 * MINUTE, () => outcomes(world).length === 1);
    await world.run(MINUTE);

    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([200]);
  });
});
