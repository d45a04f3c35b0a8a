/**
 * Manifests on which offline validation and the API server must agree: `test/unit/api` judges them offline,
 * `test/e2e/crds.test.ts` by `kubectl apply`.
 */
export interface ManifestCase {
  readonly title: string;
  /** YAML, one document. */
  readonly manifest: string;
  /** What offline validation says, field and message; undefined when the manifest is valid. */
  readonly refusedWith?: string;
  /** What kubectl says, where that is not `refusedWith`'s field and message. */
  readonly kubectlSays?: string;
}

export function policyManifest(spec: object, metadata: object = {}): string {
  return manifest('BalancePolicy', { clusterRef: { name: 'lab' }, mode: 'Automatic', ...spec }, metadata);
}

export function clusterManifest(spec: object, metadata: object = {}): string {
  const required = { endpoints: ['https://pve1.example:8006'], credentialsSecretRef: { name: 'lab-pve' } };
  return manifest('PveCluster', { ...required, ...spec }, metadata);
}

function manifest(kind: string, spec: object, metadata: object): string {
  return JSON.stringify({
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind,
    metadata: { name: 'lab', ...metadata },
    spec,
  });
}

const DURATION = "must be a duration such as '5m' or '1h30m', at least 10s and at most 168h";
const PERCENTAGE = "must be a percentage from '0%' to '100%', such as '20%' or '12.5%'";
const URL = "must be an https URL of a host and an optional port, such as 'https://pve1.example:8006'";
const FINGERPRINT = Array.from({ length: 32 }, (_, index) =>
  (index * 7 + 16).toString(16).toUpperCase(),
).join(':');
const PIN = { name: 'here', type: 'Pin', guests: { vmids: [101] }, nodes: ['pve1'] };
const TOGETHER = { name: 'together', type: 'Affinity', guests: { vmids: [101, 102] } };
const APART = { name: 'apart', type: 'AntiAffinity', guests: { vmids: [102, 101] } };
const KNOWN = 'is not a known field; known here are';

const HEAD = 'apiVersion: pve-cslb.io/v1alpha1\nkind: BalancePolicy\nmetadata: {name: lab}\n';

