import { isOperatorError, type OperatorError } from './errors.ts';

/** A fault of one node or guest, which says nothing about the rest of the cluster. All others concern the cluster as a whole. */
export function isLocalFault(error: unknown): error is OperatorError {
  return isOperatorError(
    error,
    'NodeUnreachable',
    'ServerError',
    'UnexpectedAnswer',
    'InvalidRequest',
    'NotImplemented',
  );
}

/** The same where a guest is looked at to be migrated: one that may not be read is no candidate, the others are. */
export function makesNoCandidate(error: unknown): error is OperatorError {
  return isLocalFault(error) || isOperatorError(error, 'Forbidden');
}
