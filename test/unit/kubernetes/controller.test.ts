import { expect } from 'chai';
import {
  type EndedReconcile,
  type ReconcileContext,
  type ReconcileResult,
  runController,
} from '../../../src/kubernetes/controller.ts';
import { createWorkQueue } from '../../../src/kubernetes/work-queue.ts';
import { OperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult>;

function start(
  reconcile: Reconcile,
  { workers = 1, observer = (_: EndedReconcile): void => undefined } = {},
) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const queue = createWorkQueue({ clock, random: () => 0.5 });
  const controller = new AbortController();
  const ended = runController({
    name: 'policy',
    queue,
    workers,
    reconcile,
    logger,
    clock,
    signal: controller.signal,
    observer: { reconcileStarted: () => undefined, reconcileEnded: observer },
  });
  return { clock, logger, queue, ended, stop: () => controller.abort(new Error('stopped')) };
}

function failing(error: unknown): Reconcile {
  return () => Promise.reject(error);
}

const done: ReconcileResult = { kind: 'Done' };

describe('runController', () => {
  it('reconciles a key with a logger that names controller, object and reconcile', async () => {
    const { clock, logger, queue } = start(async (_key, context) => {
      context.logger.info({ reconcileId: context.reconcileId }, 'Looked');
      return done;
    });
    queue.add('lab/one');
    await clock.advance(0);
    queue.add('lab/one');
    await clock.advance(0);

    const [first, second] = logger.lines.map(({ fields }) => fields);
    expect(first).to.include({ controller: 'policy', reconcileID: first?.reconcileId });
    expect(first?.object).to.deep.equal({ namespace: 'lab', name: 'one' });
    expect(second?.reconcileID).to.not.equal(first?.reconcileID);
  });

  it('forgets failures when done, and leaves the key alone', async () => {
    const results: ReconcileResult[] = [{ kind: 'Retry' }, { kind: 'Retry' }, done];
    const { clock, queue } = start(async () => results.shift() ?? done);
    queue.add('lab/one');
    await clock.advance(0);
    expect(queue.retries('lab/one')).to.equal(1);
    await clock.advance(1_000);
    expect(queue.retries('lab/one')).to.equal(2);
    await clock.advance(2_000);
    expect(queue.retries('lab/one')).to.equal(0);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('comes back after the stated time, which is no failure', async () => {
    const times: number[] = [];
    const { clock, queue } = start(async () => {
      times.push(clock.now());
      return { kind: 'RequeueAfter', milliseconds: 15_000, why: 'the task runs' };
    });
    const begin = clock.now();
    queue.add('lab/one');
    await clock.advance(31_000);
    expect(times.map((time) => time - begin)).to.deep.equal([0, 15_000, 30_000]);
    expect(queue.retries('lab/one')).to.equal(0);
  });

  it('logs a thrown error once and tries again with growing pauses', async () => {
    const { clock, logger, queue } = start(
      failing(new OperatorError('Unreachable', 'pve1 is not reachable')),
    );
    queue.add('lab/one');
    await clock.advance(0);
    expect(logger.lines).to.have.length(1);
    expect(logger.lines[0]).to.deep.include({ level: 'warn' });
    expect(logger.lines[0]?.fields).to.include({ code: 'Unreachable', error: 'pve1 is not reachable' });
    await clock.advance(3_000);
    expect(logger.lines).to.have.length(3);
  });

  it('logs an error that is given with a Retry as if it had been thrown', async () => {
    const error = new OperatorError('Unreachable', 'pve1 is not reachable');
    const { clock, logger, queue } = start(async () => ({ kind: 'Retry', error }));
    queue.add('lab/one');
    await clock.advance(0);
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['warn']);
  });

  it('is quiet about conflicts', async () => {
    const { clock, logger, queue } = start(failing(new OperatorError('Conflict', 'changed')));
    queue.add('lab/one');
    await clock.advance(0);
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['debug']);
    expect(queue.retries('lab/one')).to.equal(1);
  });

  it('logs an unexpected error with its stack and goes on with other keys', async () => {
    const reconciled: string[] = [];
    const { clock, logger, queue } = start((key) => {
      reconciled.push(key);
      // Not even a rejection: thrown before there is a promise.
      if (key === 'lab/bad') throw new TypeError('a bug');
      return Promise.resolve(done);
    });
    queue.add('lab/bad');
    queue.add('lab/good');
    await clock.advance(0);
    expect(reconciled).to.deep.equal(['lab/bad', 'lab/good']);
    expect(logger.lines[0]?.level).to.equal('error');
    expect(logger.lines[0]?.fields.err).to.be.instanceOf(TypeError);
  });

  it('tells the observer how each ended, and what kept it from its job', async () => {
    const results: readonly (ReconcileResult | Error)[] = [
      done,
      { kind: 'RequeueAfter', milliseconds: 1_000 },
      { kind: 'RequeueAfter', milliseconds: 1_000, failure: 'Stalled' },
      { kind: 'Retry' },
      new OperatorError('Conflict', 'changed'),
      new OperatorError('Unreachable', 'pve1 is not reachable'),
      new TypeError('a bug'),
    ];
    const ended: EndedReconcile[] = [];
    const { clock, queue } = start(
      async (key) => {
        const result = results[Number(key.split('/')[1])];
        if (result instanceof Error) throw result;
        return result ?? done;
      },
      { observer: (reconcile) => ended.push(reconcile) },
    );
    for (const index of results.keys()) queue.add(`lab/${index}`);
    await clock.advance(0);
    expect(ended.map(({ result, failure }) => `${result} ${failure}`)).to.deep.equal([
      'Done undefined',
      'RequeueAfter undefined',
      'RequeueAfter Stalled',
      'Retry Failed',
      'Retry Conflict',
      'Retry Failed',
      'Retry Unforeseen',
    ]);
  });

  it('outlives a failing observer', async () => {
    let reconciles = 0;
    const { clock, queue } = start(
      async () => {
        reconciles += 1;
        return done;
      },
      {
        observer: () => {
          throw new Error('no such metric');
        },
      },
    );
    queue.add('lab/one');
    await clock.advance(1_000);
    expect(reconciles).to.equal(2);
  });

  it('works on several keys at once but never on one twice', async () => {
    const running = new Set<string>();
    let most = 0;
    const { clock, queue } = start(
      async (key, { signal }) => {
        expect(running.has(key)).to.equal(false);
        running.add(key);
        most = Math.max(most, running.size);
        await clock.sleep(1_000, signal);
        running.delete(key);
        return done;
      },
      { workers: 3 },
    );
    for (const key of ['lab/a', 'lab/b', 'lab/c', 'lab/d']) queue.add(key);
    await clock.advance(500);
    for (const key of ['lab/a', 'lab/b', 'lab/c', 'lab/d']) queue.add(key);
    await clock.advance(10_000);
    expect(most).to.equal(3);
    expect(running.size).to.equal(0);
    expect(queue.length).to.equal(0);
  });

  it('starts nothing after the stop and waits for what runs', async () => {
    const reconciled: string[] = [];
    let finish = () => {};
    const { clock, logger, queue, ended, stop } = start(async (key, { signal }) => {
      reconciled.push(key);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      signal.throwIfAborted();
      return done;
    });
    queue.add('lab/a');
    queue.add('lab/b');
    await clock.advance(0);
    let hasEnded = false;
    const watched = ended.then(() => {
      hasEnded = true;
    });
    stop();
    await clock.advance(60_000);
    expect(hasEnded).to.equal(false);
    finish();
    await watched;
    expect(reconciled).to.deep.equal(['lab/a']);
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['debug']);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('ends at once when it was stopped before it began', async () => {
    const queue = createWorkQueue({ clock: createVirtualClock() });
    queue.add('lab/a');
    await runController({
      name: 'policy',
      queue,
      workers: 2,
      reconcile: failing(new Error('was run')),
      logger: createRecordingLogger(),
      clock: createVirtualClock(),
      signal: AbortSignal.abort(),
    });
    expect(queue.length).to.equal(1);
  });
});
