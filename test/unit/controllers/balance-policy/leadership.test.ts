import { expect } from 'chai';
import { conditionOf, history, inFlight, isBalanced, outcomes } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function begin(): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { interval: '1m' } });
  return world;
}

describe('an operator that is not certain to lead', () => {
  it('plans, says so, and begins nothing until it is certain again', async () => {
    const world = begin();
    world.leadership = { isCertain: () => false };
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(inFlight(world)).to.deep.equal([]);
    expect(history(world)).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('False LeadershipUncertain');
    expect(world.policy().status?.plan?.migrations.map(({ vmid }) => vmid)).to.deep.equal([100, 200]);
    expect(world.events.filter(({ reason }) => reason === 'LeadershipUncertain')).to.have.length(1);

    world.leadership = { isCertain: () => true };
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(conditionOf(world, 'Ready')).to.match(/^True/);
    expect(world.violations).to.deep.equal([]);
  });

  it('does not post what it has recorded when the doubt comes in between, and knows that it did not', async () => {
    const world = begin();
    let questions = 0;
    // Certain at the intent, not any more at the POST.
    world.leadership = {
      isCertain: () => {
        questions += 1;
        return questions !== 2;
      },
    };
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    const [first, ...others] = outcomes(world);
    expect(first).to.equal('100 NotStarted');
    expect(others).to.include('100 Succeeded');
    expect(others.filter((outcome) => outcome !== '100 Succeeded')).to.not.include('100 NotStarted');
    expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.length(1);
    expect(world.violations).to.deep.equal([]);
  });

  it('leaves the record of what it did not post to whoever leads next', async () => {
    const world = begin();
    let questions = 0;
    world.leadership = {
      isCertain: () => {
        questions += 1;
        return questions === 1;
      },
    };
    await world.run(MINUTE_MS, () => questions === 2);
    expect(inFlight(world)[0]).to.deep.include({ vmid: 100, state: 'Pending' });
    world.restart();
    world.leadership = { isCertain: () => true };
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(outcomes(world)[0]).to.equal('100 NotStarted');
    expect(world.violations).to.deep.equal([]);
  });
});
