import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import {
  type Answer,
  type ObjectList,
  toList,
  toObject,
  toWatchEvent,
  type WatchEvent,
} from './api-answer.ts';
import { ApiError, errorOfAnswer, errorOfFault, type RequestSummary } from './api-error.ts';
import type { KubernetesObject, NewKubernetesObject } from './kubernetes-object.ts';
import type { PooledKubeConfig } from './pooled-kube-config.ts';
import { type ResourceKind, resourcePath } from './resource-kind.ts';
import { readLines } from './watch-stream.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

/**
 * The API server. Every call but `watch` ends by itself within the deadline the client was made with. All throw `ApiError`:
 * `Conflict` (409), `ObjectGone` (404 on a write), `ApiServerRefused` (any other no, with the server's message) and
 * `ApiServerUnavailable` (no answer, timeout, 429, 5xx; see `mayHaveTakenEffect`); or the signal's reason once it is aborted.
 */
export interface ApiClient {
  /** Undefined when there is no such object. */
  get<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined>;
  /** One page. */
  list<T extends KubernetesObject>(
    kind: ResourceKind,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<ObjectList<T>>;
  /** Ends when the server ends the stream; an ERROR event is thrown as `ApiError` with its code as `status`. */
  watch<T extends KubernetesObject>(
    kind: ResourceKind,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** A forced server-side apply of `/status`, on the condition of `metadata.resourceVersion`. */
  applyStatus<T extends KubernetesObject>(
    kind: ResourceKind,
    object: KubernetesObject & { readonly status: object },
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<T>;
  create<T extends NewKubernetesObject>(
    kind: ResourceKind,
    object: T,
    signal: AbortSignal,
  ): Promise<T & KubernetesObject>;
  /** Replaces an object, on the condition of its `metadata.resourceVersion`. */
  update<T extends KubernetesObject>(kind: ResourceKind, object: T, signal: AbortSignal): Promise<T>;
  /** A JSON merge patch; conditional when it holds `metadata.resourceVersion`. */
  patch<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string,
    name: string,
    patch: object,
    signal: AbortSignal,
  ): Promise<T>;
}

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly limit?: number;
  /** From the page before. */
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly resourceVersion: string;
  /** After which the server ends the stream. */
  readonly timeoutSeconds: number;
  /** Without a byte for this long the connection counts as dead. Must exceed the minute between two bookmarks. */
  readonly inactivityMs: number;
}

export interface ApiClientObserver {
  requestEnded(request: EndedRequest): void;
}

export interface EndedRequest {
  readonly method: string;
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** Until the answer began. */
  readonly milliseconds: number;
}

export interface ApiClientOptions {
  readonly kubeConfig: PooledKubeConfig;
  readonly userAgent: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: ApiClientObserver;
}

export type { ObjectList, WatchEvent } from './api-answer.ts';

interface Request extends RequestSummary {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly kind: ResourceKind;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly contentType?: string;
  readonly body?: object;
}

/**
 * Requests go through the library's request contexts, authentication and HTTP layer. Its typed APIs are not used because they
 * rebuild objects from models that lack our fields, and its `Watch` is not because it cannot be aborted before the answer's
 * head, loses the body of an error answer and passes over lines that it cannot parse.
 */
export function createApiClient({
  kubeConfig,
  userAgent,
  requestTimeoutMs,
  clock,
  logger,
  observer,
}: ApiClientOptions): ApiClient {
  const http = new IsomorphicFetchHttpLibrary();

  async function send(request: Request, signal: AbortSignal): Promise<ResponseContext> {
    const startedAt = clock.monotonic();
    let status: number | undefined;
    try {
      const response = await sendNow(request, signal);
      status = response.httpStatusCode;
      return response;
    } finally {
      const { method } = request;
      observer?.requestEnded({ method, status, milliseconds: clock.monotonic() - startedAt });
    }
  }

  async function sendNow(request: Request, signal: AbortSignal): Promise<ResponseContext> {
    const server = kubeConfig.getCurrentCluster()?.server ?? '';
    const context = new RequestContext(server.replace(/\/+$/, '') + request.path, HttpMethod[request.method]);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) context.setQueryParam(name, String(value));
    }
    context.setHeaderParam('User-Agent', userAgent);
    context.setHeaderParam('Accept', 'application/json');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    try {
      await kubeConfig.applySecurityAuthentication(context);
    } catch (error) {
      // Nothing was sent: a CA or token file, or a credential plugin, failed.
      throw new ApiError('ApiServerUnavailable', `The credentials for ${server} cannot be read`, {
        mayHaveTakenEffect: false,
        cause: error,
      });
    }
    signal.throwIfAborted();
    context.setSignal(signal);
    return await http.send(context).toPromise();
  }

  function translate(request: Request, error: unknown, watchdog: Watchdog, signal: AbortSignal): unknown {
    if (error instanceof ApiError) return error;
    if (signal.aborted) return signal.reason;
    return errorOfFault(request, watchdog.expired() ? watchdog.signal.reason : error);
  }

  async function exchange(request: Request, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const startedAt = clock.monotonic();
    const watchdog = createWatchdog(clock, requestTimeoutMs, signal);
    try {
      const response = await send(request, watchdog.signal);
      const text = await response.body.text();
      const answer: Answer = { request, kind: request.kind, status: response.httpStatusCode, text };
      const milliseconds = Math.round(clock.monotonic() - startedAt);
      logger.debug(
        { method: request.method, path: request.path, status: answer.status, milliseconds },
        'Called the Kubernetes API',
      );
      return answer;
    } catch (error) {
      throw translate(request, error, watchdog, signal);
    } finally {
      watchdog.release();
    }
  }

  async function call(request: Request, signal: AbortSignal): Promise<Answer> {
    const answer = await exchange(request, signal);
    if (answer.status < 200 || answer.status > 299) {
      throw errorOfAnswer(request, answer.status, answer.text);
    }
    return answer;
  }

  return {
    async get<T extends KubernetesObject>(
      kind: ResourceKind,
      namespace: string,
      name: string,
      signal: AbortSignal,
    ) {
      const request: Request = { kind, method: 'GET', path: resourcePath(kind, namespace, name) };
      const answer = await exchange(request, signal);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw errorOfAnswer(request, answer.status, answer.text);
      return toObject<T>(answer);
    },

    async list<T extends KubernetesObject>(kind: ResourceKind, options: ListOptions, signal: AbortSignal) {
      const { namespace, ...query } = options;
      const request: Request = { kind, method: 'GET', path: resourcePath(kind, namespace), query };
      return toList<T>(await call(request, signal));
    },

    async *watch<T extends KubernetesObject>(kind: ResourceKind, options: WatchOptions, signal: AbortSignal) {
      signal.throwIfAborted();
      const request: Request = {
        kind,
        method: 'GET',
        path: resourcePath(kind, options.namespace),
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: options.resourceVersion,
          timeoutSeconds: options.timeoutSeconds,
        },
      };
      const watchdog = createWatchdog(clock, options.inactivityMs, signal);
      try {
        const { httpStatusCode: status, body } = await send(request, watchdog.signal);
        if (status !== 200) throw errorOfAnswer(request, status, await body.text());
        const stream = body.stream();
        if (!stream) return;
        for await (const line of readLines(stream, watchdog.touch)) {
          const event = toWatchEvent<T>({ request, kind, status, text: line });
          if (event) yield event;
        }
      } catch (error) {
        throw translate(request, error, watchdog, signal);
      } finally {
        watchdog.release();
      }
    },

    async applyStatus<T extends KubernetesObject>(
      kind: ResourceKind,
      object: KubernetesObject & { readonly status: object },
      fieldManager: string,
      signal: AbortSignal,
    ) {
      const { namespace, name } = object.metadata;
      const request: Request = {
        kind,
        method: 'PATCH',
        path: `${resourcePath(kind, namespace, name)}/status`,
        query: { fieldManager, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: object,
      };
      return toObject<T>(await call(request, signal));
    },

    async create<T extends NewKubernetesObject>(kind: ResourceKind, object: T, signal: AbortSignal) {
      const request: Request = {
        kind,
        method: 'POST',
        path: resourcePath(kind, object.metadata.namespace),
        body: object,
      };
      return toObject<T & KubernetesObject>(await call(request, signal));
    },

    async update<T extends KubernetesObject>(kind: ResourceKind, object: T, signal: AbortSignal) {
      const { namespace, name } = object.metadata;
      const path = resourcePath(kind, namespace, name);
      return toObject<T>(await call({ kind, method: 'PUT', path, body: object }, signal));
    },

    async patch<T extends KubernetesObject>(
      kind: ResourceKind,
      namespace: string,
      name: string,
      patch: object,
      signal: AbortSignal,
    ) {
      const request: Request = {
        kind,
        method: 'PATCH',
        path: resourcePath(kind, namespace, name),
        contentType: 'application/merge-patch+json',
        body: patch,
      };
      return toObject<T>(await call(request, signal));
    },
  };
}
