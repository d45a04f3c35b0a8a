import { expect } from 'chai';
import fc from 'fast-check';
import { createWorkQueue } from '../../../src/kubernetes/work-queue.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';

const never = new AbortController().signal;

function setUp() {
  const clock = createVirtualClock();
  return { clock, queue: createWorkQueue({ clock, random: () => 0.5 }) };
}

describe('the work queue', () => {
  it('gives keys in the order they were added, each once', async () => {
    const { queue } = setUp();
    for (const key of ['b', 'a', 'b']) queue.add(key);
    expect(queue.length).to.equal(2);
    expect([await queue.next(never), await queue.next(never)]).to.deep.equal(['b', 'a']);
    expect(queue.length).to.equal(0);
  });

  it('keeps a key that is added during its work until that work is done', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.next(never);
    queue.add('a');
    queue.add('a');
    expect(queue.length).to.equal(0);
    queue.done('a');
    expect(await queue.next(never)).to.equal('a');
    queue.done('a');
    expect(queue.length).to.equal(0);
  });

  it('gives a key to a worker that waits', async () => {
    const { queue } = setUp();
    const taken = [queue.next(never), queue.next(never)];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(taken)).to.deep.equal(['a', 'b']);
  });

  it('adds later what was added for later, at the earliest of the times asked for', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 2_000);
    queue.addAfter('a', 9_000);
    await clock.advance(1_999);
    expect(queue.length).to.equal(0);
    await clock.advance(1);
    expect(await queue.next(never)).to.equal('a');
    queue.done('a');
    await clock.advance(60_000);
    expect(queue.length).to.equal(0);
  });

  it('adds at once what was added for now', () => {
    const { queue } = setUp();
    queue.addAfter('a', 0);
    expect(queue.length).to.equal(1);
  });

  it('makes the pauses of a failing key grow up to a cap, and forgets them', async () => {
    const { clock, queue } = setUp();
    const pauses: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      queue.addRateLimited('a');
      pauses.push((clock.nextDue() ?? 0) - clock.now());
      await clock.advance(400_000);
      await queue.next(never);
      queue.done('a');
    }
    expect(pauses.slice(0, 4)).to.deep.equal([1_000, 2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).to.equal(300_000);
    expect(queue.retries('a')).to.equal(12);
    expect(queue.retries('b')).to.equal(0);

    queue.forget('a');
    queue.addRateLimited('a');
    expect((clock.nextDue() ?? 0) - clock.now()).to.equal(1_000);
  });

  it('spreads the pauses of keys that fail together', () => {
    const clock = createVirtualClock();
    const values = [0, 0.999];
    const queue = createWorkQueue({ clock, random: () => values.shift() ?? 0 });
    queue.addRateLimited('a');
    expect((clock.nextDue() ?? 0) - clock.now()).to.be.closeTo(900, 1);
  });

  it('gives out what is ready after the shutdown, takes nothing new and then ends', async () => {
    const { clock, queue } = setUp();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 1_000);
    expect(await queue.next(never)).to.equal('a');
    queue.add('a');
    queue.shutDown();
    queue.add('d');
    queue.addAfter('d', 10);
    expect(clock.nextDue()).to.equal(undefined);
    expect(await queue.next(never)).to.equal('b');
    const waiting = queue.next(never);
    queue.done('b');
    queue.done('a');
    expect(await waiting).to.equal('a');
    const last = queue.next(never);
    queue.done('a');
    expect(await last).to.equal(undefined);
  });

  it('releases all waiting workers at the shutdown', async () => {
    const { queue } = setUp();
    const waiting = [queue.next(never), queue.next(never)];
    queue.shutDown();
    expect(await Promise.all(waiting)).to.deep.equal([undefined, undefined]);
  });

  it('releases a waiting worker that is aborted, and gives the key to another', async () => {
    const { queue } = setUp();
    const controller = new AbortController();
    const aborted = queue.next(controller.signal);
    const other = queue.next(never);
    controller.abort();
    queue.add('a');
    expect(await aborted).to.equal(undefined);
    expect(await other).to.equal('a');
    expect(await queue.next(controller.signal)).to.equal(undefined);
  });

  it('never gives one key to two workers and loses nothing, in any order of calls', async () => {
    const keyed = (kind: 'add' | 'addRateLimited' | 'finish' | 'forget') =>
      fc.record({ kind: fc.constant(kind), key: fc.constantFrom('a', 'b', 'c') });
    const command = fc.oneof(
      { weight: 3, arbitrary: keyed('add') },
      keyed('addRateLimited'),
      keyed('forget'),
      { weight: 3, arbitrary: keyed('finish') },
      fc.record({
        kind: fc.constant('addAfter' as const),
        key: fc.constantFrom('a', 'b', 'c'),
        milliseconds: fc.integer({ min: 0, max: 5_000 }),
      }),
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
      fc.record({ kind: fc.constant('advance' as const), milliseconds: fc.integer({ min: 0, max: 5_000 }) }),
    );

    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const clock = createVirtualClock();
        const queue = createWorkQueue({ clock, random: () => 0.5 });
        // Model: which keys want work, when the next is due, which are worked on.
        const wanted = new Set<string>();
        const due = new Map<string, number>();
        const working = new Set<string>();
        const failures = new Map<string, number>();
        let waiting = 0;

        const faults: string[] = [];

        function started(key = 'nothing'): void {
          if (working.has(key)) faults.push(`${key} is with two workers`);
          if (!wanted.delete(key)) faults.push(`${key} was given without being asked for`);
          working.add(key);
          waiting -= 1;
        }
        function take(): void {
          waiting += 1;
          void queue.next(never).then(started);
        }
        function want(key: string): void {
          wanted.add(key);
        }
        function later(key: string, milliseconds: number): void {
          const at = clock.now() + milliseconds;
          if (milliseconds === 0) want(key);
          else due.set(key, Math.min(due.get(key) ?? at, at));
        }

        for (const step of commands) {
          switch (step.kind) {
            case 'add':
              want(step.key);
              queue.add(step.key);
              break;
            case 'addAfter':
              later(step.key, step.milliseconds);
              queue.addAfter(step.key, step.milliseconds);
              break;
            case 'addRateLimited': {
              const count = failures.get(step.key) ?? 0;
              failures.set(step.key, count + 1);
              later(step.key, Math.min(300_000, 1_000 * 2 ** count));
              queue.addRateLimited(step.key);
              break;
            }
            case 'forget':
              failures.delete(step.key);
              queue.forget(step.key);
              break;
            case 'finish':
              if (working.delete(step.key)) queue.done(step.key);
              break;
            case 'take':
              take();
              break;
            case 'advance': {
              const end = clock.now() + step.milliseconds;
              for (const [key, at] of due) {
                if (at > end) continue;
                due.delete(key);
                want(key);
              }
              await clock.advance(step.milliseconds);
            }
          }
          await clock.advance(0);
          const free = [...wanted].filter((key) => !working.has(key));
          expect(faults).to.deep.equal([]);
          expect(queue.length, 'ready keys').to.equal(free.length);
          expect(queue.length > 0 && waiting > 0, 'a worker waits though a key is ready').to.equal(false);
        }

        // Everything that is still wanted comes out.
        for (const key of [...due.keys()]) want(key);
        due.clear();
        await clock.advance(400_000);
        for (let round = 0; round < 10 && (wanted.size > 0 || working.size > 0); round += 1) {
          for (const key of [...working]) {
            working.delete(key);
            queue.done(key);
          }
          if (wanted.size > 0 && waiting === 0) take();
          await clock.advance(0);
        }
        expect([...wanted]).to.deep.equal([]);
        expect(faults).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
