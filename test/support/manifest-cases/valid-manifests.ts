import { clusterManifest, POLICY_HEAD, policyManifest } from '../manifests.ts';
import type { ManifestCase } from './manifest-case.ts';
import { FINGERPRINT } from './sample-fingerprint.ts';
import { APART, PIN, TOGETHER } from './sample-rules.ts';

/** Taken by both. */
export const VALID_MANIFESTS: readonly ManifestCase[] = [
  { title: 'the shortest policy', manifest: policyManifest({}) },
  { title: 'the shortest cluster', manifest: clusterManifest({}) },
  {
    title: 'a policy with every field',
    manifest: policyManifest({
      mode: 'DryRun',
      suspend: true,
      interval: '1h30m',
      strategy: 'Cslb',
      tolerance: '12.5%',
      weights: { cpu: 0, memory: 1 },
      exclusions: {
        nodes: ['pve-test*'],
        vmids: [100, 999_999_999],
        types: ['qemu', 'lxc'],
        tags: ['pinned-?'],
        pools: ['prod/*'],
      },
      maxMigrations: 1000,
      migration: {
        concurrency: { total: 64, perNode: 64 },
        containers: 'Restart',
        localDisks: true,
        bandwidthLimit: '9999Gi',
        timeout: '168h',
      },
      stabilization: { window: '15m', guestCooldown: '0s', minimumGain: '2.5%' },
      placement: {
        rules: [
          { name: 'db', type: 'AntiAffinity', guests: { vmids: [101, 102] } },
          { name: 'web', type: 'Affinity', guests: { tags: ['web-*'] }, enforcement: 'Preferred' },
          { name: 'gpu', type: 'Pin', guests: { pools: ['gpu/*'] }, nodes: ['pve-gpu?'] },
        ],
        drainNodes: ['pve3', 'pve-old*'],
        reserve: { memory: '90%' },
      },
      historyLimit: 0,
    }),
  },
  {
    title: 'placement null, so its default',
    manifest: policyManifest({ placement: null, stabilization: { minimumGain: null } }),
  },
  {
    title: 'a rule about one guest, with the type Pin',
    manifest: policyManifest({ placement: { rules: [PIN] } }),
  },
  {
    title: 'a wish against a rule',
    manifest: policyManifest({ placement: { rules: [TOGETHER, { ...APART, enforcement: 'Preferred' }] } }),
  },
  {
    title: 'guests together, one of them apart from others',
    manifest: policyManifest({
      placement: { rules: [TOGETHER, { ...APART, guests: { vmids: [101, 201] } }] },
    }),
  },
  {
    title: 'a drained node among those of a Pin',
    manifest: policyManifest({
      placement: { rules: [{ ...PIN, nodes: ['pve1', 'pve2'] }], drainNodes: ['pve1'] },
    }),
  },
  {
    title: 'a cluster with every field',
    manifest: clusterManifest({
      endpoints: ['https://pve1.example', 'https://10.0.0.1:8006', 'https://[2001:db8::1]:65535'],
      tls: {
        caRef: { kind: 'ConfigMap', name: 'lab-ca', key: 'pve-root-ca.pem' },
        fingerprints: [FINGERPRINT],
        insecureSkipVerify: false,
      },
      requestTimeout: '5m',
      probeInterval: '10s',
    }),
  },
  {
    title: 'certificates that are not verified',
    manifest: clusterManifest({ tls: { insecureSkipVerify: true, fingerprints: [] } }),
  },
  { title: 'tolerance 0%', manifest: policyManifest({ tolerance: '0%' }) },
  { title: 'tolerance 100%', manifest: policyManifest({ tolerance: '100%' }) },
  { title: 'interval 10s', manifest: policyManifest({ interval: '10s' }) },
  { title: 'interval 10000ms', manifest: policyManifest({ interval: '10000ms' }) },
  { title: 'interval 0.5h', manifest: policyManifest({ interval: '0.5h' }) },
  { title: 'interval null, so its default', manifest: policyManifest({ interval: null }) },
  { title: 'exclusions null, so their default', manifest: policyManifest({ exclusions: null }) },
  { title: 'the same tag twice', manifest: policyManifest({ exclusions: { tags: ['a', 'a'] } }) },
  {
    title: 'labels and annotations',
    manifest: policyManifest({}, { labels: { a: 'b' }, annotations: { c: '' } }),
  },
  {
    title: 'YAML with yes for true',
    manifest: `${POLICY_HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, suspend: yes}`,
  },
  {
    title: 'YAML with an octal number',
    manifest: `${POLICY_HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, maxMigrations: 010}`,
  },
];
