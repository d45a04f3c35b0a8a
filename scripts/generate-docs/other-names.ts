import { IGNORE_TAG } from '../../src/balancing/exclusions.ts';
import { APPROVE } from '../../src/controllers/balance-policy/approval.ts';
import { REQUESTED_AT } from '../../src/controllers/balance-policy/schedule.ts';
import { SECRET_TYPE } from '../../src/controllers/pve-cluster/credentials.ts';

/** What people write beside the fields of our kinds. */

export const ANNOTATIONS: Readonly<Record<string, string>> = {
  [REQUESTED_AT]:
    'A new value, whatever it is, asks for an evaluation at once. It is echoed in `status.lastHandledReconcileAt`, its first 256 characters. It overrides neither `suspend` nor mode, windows, stabilization or cooldowns.',
  [APPROVE]:
    'With the mode Approve: the id of the plan in `status.plan.id` lets exactly that plan run, once. It is echoed in `status.lastHandledApproval`.',
};

export const TAGS: Readonly<Record<string, string>> = {
  [IGNORE_TAG]: 'The guest is never migrated, whatever a policy says. It still counts as load of its node.',
};

export const SECRET_RULES = `It has the type \`${SECRET_TYPE}\` and is in the namespace of the PveCluster. It holds either \`tokenId\` and
\`tokenSecret\`, or \`username\` and \`password\`, not both. [connection.md](connection.md) has examples.`;

export const SECRET_KEYS: Readonly<Record<string, string>> = {
  tokenId: 'The id of an API token with its user, such as `balancer@pve!operator`.',
  tokenSecret: 'Its secret.',
  username: 'A user with the realm, such as `balancer@pve`.',
  password: 'The password of the user.',
  endpoints:
    'Optional: endpoints, one a line. The credentials are sent to no other; a PveCluster that names another one has the reason `CredentialsInvalid`.',
};
