/**
 * The condition types of our kinds. Ready, Reconciling and Stalled mean what kstatus and the tools built on it expect;
 * Reconciling and Stalled are there only while they are True.
 */
export const CONDITION = {
  Ready: 'Ready',
  Reconciling: 'Reconciling',
  Stalled: 'Stalled',
  // PveCluster
  Reachable: 'Reachable',
  Authorized: 'Authorized',
  Quorate: 'Quorate',
  // BalancePolicy
  Balanced: 'Balanced',
  DataComplete: 'DataComplete',
} as const;

export type ConditionType = keyof typeof CONDITION;

export type ConditionMeanings = Readonly<
  Partial<Record<ConditionType, Readonly<Partial<Record<'True' | 'False' | 'Unknown', string>>>>>
>;

/** What each status of each condition means to its reader, by kind. The documentation is made from these tables. */
export const CONDITION_MEANINGS: Readonly<Record<'PveCluster' | 'BalancePolicy', ConditionMeanings>> = {
  PveCluster: {
    Ready: {
      True: 'The operator can work with the cluster.',
      False: 'It cannot; reason and message say why. BalancePolicies that name the cluster migrate nothing.',
      Unknown: 'The cluster was not probed yet.',
    },
    Reconciling: { True: 'The cluster was not probed yet, or the last probe failed and is tried again.' },
    Stalled: { True: 'A person must act; reason and message say on what.' },
    Reachable: {
      True: 'An endpoint answers.',
      False: 'No endpoint answers, or its certificate is not trusted.',
      Unknown: 'The probe did not get so far, or ended in another way.',
    },
    Authorized: {
      True: 'The credentials are accepted and have all the privileges that are needed.',
      False: 'The Secret cannot be used, its credentials are not accepted, or they lack a privilege.',
      Unknown: 'The probe did not get so far, or ended in another way.',
    },
    Quorate: {
      True: 'The cluster has a quorum.',
      False: 'The cluster has no quorum, so nothing may be changed in it.',
      Unknown: 'The probe did not get so far, or failed.',
    },
  },
  BalancePolicy: {
    Ready: {
      True: 'The policy does its job, also while it migrates, waits for its window or for approval, is suspended, or finds nothing that it may migrate.',
      False: 'It cannot do its job; reason and message say why.',
      Unknown: 'The policy was not evaluated yet.',
    },
    Reconciling: {
      True: 'The spec as it is now was not taken up yet, or the last cycle failed and is tried again.',
    },
    Stalled: {
      True: 'A person must act; reason and message say on what. It is looked at again when the policy or its PveCluster changes, and every five minutes; a `RuleConflict` at each evaluation.',
    },
    Balanced: {
      True: 'The imbalance is within the tolerance; with Optimize, required rules are kept and drained nodes empty as well.',
      False: 'It is not, or guests are being migrated, or the cluster is not judged again yet after that.',
      Unknown: 'The cluster was not evaluated, or not everything that a plan needs could be read.',
    },
    DataComplete: {
      True: 'Every node and guest could be read.',
      False: 'Nodes or guests that could not be read were left out of the plan; the message names them.',
      Unknown: 'The cluster was not evaluated.',
    },
  },
};
