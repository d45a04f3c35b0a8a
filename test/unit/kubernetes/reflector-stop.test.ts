import { expect } from 'chai';
import { apiError } from '../../support/fake-api-client.ts';
import { reflectedWidgets } from '../../support/reflected-widgets.ts';
import { newWidget } from '../../support/widget.ts';

describe('the reflector', () => {
  it('stops while it watches and delivers nothing more', async () => {
    const { client, clock, changes, start, stop, count } = reflectedWidgets();
    await start();
    stop();
    client.put(newWidget('a'));
    await clock.advance(600_000);
    expect(client.openWatches).to.equal(0);
    expect(changes).to.deep.equal([]);
    expect(count('watch')).to.equal(1);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('stops while it lists, without opening a watch', async () => {
    const { client, clock, reflector, start, stop, count } = reflectedWidgets();
    client.hang('list');
    await start();
    stop();
    await clock.advance(600_000);
    expect(count('watch')).to.equal(0);
    expect(reflector.hasSynced()).to.equal(false);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('stops while it waits to try again', async () => {
    const { client, clock, start, stop, count } = reflectedWidgets();
    client.fail('list', apiError(503));
    await start();
    stop();
    await clock.advance(600_000);
    expect(count('list')).to.equal(1);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('lets those who wait for the sync know of the stop, and of their own abort', async () => {
    const { client, clock, reflector, start, stop } = reflectedWidgets();
    client.hang('list');
    await start();
    const own = new AbortController();
    const results = Promise.allSettled([
      reflector.waitForSync(own.signal),
      reflector.waitForSync(new AbortController().signal),
    ]);
    own.abort(new Error('own reason'));
    stop();
    await clock.advance(0);
    expect(
      (await results).map((result) => result.status === 'rejected' && result.reason.message),
    ).to.deep.equal(['own reason', 'stopped']);
  });
});
