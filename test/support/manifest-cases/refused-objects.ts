import { POLICY_HEAD, policyManifest } from '../manifests.ts';
import type { ManifestCase } from './manifest-case.ts';

const KNOWN = 'is not a known field; known here are';

/** What holds for an object of either kind: its fields, its metadata, its version. */
export const REFUSED_OBJECTS: readonly ManifestCase[] = [
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
    manifest: POLICY_HEAD,
    refusedWith: 'spec is required',
    kubectlSays: 'spec: Required value',
  },
];
