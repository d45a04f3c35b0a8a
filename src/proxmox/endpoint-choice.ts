import { exponentialBackoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import type { OperatorError } from '../lib/errors.ts';

/** Which endpoint to ask: the first of the list that works. */
export interface EndpointChoice {
  /** In this order. One that failed comes first again, for one call, when its pause is over. */
  forRead(): readonly string[];
  /** In this order, beginning with the one that is known to work: what is sent once tries nothing out. */
  forWrite(): readonly string[];
  /** True when it did not work before. */
  answered(endpoint: string): boolean;
  /** True when it worked before, as far as was known. */
  failed(endpoint: string, error: OperatorError): boolean;
  /** Grows with every failure; for `failedSince`. */
  mark(): number;
  /** The error of an endpoint that was found not to work after `mark`, and not to work again since. */
  failedSince(endpoint: string, mark: number): OperatorError | undefined;
  /** The one in use; undefined when none has answered yet. */
  readonly active: string | undefined;
}

interface Fault {
  readonly error: OperatorError;
  readonly mark: number;
  attempts: number;
  /** On the clock's monotonic scale. */
  retryAt: number;
}

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 300_000;

/** @param endpoints In order of preference. */
export function createEndpointChoice(
  endpoints: readonly string[],
  clock: Pick<Clock, 'monotonic'>,
): EndpointChoice {
  const faults = new Map<string, Fault>();
  const heard = new Set<string>();
  let lastHeard: string | undefined;
  let mark = 0;

  function working(): readonly string[] {
    return endpoints.filter((endpoint) => !faults.has(endpoint));
  }

  function known(): string | undefined {
    return working().find((endpoint) => heard.has(endpoint));
  }

  function postpone(fault: Fault): void {
    fault.retryAt = clock.monotonic() + exponentialBackoff(fault.attempts, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    fault.attempts += 1;
  }

  function withRest(first: readonly string[]): readonly string[] {
    return [...new Set([...first, ...working(), ...endpoints])];
  }

  return {
    forRead() {
      const [best] = working();
      // None works: each is tried anyway.
      if (best === undefined) return endpoints;
      const preferred = endpoints.slice(0, endpoints.indexOf(best));
      const due = preferred.find((endpoint) => (faults.get(endpoint)?.retryAt ?? 0) <= clock.monotonic());
      const fault = due === undefined ? undefined : faults.get(due);
      // Only the caller waits for it; the others go on with the one that works.
      if (fault) postpone(fault);
      return withRest(due === undefined ? [] : [due]);
    },
    forWrite() {
      const first = known();
      return withRest(first === undefined ? [] : [first]);
    },
    answered(endpoint) {
      heard.add(endpoint);
      lastHeard = endpoint;
      return faults.delete(endpoint);
    },
    failed(endpoint, error) {
      mark += 1;
      const before = faults.get(endpoint);
      const fault: Fault = { attempts: 0, retryAt: 0, ...before, error, mark };
      if (!before) postpone(fault);
      faults.set(endpoint, fault);
      return before === undefined;
    },
    mark: () => mark,
    failedSince(endpoint, since) {
      const fault = faults.get(endpoint);
      return fault && fault.mark > since ? fault.error : undefined;
    },
    get active() {
      return known() ?? lastHeard;
    },
  };
}
