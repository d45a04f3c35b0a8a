import { expect } from 'chai';
import type { GuestExamination } from '../../../../src/balancing/guest-examination.ts';
import { evaluate } from '../../../../src/controllers/balance-policy/evaluate.ts';
import { OperatorError } from '../../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../../src/lib/virtual-clock.ts';
import { cluster, examined, gib, guest, node, settings } from '../../../support/cluster-model.ts';
import { operatorError } from '../../../support/proxmox-client.ts';

/** pve1 is heavy; of its guests 101 is the lightest, then 102, 103, 104. */
const model = cluster({
  nodes: [node('pve1', { load: 13 }), node('pve2'), node('pve3')],
  guests: [101, 102, 103, 104].map((vmid, index) => guest(vmid, 'pve1', { memoryBytes: gib(1 + index / 4) })),
});

async function evaluated(findings: Readonly<Record<number, GuestExamination>>) {
  const looked: number[] = [];
  const look = async ({ vmid }: { readonly vmid: number }) => {
    looked.push(vmid);
    return findings[vmid] ?? examined();
  };
  const plan = await evaluate(model, settings(), look, createVirtualClock());
  return { plan, looked, moves: plan.migrations.map(({ vmid, target }) => `${vmid} ${target}`) };
}

describe('an evaluation', () => {
  it('looks at the guests it wants to move, and at no others', async () => {
    const { moves, looked } = await evaluated({});
    expect(moves).to.deep.equal(['101 pve2']);
    expect(looked).to.deep.equal([101]);
  });

  it('takes the next guest for one that may not move, and says why', async () => {
    const { plan, moves, looked } = await evaluated({
      101: examined({ devices: ['usb0'] }),
      102: { kind: 'Unread', detail: 'timed out' },
    });
    expect(moves).to.deep.equal(['103 pve2']);
    expect(looked).to.deep.equal([101, 102, 103]);
    expect(plan.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([
      [101, 'Passthrough'],
      [102, 'NotExamined'],
    ]);
  });

  it('takes the next target for one that the guest may not go to', async () => {
    const refusals = [{ node: 'pve2', reasons: ['its storage is missing'] }];
    const { moves, looked } = await evaluated({ 101: examined({ refusals }) });
    expect(moves).to.deep.equal(['101 pve3']);
    expect(looked).to.deep.equal([101]);
  });

  it('looks at 100 guests at most, says so of the others, and gets further each time', async () => {
    const crowd = cluster({
      nodes: [node('pve1', { load: 13 }), node('pve2'), node('pve3')],
      guests: Array.from({ length: 250 }, (_, index) => guest(100 + index, 'pve1', { memoryBytes: gib(1) })),
    });
    const held = new Map<number, GuestExamination>();
    async function look() {
      const looked: number[] = [];
      const examine = async ({ vmid }: { readonly vmid: number }) => {
        looked.push(vmid);
        return vmid < 320 ? examined({ devices: ['hostpci0'] }) : examined();
      };
      const plan = await evaluate(crowd, settings(), examine, createVirtualClock(), { most: 100, held });
      const later = plan.skipped.filter(({ block }) => block === 'NotExamined');
      return { looked: looked.length, later: later.length, moves: plan.migrations.map(({ vmid }) => vmid) };
    }
    expect(await look()).to.deep.equal({ looked: 100, later: 150, moves: [] });
    expect(await look()).to.deep.equal({ looked: 100, later: 50, moves: [] });
    expect(await look()).to.deep.equal({ looked: 21, later: 0, moves: [320] });
    // From the beginning again.
    expect(held.size).to.equal(0);
    expect((await look()).looked).to.equal(100);
  });

  it('ends when no guest is left', async () => {
    const locked: GuestExamination = { kind: 'Refused', detail: 'VM is locked (backup)' };
    const { plan, moves } = await evaluated({ 101: locked, 102: locked, 103: locked, 104: locked });
    expect(moves).to.deep.equal([]);
    // The last one alone on its node would not be taken in any case.
    expect(plan.skipped.map(({ vmid }) => vmid)).to.deep.equal([101, 102, 103]);
    expect(plan.exhausted).to.contain('3 × Proxmox refuses: VM is locked (backup)');
  });

  it('fails when the cluster does', async () => {
    const look = async () => {
      throw new OperatorError('Unreachable', 'nobody answers');
    };
    const failing = evaluate(model, settings(), look, createVirtualClock());
    expect((await operatorError(failing)).code).to.equal('Unreachable');
  });
});
