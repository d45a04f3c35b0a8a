import type { KubernetesObject, NewKubernetesObject } from './kubernetes-object.ts';
import { microTime } from './micro-time.ts';
import type { ResourceKind } from './resource-kind.ts';

export const EVENT_KIND: ResourceKind = { apiVersion: 'events.k8s.io/v1', plural: 'events', kind: 'Event' };

export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, why it happened, for machines: `MigrationSucceeded`. */
  readonly reason: string;
  /** For people; cut at 1024 bytes. */
  readonly message: string;
  /** CamelCase, what was done or tried: `Migrate`. */
  readonly action: string;
}

export interface EventObject extends NewKubernetesObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly type: string;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly regarding: Readonly<Record<string, string>>;
  readonly series?: EventSeries;
}

export interface EventSeries {
  /** At least 2. */
  readonly count: number;
  readonly lastObservedTime: string;
}

/** Whom it is about, who reports it, under which name. */
export interface EventOrigin {
  readonly object: KubernetesObject;
  readonly component: string;
  readonly instance: string;
  readonly suffix: string;
  readonly time: number;
}

const LONGEST_NAME = 253;
const LONGEST_INSTANCE = 128;
const LONGEST_NOTE_BYTES = 1024;

export function eventObject(
  origin: EventOrigin,
  event: ObjectEvent,
  series: EventSeries | undefined,
): EventObject {
  const { apiVersion, kind, metadata } = origin.object;
  const name = `${metadata.name.slice(0, LONGEST_NAME - origin.suffix.length - 1)}.${origin.suffix}`;
  return {
    apiVersion: EVENT_KIND.apiVersion,
    kind: EVENT_KIND.kind,
    metadata: { name, namespace: metadata.namespace },
    eventTime: microTime(origin.time),
    reportingController: origin.component,
    reportingInstance: origin.instance.slice(0, LONGEST_INSTANCE),
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: cutToBytes(event.message, LONGEST_NOTE_BYTES),
    regarding: {
      apiVersion,
      kind,
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    ...(series ? { series } : {}),
  };
}

/** The API server counts bytes; no character is cut in two. */
function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes - Buffer.byteLength('…')));
  return `${text.slice(0, read)}…`;
}
