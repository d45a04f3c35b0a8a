/** An object as the API server answers it: plain JSON, times as RFC 3339 strings. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts changes of `spec`; absent on kinds that do not count them. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a create needs; the API server adds the rest. */
export interface NewKubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace'> &
    Partial<Pick<ObjectMeta, 'annotations' | 'labels'>>;
}

export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: what queues, caches and logs call an object. */
export function objectKey(object: { readonly metadata: NamespacedName }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

/** The reverse of `objectKey`; neither part can hold a slash. */
export function parseKey(key: string): NamespacedName {
  const slash = key.indexOf('/');
  if (slash < 0) throw new TypeError(`object key '${key}' must be of the form namespace/name`);
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
