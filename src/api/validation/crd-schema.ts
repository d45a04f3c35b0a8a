import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BALANCE_POLICY, GROUP, PVE_CLUSTER } from '../resource.ts';
import { METADATA_SCHEMA } from './metadata-schema.ts';
import type { StructuralSchema } from './structural-schema.ts';

export type Kind = (typeof KINDS)[number]['kind'];

export const KINDS = [PVE_CLUSTER, BALANCE_POLICY] as const;

// src/api/validation and dist/api/validation are equally deep in the package.
const CRDS = new URL('../../../crds/', import.meta.url);

const schemas = new Map<Kind, StructuralSchema>();

/**
 * The schema of a manifest of this kind, read from its CRD. It has no `status`: the API server takes none
 * from a manifest.
 */
export function manifestSchema(kind: Kind): StructuralSchema {
  const known = schemas.get(kind);
  if (known) return known;
  const { plural } = kind === 'PveCluster' ? PVE_CLUSTER : BALANCE_POLICY;
  const crd = parse(readFileSync(new URL(`${GROUP}_${plural}.yaml`, CRDS), 'utf8'));
  const root: StructuralSchema = crd.spec.versions[0].schema.openAPIV3Schema;
  const { status: _, ...properties } = root.properties ?? {};
  const schema: StructuralSchema = {
    ...root,
    required: ['metadata', ...(root.required ?? [])],
    properties: { ...properties, metadata: METADATA_SCHEMA },
  };
  schemas.set(kind, schema);
  return schema;
}
