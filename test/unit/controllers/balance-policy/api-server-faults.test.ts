import { expect } from 'chai';
import { apiError } from '../../../support/fake-api-client.ts';
import { expectSoundRecord, isBalanced, outcomes } from '../../../support/policy-assertions.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const lost = { mayHaveTakenEffect: true };

describe('the API server', () => {
  it('saying that the policy changed before an intent: nothing is posted, and it goes on', async () => {
    const world = createSerialPolicyWorld();
    // Before it: that it was not evaluated yet, and the evaluation.
    world.api.failNth('applyStatus', 3, apiError(409));
    await world.run(500);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  for (const after of [false, true]) {
    it(`not answering an intent that ${after ? 'was' : 'was not'} stored: it is read back before anything is posted`, async () => {
      const world = createSerialPolicyWorld();
      world.api.failNth('applyStatus', 3, apiError(undefined, lost), { after });
      await world.run(500);
      expect(world.proxmox.requests).to.deep.equal([]);
      // Who knows that nothing was sent need not wait for what might come of it.
      expect(await world.run(MINUTE_MS, () => world.proxmox.requests.length > 0)).to.equal(true);
      expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
      expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.lengthOf(1);
      expect(outcomes(world)).to.deep.equal([
        ...(after ? ['100 NotStarted'] : []),
        '100 Succeeded',
        '200 Succeeded',
      ]);
      expectSoundRecord(world);
    });
  }

  for (const error of [apiError(409), apiError(undefined, lost), apiError(503, lost), apiError(403)]) {
    for (const after of error.status === undefined ? [false, true] : [false]) {
      it(`failing with ${error.status} at UPIDs and outcomes${after ? ', though they were stored' : ''}: they are stored again until they are`, async () => {
        const world = createSerialPolicyWorld();
        const { onStart } = world.proxmox;
        world.proxmox.onStart = (request) => {
          onStart(request);
          world.api.fail('applyStatus', error, { times: after ? 1 : 3, after });
        };
        expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
        expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
        expectSoundRecord(world);
      });
    }
  }

  it('with another writer in between: an outcome erases nothing of what that one wrote', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    const { onCall } = world.proxmox;
    world.proxmox.onCall = (call) => {
      onCall(call);
      // Between the read of the policy and the write of the outcome.
      if (call !== 'readTask' || world.proxmox.tasks.some(world.proxmox.isRunning)) return;
      world.proxmox.onCall = onCall;
      world.editStatus('lab', (status) => ({ ...status, totals: { succeeded: 7, failed: 7 } }));
    };
    await world.run(20_000);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 8, failed: 7 });
  });

  it('being away: nothing is begun, and everything is recorded when it is back', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    world.api.fail('get', apiError(undefined), { times: 30 });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });
});
