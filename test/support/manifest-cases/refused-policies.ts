import { POLICY_HEAD, policyManifest } from '../manifests.ts';
import type { ManifestCase } from './manifest-case.ts';

const DURATION = "must be a duration such as '5m' or '1h30m', at least 10s and at most 168h";
const PERCENTAGE = "must be a percentage from '0%' to '100%', such as '20%' or '12.5%'";

/** Fields of a BalancePolicy, without its placement. */
export const REFUSED_POLICIES: readonly ManifestCase[] = [
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
    manifest: `${POLICY_HEAD}spec: {clusterRef: {name: lab}, mode: DryRun, interval: 1:30}`,
    refusedWith: `spec.interval ${DURATION}`,
  },
  {
    title: 'timeout 30s',
    manifest: policyManifest({ migration: { timeout: '30s' } }),
    refusedWith:
      "spec.migration.timeout must be a duration such as '2h' or '1h30m', at least 1m and at most 168h",
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
];
