import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, why it happened, for machines: `MigrationSucceeded`. */
  readonly reason: string;
  /** For people; cut at 1024 characters. */
  readonly message: string;
  /** CamelCase, what was done or tried: `Migrate`. */
  readonly action: string;
}

export interface EventRecorder {
  /** Returns at once and never throws. Best effort: an event may be dropped, so nothing may rest on it. */
  record(object: KubernetesObject, event: ObjectEvent): void;
  /** Takes nothing more, sends what is queued for at most `milliseconds`. */
  stop(milliseconds: number): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Who reports, as a qualified name: `pve-cslb.io/operator`. */
  readonly component: string;
  /** Which of its processes: the pod's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export declare function createEventRecorder(options: EventRecorderOptions): EventRecorder;
