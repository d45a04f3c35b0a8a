import { expect } from 'chai';
import fc from 'fast-check';
import { createReflector, type ObjectChange } from '../../../src/kubernetes/reflector.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient } from '../../support/fake-api-client.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { newWidget, storedWidget, WIDGET, type Widget } from '../../support/widget.ts';

function setUp({ random = () => 0.5 }: { readonly random?: () => number } = {}) {
  const clock = createVirtualClock();
  const client = createFakeApiClient();
  const logger = createRecordingLogger();
  const reflector = createReflector<Widget>({ client, kind: WIDGET, clock, logger, random });
  const controller = new AbortController();
  const changes: string[] = [];
  reflector.onChange((change) => changes.push(describeChange(change)));
  return {
    clock,
    client,
    logger,
    reflector,
    changes,
    async start() {
      reflector.start(controller.signal);
      await clock.advance(0);
    },
    stop: () => controller.abort(new Error('stopped')),
    count: (call: string) => client.calls.filter((made) => made.call === call).length,
  };
}

function describeChange(change: ObjectChange<Widget>): string {
  return `${change.kind} ${change.object.metadata.name} ${change.object.spec?.size}`;
}

describe('the reflector', () => {
  it('delivers what is there and then every change', async () => {
    const { client, clock, reflector, changes, start } = setUp();
    client.put(newWidget('a'));
    expect(reflector.hasSynced()).to.equal(false);
    await start();
    expect(reflector.hasSynced()).to.equal(true);

    client.put(newWidget('b'));
    client.put(newWidget('a', 2));
    client.remove('Widget', 'lab/b');
    await clock.advance(0);

    expect(changes).to.deep.equal(['Added a 1', 'Added b 1', 'Updated a 2', 'Deleted b 1']);
    expect(reflector.get('lab/a')?.spec).to.deep.equal({ size: 2 });
    expect(reflector.get('lab/b')).to.equal(undefined);
    expect(reflector.list().map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
  });

  it('gives the state before with an update', async () => {
    const { client, clock, reflector, start } = setUp();
    const sizes: unknown[] = [];
    reflector.onChange((change) => {
      if (change.kind === 'Updated') sizes.push([change.previous.spec?.size, change.object.spec?.size]);
    });
    client.put(newWidget('a', 1));
    await start();
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(sizes).to.deep.equal([[1, 2]]);
  });

  it('gives a late handler what is there already', async () => {
    const { client, reflector, start } = setUp();
    client.put(newWidget('a'));
    await start();
    const late: string[] = [];
    reflector.onChange((change) => late.push(describeChange(change)));
    expect(late).to.deep.equal(['Added a 1']);
  });

  it('lists in pages', async () => {
    const { client, reflector, changes, start } = setUp();
    for (let index = 0; index < 1_001; index += 1) client.put(newWidget(`w${index}`));
    await start();
    const lists = client.calls.filter(({ call }) => call === 'list');
    expect(lists.map(({ limit }) => limit)).to.deep.equal([500, 500, 500]);
    expect(changes).to.have.length(1_001);
    expect(reflector.list()).to.have.length(1_001);
  });

  it('watches for a random time between five and ten minutes', async () => {
    const times: (number | undefined)[] = [];
    for (const value of [0, 0.5, 0.999_999]) {
      const { client, start } = setUp({ random: () => value });
      await start();
      times.push(client.calls.find(({ call }) => call === 'watch')?.timeoutSeconds);
    }
    expect(times).to.deep.equal([300, 450, 600]);
  });

  it('goes on at once, from the last version seen, when the server ends a watch', async () => {
    const { client, clock, changes, start, count } = setUp();
    await start();
    const { resourceVersion } = client.put(newWidget('a')).metadata;
    await clock.advance(400_000);
    client.endWatches();
    await clock.advance(0);
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion });
    expect(count('list')).to.equal(1);
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Updated a 2']);
  });

  it('advances by bookmarks where nothing happens', async () => {
    const { client, clock, start, count } = setUp();
    await start();
    client.send({ type: 'Bookmark', resourceVersion: '5000' });
    await clock.advance(400_000);
    client.endWatches();
    await clock.advance(0);
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion: '5000' });
    expect(count('list')).to.equal(1);
  });

  it('slows down when a server ends watches as soon as they begin', async () => {
    const { client, clock, start, count } = setUp();
    await start();
    for (let round = 0; round < 600; round += 1) {
      client.endWatches();
      await clock.advance(100);
    }
    expect(count('watch')).to.be.greaterThan(4).and.lessThan(12);
  });

  it('never goes back to an older version or an older state', async () => {
    const { client, clock, reflector, changes, start } = setUp();
    await start();
    client.send({ type: 'Added', object: storedWidget('a', '900', 9) });
    client.send({ type: 'Modified', object: storedWidget('a', '800', 8) });
    client.send({ type: 'Modified', object: storedWidget('a', '900', 9) });
    client.send({ type: 'Deleted', object: storedWidget('a', '700', 7) });
    client.send({ type: 'Bookmark', resourceVersion: '600' });
    await clock.advance(20_000);
    client.endWatches();
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 9']);
    expect(reflector.get('lab/a')?.metadata.resourceVersion).to.equal('900');
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion: '900' });
  });

  it('compares versions as numbers, not as text', async () => {
    const { client, clock, changes, start } = setUp();
    await start();
    client.send({ type: 'Added', object: storedWidget('a', '999', 1) });
    client.send({ type: 'Modified', object: storedWidget('a', '1000', 2) });
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Updated a 2']);
  });

  it('delivers an object that was created anew as deleted and added', async () => {
    const { client, clock, changes, start } = setUp();
    client.put(newWidget('a', 1, 'first'));
    await start();
    client.put(newWidget('a', 2, 'second'));
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Deleted a 1', 'Added a 2']);
  });

  for (const [what, error] of [
    ['an HTTP 410 or an ERROR event 410', apiError(410)],
    ['another fault, with the past forgotten meanwhile', apiError(undefined)],
  ] as const) {
    it(`lists again after ${what}, and delivers what it missed`, async () => {
      const { client, clock, changes, reflector, start, count } = setUp();
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
    const { client, clock, start, count } = setUp();
    client.fail('watch', apiError(410), { times: 1_000 });
    await start();
    await clock.advance(60_000);
    expect(count('list')).to.be.greaterThan(4).and.lessThan(12);
  });

  for (const status of [403, 429, 500, 503, undefined]) {
    it(`tries again with growing pauses while watches fail with ${status ?? 'no answer'}, then goes on`, async () => {
      const { client, clock, changes, logger, start, count } = setUp();
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
    const { client, clock, start } = setUp({ random: () => 0.999_999 });
    client.fail('list', apiError(503), { times: 20 });
    await start();
    for (let round = 0; round < 20; round += 1) {
      const pause = (clock.nextDue() ?? 0) - clock.now();
      expect(pause).to.be.within(800, 36_000);
      await clock.advance(pause);
    }
  });

  it('begins with short pauses again after a healthy time', async () => {
    const { client, clock, start } = setUp();
    client.fail('watch', apiError(503), { times: 4 });
    await start();
    await clock.advance(60_000);
    client.endWatches(apiError(undefined));
    await clock.advance(0);
    expect((clock.nextDue() ?? 0) - clock.now()).to.equal(800);
  });

  it('is not synced before a list came through, whatever happened', async () => {
    const { client, clock, reflector, start } = setUp();
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
    const { client, clock, reflector, start } = setUp();
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

  it('goes on when a handler throws, and tells the other handlers', async () => {
    const { client, clock, logger, reflector, changes, start } = setUp();
    reflector.onChange(() => {
      throw new Error('a bug');
    });
    const others: string[] = [];
    reflector.onChange((change) => others.push(describeChange(change)));
    client.put(newWidget('a'));
    await start();
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(others).to.deep.equal(['Added a 1', 'Updated a 2']);
    expect(changes).to.deep.equal(others);
    expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(2);
  });

  it('stops while it watches and delivers nothing more', async () => {
    const { client, clock, changes, start, stop, count } = setUp();
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
    const { client, clock, reflector, start, stop, count } = setUp();
    client.hang('list');
    await start();
    stop();
    await clock.advance(600_000);
    expect(count('watch')).to.equal(0);
    expect(reflector.hasSynced()).to.equal(false);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('stops while it waits to try again', async () => {
    const { client, clock, start, stop, count } = setUp();
    client.fail('list', apiError(503));
    await start();
    stop();
    await clock.advance(600_000);
    expect(count('list')).to.equal(1);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('lets those who wait for the sync know of the stop, and of their own abort', async () => {
    const { client, clock, reflector, start, stop } = setUp();
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

  it('ends up with what the server has, whatever happens on the way', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), name, size: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
      fc.record({ kind: fc.constant('recreate' as const), name, size: fc.nat(9) }),
      fc.record({ kind: fc.constant('end' as const), status: fc.constantFrom(410, 503, undefined, 200) }),
      fc.record({ kind: fc.constant('compact' as const) }),
      fc.record({
        kind: fc.constant('fail' as const),
        call: fc.constantFrom('list' as const, 'watch' as const),
        status: fc.constantFrom(403, 410, 429, 503),
      }),
      fc.record({ kind: fc.constant('advance' as const), milliseconds: fc.nat(20_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { client, clock, reflector, start, stop } = setUp();
        // What a consumer that only listens believes to exist.
        const believed = new Map<string, Widget>();
        const contradictions: string[] = [];
        reflector.onChange((change) => {
          const { name: key, uid } = change.object.metadata;
          const known = believed.get(key);
          const fits = change.kind === 'Added' ? known === undefined : known?.metadata.uid === uid;
          if (!fits) contradictions.push(`${describeChange(change)} after ${known?.metadata.uid}`);
          if (change.kind === 'Deleted') believed.delete(key);
          else believed.set(key, change.object);
        });
        await start();
        let uids = 0;
        for (const action of steps) {
          switch (action.kind) {
            case 'put':
              client.put(newWidget(action.name, action.size));
              break;
            case 'recreate':
              uids += 1;
              client.put(newWidget(action.name, action.size, `anew-${uids}`));
              break;
            case 'remove':
              client.remove('Widget', `lab/${action.name}`);
              break;
            case 'end':
              client.endWatches(action.status === 200 ? undefined : apiError(action.status));
              break;
            case 'compact':
              client.compact();
              break;
            case 'fail':
              client.fail(action.call, apiError(action.status));
              break;
            case 'advance':
              await clock.advance(action.milliseconds);
          }
        }
        // Every fault asked for may yet come, each with its pause.
        await clock.advance(40 * 36_000);
        stop();
        const present = ['a', 'b', 'c'].map((key) => client.read<Widget>('Widget', `lab/${key}`));
        const expected = present.filter((object) => object !== undefined);
        expect([...reflector.list()]).to.have.deep.members(expected);
        expect([...believed.values()]).to.have.deep.members(expected);
        expect(contradictions).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });
});
