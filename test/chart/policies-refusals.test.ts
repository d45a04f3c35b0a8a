import { expect } from 'chai';
import { refusal } from '../support/chart/render-chart.ts';

const CHART = 'pve-cslb-policies';
const TOKEN = { tokenId: 'a@pve!b', tokenSecret: 'c' };
const SPEC = { endpoints: ['https://pve1.example:8006'] };
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const POLICY = { clusterRef: { name: 'lab' }, mode: 'Approve' };

const cluster = (entry: object) => ({ clusters: { lab: { credentials: TOKEN, spec: SPEC, ...entry } } });
const credentials = (given: object) => cluster({ credentials: given });
const policy = (spec: object) => ({ policies: { lab: { spec: { ...POLICY, ...spec } } } });

interface Refused {
  readonly what: string;
  readonly values: object;
  readonly because: string;
}

/** What the schema cannot tell in a sentence. */
const CONTRADICTIONS: readonly Refused[] = [
  {
    what: 'credentials beside a Secret that exists',
    values: credentials({ existingSecret: 'lab-pve', ...TOKEN }),
    because: 'clusters.lab.credentials has both existingSecret and credentials of its own: keep one of them.',
  },
  {
    what: 'no credentials',
    values: credentials({}),
    because:
      'clusters.lab.credentials has no credentials: name a Secret in existingSecret, or give tokenId and tokenSecret, or username and password.',
  },
  {
    what: 'a token and a login',
    values: credentials({ ...TOKEN, username: 'a@pve', password: 'p' }),
    because:
      'clusters.lab.credentials has both a token and a login: give tokenId and tokenSecret, or username and password.',
  },
  {
    what: 'half of a token',
    values: credentials({ tokenId: 'a@pve!b' }),
    because: 'clusters.lab.credentials has only half of a token: give both tokenId and tokenSecret.',
  },
  {
    what: 'half of a login',
    values: credentials({ password: 'p' }),
    because: 'clusters.lab.credentials has only half of a login: give both username and password.',
  },
  {
    what: 'a binding of a Secret that exists',
    values: credentials({ existingSecret: 'lab-pve', bindEndpoints: true }),
    because:
      'clusters.lab.credentials has bindEndpoints beside existingSecret: a Secret that exists says for itself, with its key `endpoints`, where it may be sent.',
  },
  {
    what: 'two CAs',
    values: cluster({ ca: { certificate: PEM, existingConfigMap: 'lab-ca' } }),
    because:
      'clusters.lab.ca has more than one of certificate, existingConfigMap and existingSecret: keep one of them.',
  },
  {
    what: 'a CA without one',
    values: cluster({ ca: { key: 'ca.crt' } }),
    because:
      'clusters.lab.ca has no CA: give certificate, or name an object in existingConfigMap or existingSecret.',
  },
  {
    what: 'a CA where any certificate is taken',
    values: cluster({
      ca: { existingConfigMap: 'lab-ca' },
      spec: { ...SPEC, tls: { insecureSkipVerify: true } },
    }),
    because:
      'clusters.lab.ca stands beside spec.tls.insecureSkipVerify, which takes any certificate: remove one of them.',
  },
  {
    what: 'names that no object can have',
    values: { policies: { Lab_1: { spec: POLICY } } },
    because:
      "policies.Lab_1 is not the name of an object: use up to 240 lower case letters, digits, '-' and '.', such as 'lab'.",
  },
];

/** What the schema refuses. */
const UNKNOWN: readonly Refused[] = [
  {
    what: 'a key at the top',
    values: { cluster: {} },
    because: "additional properties 'cluster' not allowed",
  },
  {
    what: 'a key of credentials',
    values: credentials({ token: 'x' }),
    because: "at '/clusters/lab/credentials': additional properties 'token' not allowed",
  },
  {
    what: 'a reference that credentials say',
    values: cluster({ spec: { ...SPEC, credentialsSecretRef: { name: 'x' } } }),
    because: "at '/clusters/lab/spec': additional properties 'credentialsSecretRef' not allowed",
  },
  {
    what: 'a reference that ca says',
    values: cluster({ spec: { ...SPEC, tls: { caRef: {} } } }),
    because: "at '/clusters/lab/spec/tls': additional properties 'caRef' not allowed",
  },
  {
    what: 'a field of a policy',
    values: policy({ tolerence: '20%' }),
    because: "at '/policies/lab/spec': additional properties 'tolerence' not allowed",
  },
  {
    what: 'a field deep in a policy',
    values: policy({ migration: { concurrency: { pernode: 1 } } }),
    because: "at '/policies/lab/spec/migration/concurrency': additional properties 'pernode' not allowed",
  },
  {
    what: 'a word',
    values: policy({ mode: 'Auto' }),
    because: "at '/policies/lab/spec/mode': value must be one of 'Automatic', 'Approve', 'DryRun'",
  },
  {
    what: 'a number',
    values: policy({ historyLimit: 201 }),
    because: "at '/policies/lab/spec/historyLimit': maximum: got 201, want 200",
  },
  {
    what: 'a cluster without credentials',
    values: { clusters: { lab: { spec: SPEC } } },
    because: "at '/clusters/lab': missing property 'credentials'",
  },
  {
    what: 'a file name for a certificate',
    values: cluster({ ca: { certificate: '/etc/pve/pve-root-ca.pem' } }),
    because: "at '/clusters/lab/ca/certificate'",
  },
];

describe('values that the chart of clusters and policies refuses', () => {
  for (const { what, values, because } of [...CONTRADICTIONS, ...UNKNOWN]) {
    it(what, async () => {
      expect(await refusal({ chart: CHART, values })).to.include(because);
    });
  }
});
