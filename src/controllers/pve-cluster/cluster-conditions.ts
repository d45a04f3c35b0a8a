import { isOperatorError } from '../../lib/errors.ts';
import { describeMissing } from '../../proxmox/missing-privileges.ts';
import type { ConditionUpdate } from '../conditions.ts';
import { type ErrorOutcome, outcomeOfError } from '../error-outcomes.ts';
import type { ClusterProbe } from '../proxmox-cluster.ts';

/** What the conditions of a PveCluster say in each of its situations. */

const UNVERIFIED =
  'WARNING: its certificate is not verified (`spec.tls.insecureSkipVerify`), so whoever gets in between can read the credentials: set `spec.tls.caRef` or `spec.tls.fingerprints` instead.';

export function unseenConditions(): readonly ConditionUpdate[] {
  const message = 'The cluster was not probed yet.';
  const rest = { status: 'Unknown', reason: 'Progressing', message } as const;
  return [
    { type: 'Ready', ...rest },
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
    { type: 'Reachable', ...rest },
    { type: 'Authorized', ...rest },
    { type: 'Quorate', ...rest },
  ];
}

/** What was found wrong although the cluster answered; undefined when it can be used. */
export interface Shortcoming {
  readonly reason: 'Forbidden' | 'NotQuorate' | 'DuplicateCluster';
  readonly message: string;
}

export function shortcomingOf(probe: ClusterProbe, older: string | undefined): Shortcoming | undefined {
  if (probe.missingPrivileges.length > 0) {
    return { reason: 'Forbidden', message: describeMissing(probe.missingPrivileges) };
  }
  if (older !== undefined) {
    return {
      reason: 'DuplicateCluster',
      message: `PveCluster '${older}' is the same physical cluster and older; that one is used. Point the policies there and delete this one.`,
    };
  }
  if (!probe.quorate) {
    return {
      reason: 'NotQuorate',
      message:
        'The Proxmox cluster has no quorum, so nothing is migrated: bring its nodes back, `pvecm status` tells more.',
    };
  }
  return undefined;
}

/** @param unverified Whether the endpoints' certificates are taken as they are. */
export function probedConditions(
  probe: ClusterProbe,
  shortcoming: Shortcoming | undefined,
  unverified: boolean,
): readonly ConditionUpdate[] {
  const { total, online } = probe.nodes;
  const summary = `Proxmox VE ${probe.version}, ${online} of ${total} nodes online.`;
  const ready: readonly ConditionUpdate[] = shortcoming
    ? [
        { type: 'Ready', status: 'False', ...shortcoming },
        // A quorum comes back by itself, the others wait for a person.
        shortcoming.reason === 'NotQuorate'
          ? { type: 'Stalled', status: 'Absent' }
          : { type: 'Stalled', status: 'True', ...shortcoming },
      ]
    : [
        { type: 'Ready', status: 'True', reason: 'Succeeded', message: summary },
        { type: 'Stalled', status: 'Absent' },
      ];
  return [
    ...ready,
    { type: 'Reconciling', status: 'Absent' },
    reachableWith(summary, unverified),
    probe.missingPrivileges.length === 0
      ? {
          type: 'Authorized',
          status: 'True',
          reason: 'Authorized',
          message: 'The credentials have every privilege that is needed.',
        }
      : {
          type: 'Authorized',
          status: 'False',
          reason: 'Forbidden',
          message: describeMissing(probe.missingPrivileges),
        },
    probe.quorate
      ? { type: 'Quorate', status: 'True', reason: 'Quorate', message: 'The cluster has a quorum.' }
      : { type: 'Quorate', status: 'False', reason: 'NotQuorate', message: 'The cluster has no quorum.' },
  ];
}

export function failedConditions(error: unknown, unverified: boolean): readonly ConditionUpdate[] {
  const failure = outcomeOfError(error);
  const { reason, message, stalled } = failure;
  return [
    { type: 'Ready', status: 'False', reason, message },
    stalled ? { type: 'Stalled', status: 'True', reason, message } : { type: 'Stalled', status: 'Absent' },
    stalled
      ? { type: 'Reconciling', status: 'Absent' }
      : { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message },
    reachable(error, failure, unverified),
    authorized(error, failure),
    { type: 'Quorate', status: 'Unknown', reason, message },
  ];
}

function reachable(
  error: unknown,
  failure: ErrorOutcome & { readonly message: string },
  unverified: boolean,
): ConditionUpdate {
  const { reason, message } = failure;
  if (isOperatorError(error, 'Unauthorized', 'Forbidden')) {
    return reachableWith('An endpoint of the cluster answers.', unverified);
  }
  const answered = isOperatorError(error, 'Unreachable', 'CertificateUntrusted');
  return { type: 'Reachable', status: answered ? 'False' : 'Unknown', reason, message };
}

function reachableWith(message: string, unverified: boolean): ConditionUpdate {
  if (!unverified) return { type: 'Reachable', status: 'True', reason: 'Reachable', message };
  return {
    type: 'Reachable',
    status: 'True',
    reason: 'CertificateUnverified',
    message: `${message} ${UNVERIFIED}`,
  };
}

function authorized(error: unknown, failure: ErrorOutcome & { readonly message: string }): ConditionUpdate {
  const { reason, message } = failure;
  const refused = isOperatorError(
    error,
    'Unauthorized',
    'Forbidden',
    'CredentialsInvalid',
    'CredentialsNotFound',
  );
  return { type: 'Authorized', status: refused ? 'False' : 'Unknown', reason, message };
}
