import { type KubernetesObject, objectKey } from './kubernetes-object.ts';

export type ObjectChange<T> =
  | { readonly kind: 'Added'; readonly object: T }
  | { readonly kind: 'Updated'; readonly object: T; readonly previous: T }
  | { readonly kind: 'Deleted'; readonly object: T };

/** The last known state of every object, and what an event or a list changes in it. */
export interface ObjectStore<T extends KubernetesObject> {
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Everything there is. What is missing was deleted unseen. */
  replace(objects: readonly T[]): ObjectChange<T>[];
  /** An object that exists. No change when what is known is as new. */
  set(object: T): ObjectChange<T>[];
  /** An object that was deleted, as it was at its end. No change when what is known is newer. */
  remove(object: T): ObjectChange<T>[];
}

export function createObjectStore<T extends KubernetesObject>(): ObjectStore<T> {
  const objects = new Map<string, T>();

  function put(object: T): ObjectChange<T>[] {
    const key = objectKey(object);
    const previous = objects.get(key);
    objects.set(key, object);
    if (!previous) return [{ kind: 'Added', object }];
    if (previous.metadata.uid !== object.metadata.uid) {
      // Deleted and created anew: the deletion must not pass unnoticed, what was known of the old one is void.
      return [
        { kind: 'Deleted', object: previous },
        { kind: 'Added', object },
      ];
    }
    if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    return [{ kind: 'Updated', object, previous }];
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    replace(present) {
      const keys = new Set(present.map(objectKey));
      const changes: ObjectChange<T>[] = [];
      for (const [key, object] of objects) {
        if (keys.has(key)) continue;
        objects.delete(key);
        changes.push({ kind: 'Deleted', object });
      }
      // A list counts even where it is older: a restored backup of etcd is the truth from then on.
      for (const object of present) changes.push(...put(object));
      return changes;
    },
    set(object) {
      const known = objects.get(objectKey(object));
      if (known && isNotAfter(object, known)) return [];
      return put(object);
    },
    remove(object) {
      const key = objectKey(object);
      const known = objects.get(key);
      if (!known || isOlder(object, known)) return [];
      objects.delete(key);
      // The old state of another object tells nothing about this one.
      return [{ kind: 'Deleted', object: known.metadata.uid === object.metadata.uid ? object : known }];
    },
  };
}

/** The later of two versions of one kind's collection. */
export function laterVersion(known: string, next: string): string {
  return compareVersions(next, known) === 'Before' ? known : next;
}

// Versions of one resource compare as whole numbers; should they be anything else, the order of arrival is taken.
function compareVersions(left: string, right: string): 'Before' | 'Same' | 'After' {
  if (left === right) return 'Same';
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return 'After';
  return BigInt(left) < BigInt(right) ? 'Before' : 'After';
}

function isNotAfter(object: KubernetesObject, known: KubernetesObject): boolean {
  return compareVersions(object.metadata.resourceVersion, known.metadata.resourceVersion) !== 'After';
}

function isOlder(object: KubernetesObject, known: KubernetesObject): boolean {
  return compareVersions(object.metadata.resourceVersion, known.metadata.resourceVersion) === 'Before';
}
