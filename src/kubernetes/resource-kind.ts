/** A namespaced kind as the API server serves it. */
export interface ResourceKind {
  /** `group/version`, or `v1` for the core group. */
  readonly apiVersion: string;
  /** As in request paths, lower case: `balancepolicies`. */
  readonly plural: string;
  /** As in objects: `BalancePolicy`. */
  readonly kind: string;
}

/** The path under the server's URL of all objects, of one namespace's, or of one object. */
export function resourcePath(kind: ResourceKind, namespace?: string, name?: string): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${kind.plural}${object}`;
}
