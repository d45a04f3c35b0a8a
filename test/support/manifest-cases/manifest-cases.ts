import type { ManifestCase } from './manifest-case.ts';
import { REFUSED_CLUSTERS } from './refused-clusters.ts';
import { REFUSED_OBJECTS } from './refused-objects.ts';
import { REFUSED_PLACEMENTS } from './refused-placements.ts';
import { REFUSED_POLICIES } from './refused-policies.ts';
import { VALID_MANIFESTS } from './valid-manifests.ts';

export const MANIFEST_CASES: readonly ManifestCase[] = [
  ...VALID_MANIFESTS,
  ...REFUSED_OBJECTS,
  ...REFUSED_POLICIES,
  ...REFUSED_PLACEMENTS,
  ...REFUSED_CLUSTERS,
];
