import type { BalancePolicy } from '../generated/balance-policy.ts';
import type { PveCluster } from '../generated/pve-cluster.ts';
import { API_VERSION } from '../resource.ts';
import { KINDS, type Kind, manifestSchema } from './crd-schema.ts';
import { withDefaults } from './defaults.ts';
import { violatedRules } from './rules.ts';
import { wrongShapes } from './shape.ts';
import { isRecord, type Problem } from './structural-schema.ts';

export type Validation<T> =
  /** With the defaults filled in. */
  | { readonly kind: 'Valid'; readonly object: T }
  | { readonly kind: 'Invalid'; readonly problems: readonly Problem[] };

/**
 * Judges a manifest of a PveCluster or BalancePolicy as the API server would, by the same CRDs; what depends on other
 * objects or on an earlier version (a changed `clusterRef`) is left to it. A `status` is kept and not looked at.
 */
export function validateManifest(document: unknown): Validation<PveCluster | BalancePolicy> {
  if (!isRecord(document)) return invalid('', 'must be an object with apiVersion, kind, metadata and spec');
  const kind = KINDS.map((known) => known.kind).find((known) => known === document.kind);
  if (!kind) {
    return invalid('kind', `must be ${KINDS.map((known) => `'${known.kind}'`).join(' or ')}`);
  }
  return validateAs(kind, document);
}

/** Judges a manifest that has to be a BalancePolicy. */
export function validatePolicy(document: unknown): Validation<BalancePolicy> {
  if (!isRecord(document) || document.kind !== 'BalancePolicy') {
    return invalid('kind', "must be 'BalancePolicy'");
  }
  return validateAs('BalancePolicy', document);
}

interface ObjectOfKind {
  readonly PveCluster: PveCluster;
  readonly BalancePolicy: BalancePolicy;
}

function validateAs<K extends Kind>(
  kind: K,
  document: Readonly<Record<string, unknown>>,
): Validation<ObjectOfKind[K]> {
  if (document.apiVersion !== API_VERSION) return invalid('apiVersion', `must be '${API_VERSION}'`);
  const { status, ...manifest } = document;
  const schema = manifestSchema(kind);
  const object = withDefaults(schema, manifest);
  const shapes = wrongShapes(schema, object);
  const problems = [...shapes, ...violatedRules(schema, object, shapes)];
  if (problems.length > 0) return { kind: 'Invalid', problems };
  // The types are generated from the schema that the object was just found to fit.
  return {
    kind: 'Valid',
    object: { ...(object as object), ...(status !== undefined && { status }) } as ObjectOfKind[K],
  };
}

function invalid(path: string, message: string): Validation<never> {
  return { kind: 'Invalid', problems: [{ path, message }] };
}