export const MANIFEST_CASES: readonly ManifestCase[] = [
  // Good ones
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
    manifest: `${HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, suspend: yes}`,
  },
  {
    title: 'YAML with an octal number',
    manifest: `${HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, maxMigrations: 010}`,
  },

  // Bad ones
  {
    title: 'tolerance 120%',
    manifest: policyManifest({ tolerance: '120%' }),
    refusedWith: `spec.tolerance ${PERCENTAGE}`,
  },
  {
    title: 'tolerance without %',
    manifest: policyManifest({ tolerance: '20' }),
    refusedWith: `spec.tolerance ${PERCENTAGE}`,
  },
  {
    title: 'tolerance 100.5%',
    manifest: policyManifest({ tolerance: '100.5%' }),
    refusedWith: `spec.tolerance ${PERCENTAGE}`,
  },
  {
    title: 'tolerance as a number',
    manifest: policyManifest({ tolerance: 20 }),
    refusedWith: `spec.tolerance ${PERCENTAGE}`,
    kubectlSays: 'spec.tolerance in body must be of type string',
  },
  {
    title: 'weights of 0 and 0',
    manifest: policyManifest({ weights: { cpu: 0, memory: 0 } }),
    refusedWith: 'spec.weights must have `cpu` or `memory` above 0, such as {cpu: 40, memory: 60}',
  },
  {
    title: 'only one weight',
    manifest: policyManifest({ weights: { cpu: 40 } }),
    refusedWith: 'spec.weights must have both `cpu` and `memory`, such as {cpu: 40, memory: 60}',
  },
  {
    title: 'weights without any',
    manifest: policyManifest({ weights: {} }),
    refusedWith: 'spec.weights must have both `cpu` and `memory`, such as {cpu: 40, memory: 60}',
  },
  {
    title: 'a negative weight',
    manifest: policyManifest({ weights: { cpu: -1, memory: 60 } }),
    refusedWith: 'spec.weights.cpu must be an integer from 0 to 1000',
    kubectlSays: 'spec.weights.cpu in body should be greater than or equal to 0',
  },
  {
    title: 'maxMigrations 0',
    manifest: policyManifest({ maxMigrations: 0 }),
    refusedWith: 'spec.maxMigrations must be an integer from 1 to 1000',
    kubectlSays: 'spec.maxMigrations in body should be greater than or equal to 1',
  },
  {
    title: 'maxMigrations 1.5',
    manifest: policyManifest({ maxMigrations: 1.5 }),
    refusedWith: 'spec.maxMigrations must be an integer from 1 to 1000',
    kubectlSays: 'spec.maxMigrations in body must be of type integer',
  },
  {
    title: 'interval 1d',
    manifest: policyManifest({ interval: '1d' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'interval 9s',
    manifest: policyManifest({ interval: '9s' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'interval -5m',
    manifest: policyManifest({ interval: '-5m' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'interval longer than a week',
    manifest: policyManifest({ interval: '168h1ms' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'interval beyond what a duration holds',
    manifest: policyManifest({ interval: '999999h999999h99999h' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'an empty interval',
    manifest: policyManifest({ interval: '' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'an interval that ends in a line break',
    manifest: policyManifest({ interval: '5m\n' }),
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'an interval to the base of 60',
    manifest: `${HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, interval: 1:30}`,
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'timeout 30s',
    manifest: policyManifest({ migration: { timeout: '30s' } }),
    refusedWith:
      "spec.migration.timeout must be a duration such as '2h' or '1h30m', at least 1m and at most 168h",
  },
  {
    title: 'an unknown field',
    manifest: policyManifest({ tolerence: '20%' }),
    refusedWith: `spec.tolerence ${KNOWN} clusterRef, mode, suspend, interval, strategy, tolerance`,
    kubectlSays: 'unknown field "spec.tolerence"',
  },
  {
    title: 'an unknown field deep down',
    manifest: policyManifest({ migration: { concurrency: { node: 1 } } }),
    refusedWith: `spec.migration.concurrency.node ${KNOWN} total, perNode`,
    kubectlSays: 'unknown field "spec.migration.concurrency.node"',
  },
  {
    title: 'an unknown field beside spec',
    manifest: JSON.stringify({ ...JSON.parse(policyManifest({})), data: {} }),
    refusedWith: `data ${KNOWN} apiVersion, kind, metadata, spec`,
    kubectlSays: 'unknown field "data"',
  },
  {
    title: 'an unknown field in metadata',
    manifest: policyManifest({}, { labls: {} }),
    refusedWith: `metadata.labls ${KNOWN} name, namespace`,
    kubectlSays: 'unknown field "metadata.labls"',
  },
  {
    title: 'no mode',
    manifest: policyManifest({ mode: undefined }),
    refusedWith: "spec.mode is required: it must be 'Automatic', 'Approve' or 'DryRun'",
    kubectlSays: 'spec.mode: Required value',
  },
  {
    title: 'an unknown mode',
    manifest: policyManifest({ mode: 'Manual' }),
    refusedWith: "spec.mode must be 'Automatic', 'Approve' or 'DryRun'; it is 'Manual'",
    kubectlSays: 'supported values: "Automatic", "Approve", "DryRun"',
  },
  {
    title: 'an unknown strategy',
    manifest: policyManifest({ strategy: 'cslb' }),
    refusedWith: "spec.strategy must be 'Cslb' or 'Optimize'; it is 'cslb'",
    kubectlSays: 'supported values: "Cslb", "Optimize"',
  },
  {
    title: 'no cluster',
    manifest: policyManifest({ clusterRef: undefined }),
    refusedWith: 'spec.clusterRef is required: it must be an object (fields: name)',
    kubectlSays: 'spec.clusterRef: Required value',
  },
  {
    title: 'a cluster that is no name',
    manifest: policyManifest({ clusterRef: { name: 'default/Lab' } }),
    refusedWith:
      "spec.clusterRef.name must be the name of a PveCluster, of lower case letters, digits, '-' and '.'",
  },
  {
    title: 'a window without a duration',
    manifest: policyManifest({ windows: [{ schedule: '0 22 * * *' }] }),
    refusedWith: 'spec.windows[0].duration is required',
    kubectlSays: 'spec.windows[0].duration: Required value',
  },
  {
    title: 'a schedule of six fields',
    manifest: policyManifest({ windows: [{ schedule: '0 0 22 * * *', duration: '6h' }] }),
    refusedWith: "spec.windows[0].schedule must be a cron schedule of five fields, such as '0 22 * * *'",
    kubectlSays: "must be a cron schedule of five fields, such as '0 22 * * *'",
  },
  {
    title: 'an approval timeout in days',
    manifest: policyManifest({ approvalTimeout: '1d' }),
    refusedWith: "spec.approvalTimeout must be a duration such as '24h'",
    kubectlSays: "must be a duration such as '24h'",
  },
  {
    title: 'a cooldown of more than thirty days',
    manifest: policyManifest({ stabilization: { guestCooldown: '1000h' } }),
    refusedWith: "spec.stabilization.guestCooldown must be a duration such as '1h'",
    kubectlSays: "must be a duration such as '1h'",
  },
  {
    title: 'a gain without %',
    manifest: policyManifest({ stabilization: { minimumGain: '5' } }),
    refusedWith: "spec.stabilization.minimumGain must be a percentage from '0%' to '100%', such as '5%'",
    kubectlSays: "must be a percentage from '0%' to '100%', such as '5%'",
  },
  ...['91%', '90.5%', '-1%', '5', '05%'].map((memory) => ({
    title: `a reserve of ${memory}`,
    manifest: policyManifest({ placement: { reserve: { memory } } }),
    refusedWith:
      "spec.placement.reserve.memory must be a percentage from '0%' to '90%', such as '10%' or '12.5%'",
  })),
  ...['*', '**', '*?', '?*'].map((node) => ({
    title: `the drain of every node, as ${node}`,
    manifest: policyManifest({ placement: { drainNodes: ['pve1', node] } }),
    refusedWith:
      "spec.placement.drainNodes must leave nodes for the guests; '*' is every node, name those to drain, such as 'pve3'",
  })),
  {
    title: 'two rules of one name',
    manifest: policyManifest({ placement: { rules: [PIN, { ...TOGETHER, name: 'here' }] } }),
    refusedWith: "spec.placement.rules must have another `name` for each rule, such as 'db' and 'web'",
  },
  {
    title: 'a rule without guests',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, guests: undefined }] } }),
    refusedWith: 'spec.placement.rules[0].guests is required',
    kubectlSays: 'spec.placement.rules[0].guests: Required value',
  },
  ...[{}, { vmids: [], tags: [], pools: [] }].map((guests) => ({
    title: `a rule that names no guests, as ${JSON.stringify(guests)}`,
    manifest: policyManifest({ placement: { rules: [{ ...PIN, guests }] } }),
    refusedWith:
      'spec.placement.rules[0].guests must name guests by `vmids`, `tags` or `pools`, such as {tags: [db]}',
  })),
  ...['Affinity', 'AntiAffinity'].flatMap((type) =>
    [[101], [101, 101]].map((vmids) => ({
      title: `a rule of the type ${type} about ${vmids}`,
      manifest: policyManifest({ placement: { rules: [{ name: 'alone', type, guests: { vmids } }] } }),
      refusedWith:
        'spec.placement.rules[0] must name two guests or more with this type, such as guests: {vmids: [101, 102]}',
    })),
  ),
  {
    title: 'a Pin to no nodes',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, nodes: [] }] } }),
    refusedWith: 'spec.placement.rules[0] must have `nodes` with the type Pin, such as nodes: [pve1, pve2]',
  },
  {
    title: 'an Affinity with nodes',
    manifest: policyManifest({ placement: { rules: [{ ...TOGETHER, nodes: ['pve1'] }] } }),
    refusedWith:
      'spec.placement.rules[0] must have no `nodes` but with the type Pin, such as {type: Pin, nodes: [pve1, pve2]}',
  },
  {
    title: 'a rule with a name in capitals',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, name: 'DB' }] } }),
    refusedWith:
      "spec.placement.rules[0].name must be a name of lower case letters, digits and '-', such as 'db-replicas'",
  },
  {
    title: 'a rule of an unknown type',
    manifest: policyManifest({ placement: { rules: [{ ...PIN, type: 'Together' }] } }),
    refusedWith: "spec.placement.rules[0].type must be 'Affinity', 'AntiAffinity' or 'Pin'; it is 'Together'",
    kubectlSays: 'supported values: "Affinity", "AntiAffinity", "Pin"',
  },
  {
    title: 'guests that are to be together and apart',
    manifest: policyManifest({ placement: { rules: [APART, TOGETHER] } }),
    refusedWith:
      'spec.placement must not keep guests both together and apart, such as vmids 101 and 102 in an Affinity',
  },
  {
    title: 'guests that are pinned to the nodes that are drained',
    manifest: policyManifest({
      placement: { rules: [{ ...PIN, nodes: ['pve1', 'pve2'] }], drainNodes: ['pve3', 'pve2', 'pve1'] },
    }),
    refusedWith:
      'spec.placement must not pin guests to nodes that it drains, such as nodes: [pve3] beside drainNodes',
  },
  {
    title: 'more rules than there is room for',
    manifest: policyManifest({
      placement: { rules: Array.from({ length: 17 }, (_, index) => ({ ...PIN, name: `rule-${index}` })) },
    }),
    refusedWith: 'spec.placement.rules must be a list of at most 16 items; it is a list of 17',
    kubectlSays: 'spec.placement.rules: Too many: 17: must have at most 16 items',
  },
  {
    title: 'local disks that are neither wanted nor not',
    manifest: policyManifest({ migration: { localDisks: 'yes' } }),
    refusedWith: 'spec.migration.localDisks must be true or false',
    kubectlSays: 'spec.migration.localDisks in body must be of type boolean',
  },
  {
    title: 'a bandwidth without its unit',
    manifest: policyManifest({ migration: { bandwidthLimit: '100' } }),
    refusedWith: "spec.migration.bandwidthLimit must be a size per second such as '100Mi' or '1Gi'",
    kubectlSays: "must be a size per second such as '100Mi' or '1Gi'",
  },
  {
    title: 'a null without a default',
    manifest: policyManifest({ mode: null }),
    refusedWith: "spec.mode must be 'Automatic', 'Approve' or 'DryRun'; it is null",
    kubectlSays: 'spec.mode: Required value',
  },
  {
    title: 'a VMID below 100',
    manifest: policyManifest({ exclusions: { vmids: [100, 99] } }),
    refusedWith: 'spec.exclusions.vmids[1] must be an integer from 100 to 999999999; it is 99',
    kubectlSays: 'spec.exclusions.vmids[1] in body should be greater than or equal to 100',
  },
  {
    title: 'a VMID as a string',
    manifest: policyManifest({ exclusions: { vmids: ['100'] } }),
    refusedWith: 'spec.exclusions.vmids[0] must be an integer from 100 to 999999999',
    kubectlSays: 'spec.exclusions.vmids[0] in body must be of type integer',
  },
  {
    title: 'an unknown type of guest',
    manifest: policyManifest({ exclusions: { types: ['vm'] } }),
    refusedWith: "spec.exclusions.types[0] must be 'qemu' or 'lxc'; it is 'vm'",
    kubectlSays: 'supported values: "qemu", "lxc"',
  },
  {
    title: 'an empty pattern',
    manifest: policyManifest({ exclusions: { nodes: [''] } }),
    refusedWith: 'spec.exclusions.nodes[0] must be a string of at least 1 and at most 63 characters',
    kubectlSays: 'spec.exclusions.nodes[0] in body should be at least 1 chars long',
  },
  {
    title: 'too many patterns',
    manifest: policyManifest({
      exclusions: { nodes: Array.from({ length: 65 }, (_, index) => `pve${index}`) },
    }),
    refusedWith: 'spec.exclusions.nodes must be a list of at most 64 items; it is a list of 65',
    kubectlSays: 'spec.exclusions.nodes: Too many: 65: must have at most 64 items',
  },
  {
    title: 'a history of 201',
    manifest: policyManifest({ historyLimit: 201 }),
    refusedWith: 'spec.historyLimit must be an integer from 0 to 200; it is 201',
    kubectlSays: 'spec.historyLimit in body should be less than or equal to 200',
  },
  {
    title: 'a name in capitals',
    manifest: policyManifest({}, { name: 'Lab' }),
    refusedWith: "metadata.name must be a name of lower case letters, digits, '-' and '.'",
    kubectlSays: 'metadata.name: Invalid value: "Lab"',
  },
  {
    title: 'an annotation that is no string',
    manifest: policyManifest({}, { annotations: { 'pve-cslb.io/requested-at': 1 } }),
    refusedWith: 'metadata.annotations["pve-cslb.io/requested-at"] must be a string; it is 1',
    kubectlSays: 'annotations',
  },
  {
    title: 'another version',
    manifest: policyManifest({}).replace('v1alpha1', 'v1'),
    refusedWith: "apiVersion must be 'pve-cslb.io/v1alpha1'",
    kubectlSays: 'no matches for kind "BalancePolicy" in version "pve-cslb.io/v1"',
  },
  {
    title: 'no spec',
    manifest: HEAD,
    refusedWith: 'spec is required',
    kubectlSays: 'spec: Required value',
  },
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
