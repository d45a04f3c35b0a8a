/** Every reason a condition can have, with what it means to its reader. The documentation is made from this table. */
export const REASONS = {
  // The common course
  Succeeded: 'The last cycle ended well.',
  Progressing: 'The object was not looked at yet, or a new generation of its spec is being taken up.',
  ProgressingWithRetry: 'The last cycle failed and is being tried again.',
  Suspended: 'The policy is suspended: nothing is migrated, plans are still made.',
  DryRun: 'The policy only plans: nothing is migrated.',

  // The balance of a cluster
  Balanced:
    'The imbalance is within the tolerance; with Optimize, required rules are kept and drained nodes empty as well.',
  Imbalanced:
    'The imbalance exceeds the tolerance, or with Optimize a required rule is broken or a drained node not empty. What is planned is not begun, `Ready` says why.',
  StrategyExhausted:
    'The imbalance exceeds the tolerance, or with Optimize a required rule is broken or a drained node not empty, and the strategy finds nothing that it may migrate.',
  OutsideWindow: 'None of the windows of the policy is open: nothing is migrated, plans are still made.',
  AwaitingApproval: 'A plan waits for the annotation `pve-cslb.io/approve` that names it.',
  Stabilizing: 'The imbalance has not lasted for `spec.stabilization.window` yet.',
  CoolingDown: 'What could be migrated was migrated lately, or could not be, and is left alone for a while.',
  CooldownsFull: 'There is no room in `status.cooldowns` for another guest, so nothing is migrated.',
  MigrationsFailing: 'Several migrations in a row failed; the policy pauses for a growing time.',
  Migrating: 'Migrations of this policy are under way.',
  Settling: 'Migrations have ended; the statistics of the cluster need a moment until they show it.',
  MigrationsOverdue:
    'A migration takes longer than `spec.migration.timeout`; nothing new is started until it is over.',
  ForeignMigrations:
    "Migrations that no policy of this operator has on record run as the same Proxmox user: another operator's, or a deleted policy's.",

  LeadershipUncertain:
    'The operator could not renew its lease in time, so another may lead: nothing is started until it is certain again.',

  // What is known of a cluster
  DataComplete: 'Everything that a plan needs could be read.',
  DataIncomplete: 'Something that a plan needs could not be read.',
  StaleData: 'The statistics of a node are out of date.',
  Reachable: 'An endpoint of the cluster answers.',
  CertificateUnverified:
    'An endpoint of the cluster answers. Its certificate is not verified, as `spec.tls.insecureSkipVerify` asks.',
  Authorized: 'The credentials are accepted and have all the privileges that are needed.',
  Quorate: 'The cluster has a quorum.',
  NotQuorate: 'The cluster has no quorum, so nothing may be changed in it.',
  Unreachable: 'No endpoint of the cluster answers.',
  CertificateUntrusted:
    "The endpoint's certificate is not signed by a trusted CA, is for another host, or is none of the pinned ones.",

  // What a person set up
  ClusterNotFound: 'The PveCluster that the policy names does not exist.',
  ClusterNotReady: 'The PveCluster that the policy names is not Ready.',
  ClusterChanged:
    'The PveCluster is another physical cluster than the one on which migrations are under way.',
  ClusterHeld: 'Another policy has the right to migrate guests in this physical cluster.',
  DuplicateCluster: 'An older PveCluster is the same physical cluster; that one is used.',
  RuleConflict:
    '`spec.placement` asks for what contradicts itself, Proxmox HA or the cluster; all else of the policy is done.',
  InvalidSpec:
    'The spec is not valid in a way that the API server cannot see, such as a time zone that does not exist, or was stored past its validation.',
  CredentialsNotFound: 'The Secret or CA that the PveCluster names does not exist, or may not be read.',
  CredentialsInvalid:
    'The Secret or CA that the PveCluster names is of the wrong type, lacks a key or has one too many.',
  Unauthorized: 'Proxmox does not accept the credentials.',
  Forbidden: 'The credentials lack a privilege.',
} as const;

export type Reason = keyof typeof REASONS;
