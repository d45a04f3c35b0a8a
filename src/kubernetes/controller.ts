import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { parseKey } from './kubernetes-object.ts';
import type { WorkQueue } from './work-queue.ts';

export type ReconcileResult =
  | { readonly kind: 'Done' }
  /** Something else has to happen first, or the time has to come: no failure. */
  | {
      readonly kind: 'RequeueAfter';
      readonly milliseconds: number;
      readonly why?: string;
      /** What kept it from its job, already reported. */
      readonly failure?: 'Failed' | 'Stalled';
    }
  /** Again after a growing pause. An error given here is logged and taken as if it had been thrown. */
  | { readonly kind: 'Retry'; readonly error?: unknown };

export interface ReconcileContext {
  readonly signal: AbortSignal;
  /** Carries controller, object and reconcileID. */
  readonly logger: Logger;
  readonly reconcileId: string;
}

export interface ControllerObserver {
  reconcileStarted(reconcile: { readonly controller: string; readonly key: string }): void;
  reconcileEnded(reconcile: EndedReconcile): void;
}

export interface EndedReconcile {
  readonly controller: string;
  readonly key: string;
  readonly result: ReconcileResult['kind'];
  readonly failure: ReconcileFailure | undefined;
  readonly milliseconds: number;
}

/**
 * Why a reconcile did not do its job: `Failed` as can be expected of networks and servers; `Stalled`: a person has to do
 * something; `Conflict`: somebody else wrote first; `CutShort` by a stop; `Unforeseen`: a bug.
 */
export type ReconcileFailure = 'Failed' | 'Stalled' | 'Conflict' | 'CutShort' | 'Unforeseen';

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly workers: number;
  /** Gets the key only, never the event: it must compare the whole wanted state with the world each time. */
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<ReconcileResult>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly observer?: ControllerObserver;
}

/**
 * Runs reconciles until `signal` is aborted: it shuts the queue down, starts nothing more, and resolves when the last reconcile
 * under way has ended (each has the signal and should end soon). Never rejects.
 */
export async function runController(options: ControllerOptions): Promise<void> {
  const { queue, signal } = options;
  const onAbort = () => queue.shutDown();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
  signal.removeEventListener('abort', onAbort);
}

async function work(options: ControllerOptions): Promise<void> {
  const { queue, signal } = options;
  for (let key = await queue.next(signal); key !== undefined; key = await queue.next(signal)) {
    try {
      requeue(queue, key, await reconcileOnce(options, key));
    } catch (error) {
      // The observer's or the logger's fault, since reconcile's own are results: not worth a worker.
      options.logger.error(
        { controller: options.name, key, err: error },
        'Controller failed round a reconcile',
      );
      queue.addRateLimited(key);
    } finally {
      queue.done(key);
    }
  }
}

async function reconcileOnce(options: ControllerOptions, key: string): Promise<ReconcileResult> {
  const { name, reconcile, clock, signal, observer } = options;
  const reconcileId = randomUUID();
  const logger = options.logger.child({ controller: name, object: parseKey(key), reconcileID: reconcileId });
  const startedAt = clock.monotonic();
  observer?.reconcileStarted({ controller: name, key });
  const result = await settle(() => reconcile(key, { signal, logger, reconcileId }));
  if (result.kind === 'Retry' && result.error !== undefined) {
    logFailure(logger, result.error, options.queue.retries(key), signal);
  }
  const milliseconds = clock.monotonic() - startedAt;
  const failure = failureOf(result, signal);
  observer?.reconcileEnded({ controller: name, key, result: result.kind, failure, milliseconds });
  return result;
}

function failureOf(result: ReconcileResult, signal: AbortSignal): ReconcileFailure | undefined {
  if (result.kind === 'Done') return undefined;
  if (result.kind === 'RequeueAfter') return result.failure;
  if (signal.aborted) return 'CutShort';
  if (result.error === undefined) return 'Failed';
  if (isOperatorError(result.error, 'Conflict')) return 'Conflict';
  return isOperatorError(result.error) ? 'Failed' : 'Unforeseen';
}

async function settle(run: () => Promise<ReconcileResult>): Promise<ReconcileResult> {
  try {
    return await run();
  } catch (error) {
    return { kind: 'Retry', error };
  }
}

function requeue(queue: WorkQueue, key: string, result: ReconcileResult): void {
  switch (result.kind) {
    case 'Done':
      queue.forget(key);
      return;
    case 'RequeueAfter':
      queue.forget(key);
      queue.addAfter(key, result.milliseconds);
      return;
    case 'Retry':
      queue.addRateLimited(key);
  }
}

function logFailure(logger: Logger, error: unknown, retries: number, signal: AbortSignal): void {
  if (signal.aborted) {
    logger.debug({ error: messageOf(error) }, 'Reconcile was cut short by the stop');
    return;
  }
  if (isOperatorError(error, 'Conflict')) {
    // Someone else wrote first: the fresh object is on its way. Part of normal life.
    logger.debug({ error: messageOf(error) }, 'Object changed meanwhile, reconciling again');
    return;
  }
  if (isOperatorError(error)) {
    logger.warn({ code: error.code, error: error.message, retries }, 'Reconcile failed, trying again');
    return;
  }
  // Not of the catalogue: a bug, so with its stack.
  logger.error({ err: error, retries }, 'Reconcile failed unexpectedly, trying again');
}
