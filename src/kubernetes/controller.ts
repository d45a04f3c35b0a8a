import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { WorkQueue } from './work-queue.ts';

export type ReconcileResult =
  | { readonly kind: 'Done' }
  /** Something else has to happen first, or the time has to come: no failure. */
  | { readonly kind: 'RequeueAfter'; readonly milliseconds: number; readonly why?: string }
  /** Again after a growing pause, as after a thrown error. */
  | { readonly kind: 'Retry'; readonly error?: unknown };

export interface ReconcileContext {
  readonly signal: AbortSignal;
  /** Carries controller, object and reconcileID. */
  readonly logger: Logger;
  readonly reconcileId: string;
}

export interface ControllerObserver {
  reconcileEnded(reconcile: {
    readonly controller: string;
    readonly key: string;
    readonly result: 'Done' | 'RequeueAfter' | 'Retry';
    readonly milliseconds: number;
  }): void;
}

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

/** Resolves when `signal` was aborted and the last reconcile has ended. Never rejects. */
export declare function runController(options: ControllerOptions): Promise<void>;
