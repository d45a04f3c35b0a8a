import { expect } from 'chai';
import fc from 'fast-check';
import type { RuleBonds } from '../../../../src/controllers/balance-policy/rule-bonds.ts';
import { NO_BONDS } from '../../../../src/controllers/balance-policy/rule-bonds.ts';
import {
  type Course,
  type EndedLeg,
  type Leg,
  mayStillBecomePossible,
  type Turn,
  turnOf,
} from '../../../../src/controllers/balance-policy/step-order.ts';

const NOW = 1_000_000;

/** `101 pve1 pve2` */
function leg(text: string): Leg {
  const [vmid = '', source = '', target = ''] = text.split(' ');
  return { vmid: Number(vmid), source, target };
}

function ended(text: string, succeeded = true, secondsAgo = 0): EndedLeg {
  return { ...leg(text), succeeded, endTime: NOW - secondsAgo * 1_000 };
}

function courseOf(traits: Partial<Course>): Course {
  return { before: [], underWay: [], ended: [], bonds: NO_BONDS, proxmoxTime: NOW, ...traits };
}

const BOUND: RuleBonds = { ...NO_BONDS, shareRule: () => true };
const TOGETHER: RuleBonds = { ...BOUND, areBroughtTogether: () => true };
const APART: RuleBonds = { ...BOUND, areKeptApart: () => true };

const step = leg('101 pve1 pve2');

describe('the turn of a migration', () => {
  const turns: readonly (readonly [string, Partial<Course>, Turn['kind'], RegExp?])[] = [
    ['with nothing else to do', {}, 'Now'],
    ['beside one before it between other nodes', { before: [leg('201 pve3 pve4')] }, 'Now'],
    ['behind one that makes room for it: the room shows', { before: [leg('201 pve2 pve3')] }, 'Now'],
    [
      'behind one that takes room of its target',
      { before: [leg('201 pve3 pve2')] },
      'Waits',
      /guest 201 comes to pve2/,
    ],
    ['while one takes room of its target', { underWay: [leg('201 pve3 pve2')] }, 'Now'],
    [
      'behind the first half of the way of its guest',
      { before: [leg('101 pve3 pve1')] },
      'Waits',
      /goes to pve1 first/,
    ],
    ['during the first half of it', { underWay: [leg('101 pve3 pve1')] }, 'Waits', /on its way to pve1/],
    ['after it', { ended: [ended('101 pve3 pve1')] }, 'Now'],
    [
      'after a first half that failed',
      { ended: [ended('101 pve3 pve1', false)] },
      'Never',
      /to pve1 did not succeed/,
    ],
    ['after it was tried itself, and not begun', { ended: [ended('101 pve1 pve2', false)] }, 'Now'],
    [
      'behind a guest of one of its rules',
      { before: [leg('201 pve3 pve4')], bonds: TOGETHER },
      'Waits',
      /201 of the same rule/,
    ],
    [
      'while a guest moves that it is to be with',
      { underWay: [leg('201 pve3 pve4')], bonds: TOGETHER },
      'Waits',
      /201 of the same Affinity/,
    ],
    [
      'while a guest of another of its rules moves',
      { underWay: [leg('201 pve3 pve4')], bonds: BOUND },
      'Now',
    ],
    [
      'while a guest moves that it must not be with',
      { underWay: [leg('201 pve3 pve4')], bonds: APART },
      'Waits',
      /201 of the same AntiAffinity/,
    ],
  ];
  for (const [when, course, kind, why] of turns) {
    it(`comes ${when}: ${kind}`, () => {
      const turn = turnOf(step, courseOf(course));
      expect(turn.kind).to.equal(kind);
      if (why) expect(turn).to.have.property('why').that.matches(why);
    });
  }
});

describe('what stands against a migration', () => {
  const cases: readonly (readonly [string, Partial<Course>, boolean])[] = [
    ['when nothing else happens', {}, false],
    ['behind one that has nothing to do with it', { before: [leg('201 pve3 pve4')] }, false],
    ['behind one that leaves its target', { before: [leg('201 pve2 pve3')] }, true],
    ['while one leaves its target', { underWay: [leg('201 pve2 pve3')] }, true],
    ['just after one has left its target', { ended: [ended('201 pve2 pve3', true, 59)] }, true],
    ['once the figures show that it has', { ended: [ended('201 pve2 pve3', true, 60)] }, false],
    ['while one arrives that is counted twice', { underWay: [leg('201 pve3 pve2')] }, true],
    ['behind a guest of one of its rules', { before: [leg('201 pve3 pve4')], bonds: BOUND }, true],
    ['just after the first half of its way', { ended: [ended('101 pve3 pve1', true, 10)] }, true],
    ['while somebody else migrates its guest', { underWay: [leg('101 pve1 pve4')] }, false],
  ];
  for (const [when, course, may] of cases) {
    it(`${may ? 'may pass' : 'stays'} ${when}`, () => {
      expect(mayStillBecomePossible(step, courseOf(course))).to.equal(may);
    });
  }
});

describe('a run', () => {
  const anyLeg = fc.record({
    vmid: fc.integer({ min: 1, max: 5 }),
    source: fc.constantFrom('a', 'b', 'c'),
    target: fc.constantFrom('a', 'b', 'c'),
  });
  const anyBonds = fc.constantFrom(NO_BONDS, BOUND, TOGETHER, APART);

  it('comes to its end, whatever is prevented, and never moves two at a time that are to be apart, or are brought together', () => {
    fc.assert(
      fc.property(
        fc.array(anyLeg, { maxLength: 8 }),
        anyBonds,
        fc.infiniteStream(fc.constantFrom('Clear', 'Prevented', 'Fails')),
        fc.integer({ min: 1, max: 3 }),
        (plan, bonds, luck, limit) => {
          let remaining = [...plan];
          let underWay: readonly Leg[] = [];
          const done: EndedLeg[] = [];
          let time = NOW;
          // Each round something ends, or a minute passes, which is as long as anything waits for figures.
          for (let round = 0; round < 4 * plan.length + 4; round += 1) {
            for (const each of [...remaining]) {
              const before = remaining.slice(0, remaining.indexOf(each));
              const course = { before, underWay, ended: done, bonds, proxmoxTime: time };
              const turn = turnOf(each, course);
              if (turn.kind === 'Waits' || (turn.kind === 'Now' && underWay.length >= limit)) continue;
              const fate = luck.next().value;
              if (turn.kind === 'Now' && fate === 'Prevented' && mayStillBecomePossible(each, course))
                continue;
              if (turn.kind === 'Now' && fate !== 'Prevented') {
                if (bonds === APART || bonds === TOGETHER)
                  expect(underWay.filter(({ vmid }) => vmid !== each.vmid)).to.deep.equal([]);
                underWay = [...underWay, each];
              }
              remaining = remaining.filter((other) => other !== each);
            }
            if (remaining.length === 0) return;
            time += 60_000;
            const [first, ...rest] = underWay;
            underWay = rest;
            if (first)
              done.push({ ...first, succeeded: luck.next().value !== 'Fails', endTime: time - 60_000 });
          }
          expect(remaining).to.deep.equal([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
