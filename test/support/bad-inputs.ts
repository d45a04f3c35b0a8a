import { CONFIG_MAPS, SECRETS } from '../../src/controllers/resources.ts';
import { AUDITOR_TOKEN, OPERATOR_TOKEN } from './balance-scenario.ts';
import type { Lab } from './lab.ts';
import type { LabCluster } from './lab-cluster.ts';
import { authority, CREDENTIALS_TYPE, credentials } from './lab-objects.ts';

/** What users get wrong about a PveCluster, and how they put it right. */
export interface BadInput {
  /** Of the PveCluster and its policy; its Secret and ConfigMap end in `-pve` and `-ca`. */
  readonly name: string;
  readonly title: string;
  readonly reason: string;
  /** What is wrong and what to do. */
  readonly message: RegExp;
  /** Whether only a person can mend it. */
  readonly stalled: boolean;
  /** Makes Secret and ConfigMap, or leaves them out, before the PveCluster is there. */
  readonly begin: (place: Place) => Promise<void>;
  readonly mend: (place: Place) => Promise<void>;
}

export interface Place {
  readonly lab: Lab;
  readonly name: string;
  readonly cluster: LabCluster;
}

const WRONG_SECRET = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

function createSecret({ lab, name }: Place, token = OPERATOR_TOKEN, type = CREDENTIALS_TYPE): Promise<void> {
  return lab.create(SECRETS, credentials(lab.named(`${name}-pve`), token, type));
}

function setSecret({ lab, name }: Place, stringData: object): Promise<void> {
  return lab.patch(SECRETS, `${name}-pve`, { stringData });
}

function createAuthority({ lab, name, cluster }: Place, pem = cluster.proxy.caCertificate): Promise<void> {
  return lab.create(CONFIG_MAPS, authority(lab.named(`${name}-ca`), pem));
}

function setAuthority({ lab, name, cluster }: Place): Promise<void> {
  return lab.patch(CONFIG_MAPS, `${name}-ca`, { data: { 'ca.crt': cluster.proxy.caCertificate } });
}

async function createBoth(place: Place): Promise<void> {
  await createSecret(place);
  await createAuthority(place);
}

export const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'no-secret',
    title: 'a Secret that is missing',
    reason: 'CredentialsNotFound',
    message: /There is no Secret 'no-secret-pve' .*: create it/,
    stalled: true,
    begin: createAuthority,
    mend: createSecret,
  },
  {
    name: 'opaque-secret',
    title: 'a Secret of the wrong type',
    reason: 'CredentialsInvalid',
    message: /opaque-secret-pve' is of type 'Opaque', it must be 'pve-cslb.io\/credentials': create it anew/,
    stalled: true,
    begin: async (place) => {
      await createSecret(place, OPERATOR_TOKEN, 'Opaque');
      await createAuthority(place);
    },
    mend: async (place) => {
      await place.lab.delete(SECRETS, 'opaque-secret-pve');
      await createSecret(place);
    },
  },
  {
    name: 'half-secret',
    title: 'a Secret without one of its keys',
    reason: 'CredentialsInvalid',
    message: /half-secret-pve' .*`tokenSecret`/,
    stalled: true,
    begin: async (place) => {
      await createBoth(place);
      await place.lab.patch(SECRETS, 'half-secret-pve', { data: { tokenSecret: null } });
    },
    mend: (place) => setSecret(place, { tokenSecret: OPERATOR_TOKEN.secret }),
  },
  {
    name: 'wrong-token',
    title: 'a wrong token',
    reason: 'Unauthorized',
    message: /does not accept .*balancer@pve!operator.* Check that/,
    stalled: true,
    begin: async (place) => {
      await createSecret(place, { ...OPERATOR_TOKEN, secret: WRONG_SECRET });
      await createAuthority(place);
    },
    mend: (place) => setSecret(place, { tokenSecret: OPERATOR_TOKEN.secret }),
  },
  {
    name: 'weak-token',
    title: 'a token without a privilege',
    reason: 'Forbidden',
    message: /lack VM.Migrate on \/vms \(to ask .*\): give/,
    stalled: true,
    begin: async (place) => {
      await createSecret(place, AUDITOR_TOKEN);
      await createAuthority(place);
    },
    mend: (place) => setSecret(place, { tokenId: OPERATOR_TOKEN.id, tokenSecret: OPERATOR_TOKEN.secret }),
  },
  {
    name: 'wrong-ca',
    title: 'an untrusted certificate',
    reason: 'CertificateUntrusted',
    message: /is not trusted: .* Name the cluster's CA/,
    stalled: true,
    begin: async (place) => {
      await createSecret(place);
      // The CA of the simulated cluster; its proxy's is another one.
      await createAuthority(place, place.cluster.simulator.caCertificate);
    },
    mend: setAuthority,
  },
  {
    name: 'no-ca',
    title: 'a CA that is missing',
    reason: 'CredentialsNotFound',
    message: /There is no ConfigMap 'no-ca-ca' .*: create it/,
    stalled: true,
    begin: createSecret,
    mend: createAuthority,
  },
  {
    name: 'empty-ca',
    title: 'a ConfigMap without the CA',
    reason: 'CredentialsInvalid',
    message: /empty-ca-ca' has no key 'ca.crt' .*: put/,
    stalled: true,
    begin: async (place) => {
      await createBoth(place);
      await place.lab.patch(CONFIG_MAPS, 'empty-ca-ca', { data: { 'ca.crt': null } });
    },
    mend: setAuthority,
  },
  {
    name: 'unreachable',
    title: 'a host that cannot be reached',
    reason: 'Unreachable',
    message: /cannot be reached: .* Check the endpoint/,
    stalled: false,
    begin: async (place) => {
      await createBoth(place);
      await place.cluster.simulator.setReachable(false);
    },
    mend: ({ cluster }) => cluster.simulator.setReachable(true),
  },
  {
    name: 'no-quorum',
    title: 'a cluster without quorum',
    reason: 'NotQuorate',
    message: /has no quorum.*: bring its nodes back/,
    stalled: false,
    begin: async (place) => {
      await createBoth(place);
      place.cluster.simulator.control.setQuorate(false);
    },
    mend: async ({ cluster }) => cluster.simulator.control.setQuorate(undefined),
  },
];
