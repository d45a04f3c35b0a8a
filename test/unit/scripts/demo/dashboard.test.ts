import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { dashboard } from '../../../../scripts/demo/dashboard.ts';
import { observe } from '../../../../scripts/demo/observation.ts';
import type { BalancePolicyStatus } from '../../../../src/api/generated/balance-policy.ts';
import { styleFor } from '../../../../src/commands/style.ts';
import { demoPolicy, endedEntry, runningEntry } from '../../../support/demo-policy.ts';

const plain = styleFor({ env: {}, isTerminal: false });
const colored = styleFor({ env: {}, isTerminal: true });

const NODES: BalancePolicyStatus['nodes'] = [
  { name: 'pve1', weight: 400, cpu: '34.5%', memory: '76.2%', guests: 18, role: 'Source' },
  { name: 'pve2', weight: 100, cpu: '9.6%', memory: '23.9%', guests: 6, role: 'Target' },
];
const IMBALANCE = { value: '61.5%', tolerance: '20.0%', mean: '200.0', deviation: '131.0' };

function screenOf(status: BalancePolicyStatus, size = { columns: 80, rows: 24 }, style = plain): string[] {
  return dashboard(observe(undefined, demoPolicy(status)), size, style);
}

describe("the demo's dashboard", () => {
  it('shows weights as bars, the heaviest the longest, with the mean marked', () => {
    const [, heavy = '', light = ''] = screenOf({ nodes: NODES, imbalance: IMBALANCE });
    const length = (line: string): number => [...line].filter((character) => character === '█').length;
    expect(length(heavy)).to.be.greaterThan(20);
    expect(length(light)).to.equal(Math.floor(length(heavy) / 4));
    expect(light.indexOf('╎')).to.equal('pve2  Target   '.length + Math.round(length(heavy) / 2));
    expect(heavy).to.not.include('╎');
  });

  it('says how the imbalance went, what is tolerated and what the policy says', () => {
    const balanced = {
      type: 'Balanced',
      status: 'False',
      reason: 'Migrating',
      message: '2 migrations under way.',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    } as const;
    const first = observe(
      undefined,
      demoPolicy({ lastEvaluationTime: '2026-01-01T00:00:00Z', imbalance: IMBALANCE, nodes: NODES }),
    );
    const second = observe(
      first,
      demoPolicy({
        lastEvaluationTime: '2026-01-01T00:00:10Z',
        imbalance: { ...IMBALANCE, value: '48.0%' },
        nodes: NODES,
        conditions: [balanced],
      }),
    );
    const text = dashboard(second, { columns: 80, rows: 24 }, plain).join('\n');
    expect(text).to.include('Imbalance  61.5% → 48.0%, tolerated 20.0%');
    expect(text).to.include('Balanced   False  2 migrations under way.');
  });

  it('shows running migrations with their progress before those that ended', () => {
    const text = screenOf({
      nodes: NODES,
      migrations: [runningEntry(101, { progress: '50%', memory: '9.5Gi' })],
      history: [endedEntry(102), endedEntry(103, { outcome: 'Failed' })],
    }).slice(-3);
    expect(text[0]).to.match(/^qemu\/101 {2}vm-101 {2}pve1 → pve2 {3}9\.5Gi {2}█{8} {9}50%$/);
    expect(text[1]).to.match(/^qemu\/102 .*Succeeded 1m35s$/);
    expect(text[2]).to.match(/^qemu\/103 .*Failed 1m35s$/);
  });

  it('fills the bar of a node that is overloaded, whose weight is not known', () => {
    const [, line = ''] = screenOf({ nodes: [{ name: 'pve1', guests: 3, role: 'Overloaded' }] });
    expect(line).to.match(/^pve1 {2}Overloaded {2}█+ {2,}- /);
  });

  it('can be drawn before the policy was evaluated', () => {
    expect(screenOf({}).join('\n')).to.include('Imbalance  not known yet');
  });

  it('fits the terminal', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 76, max: 200 }),
        fc.integer({ min: 15, max: 60 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 50 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.boolean(),
        (columns, rows, nodes, running, ended, message, inColor) => {
          const words = message.replaceAll(/\S{40}/gu, '$& ');
          const lines = screenOf(
            {
              imbalance: IMBALANCE,
              nodes: Array.from({ length: nodes }, (_, index) => ({
                name: `pve${index}`,
                weight: 100 + index,
                cpu: '100.0%',
                memory: '100.0%',
                guests: 120,
                role: 'Overloaded' as const,
              })),
              migrations: Array.from({ length: running }, (_, index) =>
                runningEntry(index, { progress: '100%' }),
              ),
              history: Array.from({ length: ended }, (_, index) => endedEntry(1000 + index)),
              conditions: [
                {
                  type: 'Balanced',
                  status: 'Unknown',
                  reason: 'DataIncomplete',
                  message: words,
                  lastTransitionTime: '2026-01-01T00:00:00Z',
                },
              ],
            },
            { columns, rows },
            inColor ? colored : plain,
          );
          expect(lines.length).to.be.at.most(rows);
          for (const line of lines) {
            expect(stripVTControlCharacters(line).length, line).to.be.below(columns);
          }
        },
      ),
    );
  });
});
