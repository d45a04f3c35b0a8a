import { expect } from 'chai';
import { apiError } from '../../support/fake-api-client.ts';
import { reflectedWidgets } from '../../support/reflected-widgets.ts';
import { newWidget } from '../../support/widget.ts';

describe('the reflector', () => {
  it('slows down when a server ends watches as soon as they begin', async () => {
    const { client, clock, start, count } = reflectedWidgets();
    await start();
    for (let round = 0; round < 600; round += 1) {
      client.endWatches();
      await clock.advance(100);
    }
    expect(count('watch')).to.be.greaterThan(4).and.lessThan(12);
  });

  for (const [what, error] of [
    ['an HTTP 410 or an ERROR event 410', apiError(410)],
    ['another fault, with the past forgotten meanwhile', apiError(undefined)],
  ] as const) {
    it(`lists again after ${what}, and delivers what it missed`, async () => {
      const { client, clock, changes, reflector, start, count } = reflectedWidgets();
      for (const name of ['gone', 'kept', 'anew']) client.put(newWidget(name));
      await start();
      changes.length = 0;

      // While nobody watches.
      client.endWatches(error);
      client.remove('Widget', 'lab/gone');
      client.put(newWidget('added'));
      client.remove('Widget', 'lab/anew');
      client.put(newWidget('anew', 2, 'another'));
      client.put(newWidget('kept', 3));
      client.compact();
      await clock.advance(5_000);

      expect(count('list')).to.equal(2);
      expect(changes).to.have.members([
        'Deleted gone 1',
        'Added added 1',
        'Deleted anew 1',
        'Added anew 2',
        'Updated kept 3',
      ]);
      expect(reflector.list()).to.have.length(3);
    });
  }

  it('does not list again and again as fast as it can when every version is too old', async () => {
    const { client, clock, start, count } = reflectedWidgets();
    client.fail('watch', apiError(410), { times: 1_000 });
    await start();
    await clock.advance(60_000);
    expect(count('list')).to.be.greaterThan(4).and.lessThan(12);
  });

  for (const status of [403, 429, 500, 503, undefined]) {
    it(`tries again with growing pauses while watches fail with ${status ?? 'no answer'}, then goes on`, async () => {
      const { client, clock, changes, logger, start, count } = reflectedWidgets();
      client.fail('watch', apiError(status), { times: 5 });
      await start();
      const starts: number[] = [clock.now()];
      for (let calls = count('watch'); calls < 6; calls = count('watch')) {
        const due = clock.nextDue() ?? 0;
        await clock.advance(due - clock.now());
        starts.push(clock.now());
      }
      const pauses = starts.slice(1).map((time, index) => time - (starts[index] ?? 0));
      expect(pauses).to.deep.equal([800, 1_600, 3_200, 6_400, 12_800]);
      client.put(newWidget('a'));
      await clock.advance(0);
      expect(changes).to.deep.equal(['Added a 1']);
      expect(logger.lines.filter(({ level }) => level === 'warn')).to.have.length(5);
      expect(count('list')).to.equal(1);
    });
  }

  it('never waits longer than 36 s', async () => {
    const { client, clock, start } = reflectedWidgets({ random: () => 0.999_999 });
    client.fail('list', apiError(503), { times: 20 });
    await start();
    for (let round = 0; round < 20; round += 1) {
      const pause = (clock.nextDue() ?? 0) - clock.now();
      expect(pause).to.be.within(800, 36_000);
      await clock.advance(pause);
    }
  });

  it('begins with short pauses again after a healthy time', async () => {
    const { client, clock, start } = reflectedWidgets();
    client.fail('watch', apiError(503), { times: 4 });
    await start();
    await clock.advance(60_000);
    client.endWatches(apiError(undefined));
    await clock.advance(0);
    expect((clock.nextDue() ?? 0) - clock.now()).to.equal(800);
  });

  it('is not synced before a list came through, whatever happened', async () => {
    const { client, clock, reflector, start } = reflectedWidgets();
    client.put(newWidget('a'));
    client.fail('list', apiError(403), { times: 3 });
    await start();
    let waited = false;
    const waiting = reflector.waitForSync(new AbortController().signal).then(() => {
      waited = true;
    });
    await clock.advance(2_000);
    expect(reflector.hasSynced()).to.equal(false);
    expect(waited).to.equal(false);
    await clock.advance(10_000);
    await waiting;
    expect(reflector.hasSynced()).to.equal(true);
  });

  it('begins a paged list anew when its pages expire', async () => {
    const { client, clock, reflector, start } = reflectedWidgets();
    for (let index = 0; index < 700; index += 1) client.put(newWidget(`w${index}`));
    const list = client.list.bind(client);
    let pages = 0;
    client.list = (kind, options, signal) => {
      pages += 1;
      return pages === 2 ? Promise.reject(apiError(410)) : list(kind, options, signal);
    };
    await start();
    await clock.advance(5_000);
    expect(pages).to.equal(4);
    expect(reflector.list()).to.have.length(700);
  });
});
