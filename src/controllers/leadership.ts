import { OperatorError } from '../lib/errors.ts';

/** Whether this operator is the one that acts, where several run. */
export interface Leadership {
  /** Whether nobody else can have taken over by now. To be asked right before each act that must not happen twice. */
  isCertain(): boolean;
}

/** Of an operator that runs alone. */
export const SOLE_LEADERSHIP: Leadership = { isCertain: () => true };

export function leadershipUncertain(): OperatorError {
  return new OperatorError(
    'LeadershipUncertain',
    'The operator could not renew its lease in time, so nothing is migrated until it is certain to lead: look at the API server, and at the CPU that the operator gets',
  );
}
