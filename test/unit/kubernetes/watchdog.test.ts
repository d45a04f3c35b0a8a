import { expect } from 'chai';
import { createWatchdog } from '../../../src/kubernetes/watchdog.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';

describe('the watchdog', () => {
  function setUp() {
    const clock = createVirtualClock();
    const parent = new AbortController();
    return { clock, parent, watchdog: createWatchdog(clock, 90_000, parent.signal) };
  }

  it('aborts when nothing happened for too long, counted from the last time', async () => {
    const { clock, watchdog } = setUp();
    await clock.advance(60_000);
    watchdog.touch();
    await clock.advance(89_999);
    expect(watchdog.signal.aborted).to.equal(false);
    await clock.advance(1);
    expect(watchdog.signal.aborted).to.equal(true);
    expect(watchdog.expired()).to.equal(true);
  });

  it('aborts with the reason of the signal it was given', () => {
    const { parent, watchdog } = setUp();
    parent.abort(new Error('stopped'));
    expect(watchdog.signal.reason).to.include({ message: 'stopped' });
    expect(watchdog.expired()).to.equal(false);
  });

  it('is aborted from the start when that signal is', () => {
    const watchdog = createWatchdog(createVirtualClock(), 90_000, AbortSignal.abort(new Error('stopped')));
    expect(watchdog.signal.reason).to.include({ message: 'stopped' });
  });

  it('leaves neither a timer nor an abort behind when released', async () => {
    const { clock, watchdog } = setUp();
    watchdog.release();
    await clock.advance(0);
    expect(clock.nextDue()).to.equal(undefined);
    expect(watchdog.signal.aborted).to.equal(true);
    await clock.advance(100_000);
    expect(watchdog.expired()).to.equal(false);
  });
});
