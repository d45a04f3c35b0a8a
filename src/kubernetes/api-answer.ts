import { errorOfAnswer, errorOfContent, type RequestSummary } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** There are more; ask with it. */
  readonly continue?: string;
}

export type WatchEvent<T> =
  | { readonly type: 'Added' | 'Modified' | 'Deleted'; readonly object: T }
  | { readonly type: 'Bookmark'; readonly resourceVersion: string };

/** An answer of success. */
export interface Answer {
  readonly request: RequestSummary;
  readonly kind: ResourceKind;
  readonly status: number;
  readonly text: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What every object of the API server has is checked; that the rest is a `T` is the CRD's word, which the API server keeps.
 *
 * @throws ApiError ApiServerUnavailable when something else answered, as a proxy
 */
export function toObject<T extends KubernetesObject>(answer: Answer): T {
  return asObject<T>(answer, parse(answer));
}

export function toList<T extends KubernetesObject>(answer: Answer): ObjectList<T> {
  const list = parse(answer);
  const metadata = asJsonObject(list.metadata);
  if (typeof metadata?.resourceVersion !== 'string' || !Array.isArray(list.items)) {
    throw errorOfContent(answer.request, answer.status, `something that is no list of ${answer.kind.plural}`);
  }
  const items = list.items.map((item: unknown) => asObject<T>(answer, asJsonObject(item)));
  const more = metadata.continue;
  return {
    items,
    resourceVersion: metadata.resourceVersion,
    ...(typeof more === 'string' && more !== '' ? { continue: more } : {}),
  };
}

/**
 * Of one line of a watch; undefined for a type of event that is not known.
 *
 * @throws ApiError for an ERROR event
 */
export function toWatchEvent<T extends KubernetesObject>(answer: Answer): WatchEvent<T> | undefined {
  const event = parse(answer);
  const object = asJsonObject(event.object);
  switch (event.type) {
    case 'ADDED':
      return { type: 'Added', object: asObject<T>(answer, object) };
    case 'MODIFIED':
      return { type: 'Modified', object: asObject<T>(answer, object) };
    case 'DELETED':
      return { type: 'Deleted', object: asObject<T>(answer, object) };
    case 'BOOKMARK': {
      const resourceVersion = asJsonObject(object?.metadata)?.resourceVersion;
      return typeof resourceVersion === 'string' ? { type: 'Bookmark', resourceVersion } : undefined;
    }
    case 'ERROR':
      throw errorOfAnswer(
        answer.request,
        typeof object?.code === 'number' ? object.code : 500,
        JSON.stringify(object ?? {}),
      );
    default:
      return undefined;
  }
}

function parse(answer: Answer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    value = undefined;
  }
  const object = asJsonObject(value);
  if (!object) throw errorOfContent(answer.request, answer.status, 'something that is no JSON object');
  return object;
}

function asObject<T extends KubernetesObject>(answer: Answer, value: JsonObject | undefined): T {
  const metadata = asJsonObject(value?.metadata);
  const isObject =
    typeof metadata?.name === 'string' &&
    typeof metadata.uid === 'string' &&
    typeof metadata.resourceVersion === 'string';
  if (!isObject)
    throw errorOfContent(answer.request, answer.status, `something that is no ${answer.kind.kind}`);
  // The items of a list of a built-in kind carry neither apiVersion nor kind.
  return { apiVersion: answer.kind.apiVersion, kind: answer.kind.kind, ...value } as unknown as T;
}

function asJsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
