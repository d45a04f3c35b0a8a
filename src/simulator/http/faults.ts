/** What goes wrong with requests that match. */
export interface Fault {
  readonly matches: RequestMatch;
  /** How many requests it meets; 1 when absent. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

export interface RequestMatch {
  readonly method?: string;
  /** Over the path below `/api2/json`. */
  readonly path: RegExp;
}

export type FaultEffect =
  /** Acts, then cuts the connection instead of answering. */
  | { readonly kind: 'loseAnswer' }
  /** Cuts the connection without acting. */
  | { readonly kind: 'loseRequest' }
  /** Acts, then never answers. */
  | { readonly kind: 'hang' }
  /** Waits, in simulated time, before it acts and answers. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Acts, and answers something that is no answer. */
  | { readonly kind: Malformation }
  /** Answers this without acting. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reason: string;
      readonly contentType?: string;
      /** None at all when undefined. */
      readonly body: string | undefined;
    };

/**
 * `html`: a proxy's page; `truncated`: JSON that stops in the middle; `nullData`; `stringNumbers`: every number is a
 * string; `endless`: a list that never ends.
 */
export type Malformation = 'html' | 'truncated' | 'nullData' | 'stringNumbers' | 'endless';

export interface Faults {
  add(fault: Fault): void;
  /** The fault that meets this request, used up by it. */
  take(method: string, path: string): FaultEffect | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  const faults: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    take(method, path) {
      const index = faults.findIndex(
        ({ fault: { matches } }) =>
          (matches.method === undefined || matches.method === method) && path.search(matches.path) >= 0,
      );
      const found = faults[index];
      if (!found) return undefined;
      found.left -= 1;
      if (found.left === 0) faults.splice(index, 1);
      return found.fault.effect;
    },
    clear: () => {
      faults.length = 0;
    },
  };
}
