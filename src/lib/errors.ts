/**
 * The catalogue of everything that can go wrong, by who must act:
 * - `Retry`: nobody, it is tried again soon, with growing pauses;
 * - `Wait`: nobody, something else has to happen first; looked at again at a stated interval;
 * - `Stall`: the person who owns the cluster, Secret or policy; looked at again slowly, and at once when one of them changes;
 * - `User`: the person at the terminal; a command ends with exit code 2.
 *
 * What a controller does with each code (requeue, condition, event, log level) is the one table in
 * `controllers/error-outcomes.ts`.
 */
const CATALOGUE = {
  // The Proxmox API
  Unreachable: 'Retry',
  CertificateUntrusted: 'Stall',
  Unauthorized: 'Stall',
  Forbidden: 'Stall',
  InvalidRequest: 'Retry',
  ServerError: 'Retry',
  NotImplemented: 'Retry',
  NodeUnreachable: 'Retry',
  UnexpectedAnswer: 'Retry',
  // What the operator finds out about a cluster
  NotQuorate: 'Wait',
  DataIncomplete: 'Wait',
  // Kubernetes objects
  CredentialsNotFound: 'Stall',
  CredentialsInvalid: 'Stall',
  ClusterNotFound: 'Stall',
  ClusterNotReady: 'Wait',
  ClusterChanged: 'Stall',
  InvalidSpec: 'Stall',
  Conflict: 'Retry',
  ObjectGone: 'Wait',
  ApiServerUnavailable: 'Retry',
  ApiServerRefused: 'Retry',
  // Which of several operators acts
  LeadershipUncertain: 'Wait',
  LeadershipLost: 'Retry',
  // The command line
  Usage: 'User',
  InvalidInput: 'User',
} as const;

export type ErrorCode = keyof typeof CATALOGUE;
export type ErrorAction = (typeof CATALOGUE)[ErrorCode];

/** An error with a code of the catalogue. The message names the thing, what is wrong, and what to do; never a secret. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get action(): ErrorAction {
    return CATALOGUE[this.code];
  }
}

export function isOperatorError(error: unknown, ...codes: readonly ErrorCode[]): error is OperatorError {
  return error instanceof OperatorError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
