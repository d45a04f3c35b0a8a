import { expect } from 'chai';
import type { BalancePolicyStatus } from '../../../../src/api/generated/balance-policy.ts';
import {
  cooldownEnd,
  liveCooldowns,
  MOST_COOLDOWNS,
  withCooldown,
  withinRest,
} from '../../../../src/controllers/balance-policy/cooldowns.ts';
import type { Outcome } from '../../../../src/controllers/balance-policy/settlement.ts';

const NOW = Date.UTC(2026, 6, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GUEST = { vmid: 100, type: 'qemu' } as const;

function rests(outcomes: readonly Outcome[], cooldownMs = HOUR): BalancePolicyStatus {
  return outcomes.reduce<BalancePolicyStatus>(
    (status, outcome) => withCooldown(status, GUEST, outcome, cooldownMs, NOW),
    {},
  );
}

function restMinutes(status: BalancePolicyStatus): number | undefined {
  const end = cooldownEnd(status, GUEST, NOW);
  return end && (end - NOW) / MINUTE;
}

describe('cooldowns', () => {
  it('leave a guest that was migrated where it is for the time of the policy', () => {
    const status = rests(['Succeeded']);

    expect(restMinutes(status)).to.equal(60);
    expect(cooldownEnd(status, GUEST, NOW + HOUR)).to.equal(undefined);
    expect(cooldownEnd(status, { vmid: 101 }, NOW)).to.equal(undefined);
  });

  it('are none where the policy wants none, or nothing happened', () => {
    expect(rests(['Succeeded'], 0).cooldowns).to.deep.equal([]);
    expect(rests(['NotStarted']).cooldowns).to.deep.equal([]);
  });

  it('grow with each failure of a guest, up to a day, and not below the cooldown of the policy', () => {
    const minutes = [1, 2, 3, 4, 12].map((times) =>
      restMinutes(rests(Array<Outcome>(times).fill('Failed'), 0)),
    );

    expect(minutes).to.deep.equal([10, 20, 40, 80, 24 * 60]);
    expect(restMinutes(rests(['Refused']))).to.equal(60);
  });

  it('forget the failures of a guest once it was migrated, or a day after its rest', () => {
    const failed = rests(['Failed', 'Failed'], 0);

    expect(restMinutes(withCooldown(failed, GUEST, 'Succeeded', HOUR, NOW))).to.equal(60);
    expect(liveCooldowns(failed, NOW + 20 * MINUTE + 23 * HOUR)).to.have.lengthOf(1);
    expect(liveCooldowns(failed, NOW + 20 * MINUTE + 24 * HOUR)).to.deep.equal([]);
  });

  it('keep one entry for a guest, and none that says nothing any more', () => {
    const other = withCooldown(rests(['Succeeded']), { vmid: 200, type: 'lxc' }, 'Succeeded', HOUR, NOW);
    const later = withCooldown(other, GUEST, 'Succeeded', HOUR, NOW + HOUR);

    expect(other.cooldowns?.map(({ vmid }) => vmid)).to.deep.equal([200, 100]);
    expect(later.cooldowns?.map(({ vmid }) => vmid)).to.deep.equal([100]);
  });

  it('never exceed what the status holds', () => {
    let status: BalancePolicyStatus = {};
    for (let vmid = 100; vmid < 100 + MOST_COOLDOWNS + 5; vmid += 1) {
      status = withCooldown(status, { vmid, type: 'qemu' }, 'Succeeded', HOUR, NOW);
    }
    expect(status.cooldowns).to.have.lengthOf(MOST_COOLDOWNS);
  });

  it('count no more failures than the status holds', () => {
    const failed = { cooldowns: [{ ...GUEST, until: '2026-07-01T00:10:00Z', failures: 1_000 }] };
    expect(withCooldown(failed, GUEST, 'Failed', HOUR, NOW).cooldowns?.[0]?.failures).to.equal(1_000);
  });

  it('last no longer than one that begins now, once the policy is evaluated', () => {
    const status = {
      cooldowns: [
        { ...GUEST, until: '2027-07-01T00:00:00Z', failures: 0 },
        { vmid: 101, type: 'qemu', until: '2027-07-01T00:00:00Z', failures: 2 },
        { vmid: 102, type: 'qemu', until: '2026-07-01T00:59:00Z', failures: 0 },
        { vmid: 103, type: 'qemu', until: 'tomorrow', failures: 0 },
      ],
    } as const;
    const within = withinRest({ cooldowns: [...status.cooldowns] }, HOUR, NOW);
    expect(within.cooldowns?.map(({ until }) => until)).to.deep.equal([
      '2026-07-01T01:00:00Z',
      '2026-07-01T01:00:00Z',
      '2026-07-01T00:59:00Z',
      'tomorrow',
    ]);
    expect(withinRest(within, HOUR, NOW)).to.deep.equal(within);
  });

  it('survive a status that was edited by hand', () => {
    const nonsense = { cooldowns: [{ ...GUEST, until: 'tomorrow', failures: 0 }] };
    expect(cooldownEnd(nonsense, GUEST, NOW)).to.equal(undefined);
    expect(liveCooldowns(nonsense, NOW)).to.deep.equal([]);
  });
});
