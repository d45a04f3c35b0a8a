import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';

export interface CrdFile {
  readonly path: string;
  /** `balancepolicies.pve-cslb.io` */
  readonly name: string;
  readonly kind: string;
  /** The whole schema, status included. */
  readonly schema: StructuralSchema;
}

export const CRD_FILES: readonly CrdFile[] = ['pveclusters', 'balancepolicies'].map((plural) => {
  const path = fileURLToPath(new URL(`../../crds/pve-cslb.io_${plural}.yaml`, import.meta.url));
  const crd = parse(readFileSync(path, 'utf8'));
  return {
    path,
    name: crd.metadata.name,
    kind: crd.spec.names.kind,
    schema: crd.spec.versions[0].schema.openAPIV3Schema,
  };
});
