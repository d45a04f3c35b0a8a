import { expect } from 'chai';
import { monitorEventLoop } from '../../../../src/commands/operator/event-loop-monitor.ts';
import { type HealthSources, healthPages } from '../../../../src/commands/operator/health.ts';
import type { Page } from '../../../../src/commands/operator/http-server.ts';
import { createVirtualClock } from '../../../../src/lib/virtual-clock.ts';
import { createPausableClock } from '../../../support/pausable-clock.ts';

const never = new AbortController().signal;

const HEALTHY: HealthSources = {
  eventLoop: { lagMs: () => 3 },
  operator: { readiness: () => [{ kind: 'BalancePolicy', problem: undefined }] },
  lease: { elector: { renewalAgeMs: () => 2_000 }, leaseDurationMs: 15_000 },
  signal: never,
};

async function page(path: string, sources: Partial<HealthSources>): Promise<Page> {
  const found = healthPages({ ...HEALTHY, ...sources })[path];
  if (!found) throw new Error(`there is no ${path}`);
  return await found();
}

const election = (age: number | undefined) => ({
  lease: { elector: { renewalAgeMs: () => age }, leaseDurationMs: 15_000 },
});

describe('/healthz', () => {
  it('is green for a leader that renews, and says how things are', async () => {
    expect(await page('/healthz', {})).to.deep.include({
      status: 200,
      body: '[+] event-loop ok: lag 3 ms\n[+] lease ok: leader, renewed 2 s ago\n',
    });
  });

  it('is green for those who wait and those who are alone', async () => {
    expect((await page('/healthz', election(undefined))).status).to.equal(200);
    expect((await page('/healthz', { lease: undefined })).status).to.equal(200);
  });

  it('is red once the lease has run out and 20 s more have passed', async () => {
    expect((await page('/healthz', election(35_000))).status).to.equal(200);
    const late = await page('/healthz', election(35_001));
    expect(late.status).to.equal(503);
    expect(late.body).to.contain('[-] lease failed: leader, renewed 35 s ago');
  });

  it('is red while timers do not fire', async () => {
    const stuck = await page('/healthz', { eventLoop: { lagMs: () => 5_001 } });
    expect(stuck.status).to.equal(503);
    expect(stuck.body).to.contain('[-] event-loop failed: timers fire 5001 ms late');
  });
});

describe('/readyz', () => {
  it('is green when every kind is known, for followers too', async () => {
    expect(await page('/readyz', election(undefined))).to.deep.include({
      status: 200,
      body: '[+] running ok\n[+] BalancePolicy ok\n',
    });
  });

  it('is red and says why as long as a kind is not', async () => {
    const readiness = () => [{ kind: 'BalancePolicy', problem: 'not synced yet' }];
    const waiting = await page('/readyz', { operator: { readiness } });
    expect(waiting.status).to.equal(503);
    expect(waiting.body).to.contain('[-] BalancePolicy failed: not synced yet');
  });

  it('is red from the beginning of a stop', async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await page('/readyz', { signal: stop.signal })).body).to.contain('[-] running failed: stopping');
  });
});

describe('the event loop monitor', () => {
  it('knows of a delay while it lasts and right after it, and forgets it then', async () => {
    const clock = createVirtualClock();
    const own = createPausableClock(clock);
    const stop = new AbortController();
    const monitor = monitorEventLoop(own, stop.signal);
    await clock.advance(10_500);
    expect(monitor.lagMs()).to.equal(0);
    own.pause();
    await clock.advance(8_000);
    expect(monitor.lagMs()).to.equal(7_500);
    own.resume();
    await clock.advance(0);
    expect(monitor.lagMs()).to.equal(7_500);
    await clock.advance(1_000);
    expect(monitor.lagMs()).to.equal(0);
    stop.abort();
    await clock.advance(0);
    expect(clock.nextDue()).to.equal(undefined);
  });
});
