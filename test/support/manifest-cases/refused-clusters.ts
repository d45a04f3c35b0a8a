import { clusterManifest } from '../manifests.ts';
import type { ManifestCase } from './manifest-case.ts';
import { FINGERPRINT } from './sample-fingerprint.ts';

const URL = "must be an https URL of a host and an optional port, such as 'https://pve1.example:8006'";

/** Fields of a PveCluster. */
export const REFUSED_CLUSTERS: readonly ManifestCase[] = [
  {
    title: 'no endpoints',
    manifest: clusterManifest({ endpoints: [] }),
    refusedWith: 'spec.endpoints must be a list of 1 to 10 items; it is an empty list',
    kubectlSays: 'spec.endpoints in body should have at least 1 items',
  },
  ...[
    'http://pve1.example:8006',
    'pve1.example:8006',
    'https://pve1.example:8006/',
    'https://pve1.example:8006/api2/json',
    'https://pve1.example:8006?x=y',
    'https://user@pve1.example:8006',
    'https://pve1.example:0',
    'https://pve1.example:65536',
    'https://',
    'https://-a',
  ].map((endpoint) => ({
    title: `the endpoint ${endpoint}`,
    manifest: clusterManifest({ endpoints: ['https://pve1.example', endpoint] }),
    refusedWith: `spec.endpoints[1] ${URL}`,
  })),
  {
    title: 'a CA of another kind',
    manifest: clusterManifest({ tls: { caRef: { kind: 'Pod', name: 'a' } } }),
    refusedWith: "spec.tls.caRef.kind must be 'ConfigMap' or 'Secret'; it is 'Pod'",
    kubectlSays: 'supported values: "ConfigMap", "Secret"',
  },
  {
    title: 'a CA key with a slash',
    manifest: clusterManifest({ tls: { caRef: { kind: 'Secret', name: 'a', key: 'a/b' } } }),
    refusedWith: "spec.tls.caRef.key must be a key of letters, digits, '-', '_' and '.', such as 'ca.crt'",
  },
  ...[
    FINGERPRINT.toLowerCase(),
    FINGERPRINT.replaceAll(':', ' '),
    FINGERPRINT.replace(/:/, '-'),
    `${FINGERPRINT.slice(0, -1)}G`,
    // By SHA-1.
    FINGERPRINT.slice(0, 59),
  ].map((fingerprint) => ({
    title: `the fingerprint ${fingerprint}`,
    manifest: clusterManifest({ tls: { fingerprints: [FINGERPRINT, fingerprint] } }),
    refusedWith:
      "spec.tls.fingerprints[1] must be a SHA-256 fingerprint in upper case hex digits with colons, such as 'AB:CD:EF:01:23",
  })),
  ...[{ caRef: { kind: 'Secret', name: 'a' } }, { fingerprints: [FINGERPRINT] }].map((way) => ({
    title: `verification skipped beside ${Object.keys(way)}`,
    manifest: clusterManifest({ tls: { insecureSkipVerify: true, ...way } }),
    refusedWith:
      'spec.tls must not have `insecureSkipVerify: true` beside `caRef` or `fingerprints`; give either, such as',
  })),
  {
    title: 'requestTimeout 0s',
    manifest: clusterManifest({ requestTimeout: '0s' }),
    refusedWith:
      "spec.requestTimeout must be a duration such as '35s' or '1m30s', at least 1s and at most 5m",
  },
  {
    title: 'probeInterval 2h',
    manifest: clusterManifest({ probeInterval: '2h' }),
    refusedWith: "spec.probeInterval must be a duration such as '60s' or '5m', at least 10s and at most 1h",
  },
  {
    title: 'a Secret without a name',
    manifest: clusterManifest({ credentialsSecretRef: {} }),
    refusedWith: 'spec.credentialsSecretRef.name is required',
    kubectlSays: 'spec.credentialsSecretRef.name: Required value',
  },
];
