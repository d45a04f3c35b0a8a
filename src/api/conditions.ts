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
