import type { KubernetesObject } from '../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../src/kubernetes/resource-kind.ts';

/** A kind for tests of what must work with any kind. */
export const WIDGET: ResourceKind = { apiVersion: 'test.pve-cslb.io/v1', plural: 'widgets', kind: 'Widget' };

export interface Widget extends KubernetesObject {
  readonly spec?: { readonly size?: number };
  readonly status?: { readonly size?: number; readonly entries?: readonly string[] };
}

/** As a user writes it. */
export function newWidget(name: string, size = 1, uid?: string) {
  return {
    apiVersion: WIDGET.apiVersion,
    kind: WIDGET.kind,
    metadata: { name, namespace: 'lab', ...(uid === undefined ? {} : { uid }) },
    spec: { size },
  };
}

/** As the API server answers it. */
export function storedWidget(name: string, resourceVersion: string, size = 1, uid = `uid-${name}`): Widget {
  return {
    apiVersion: WIDGET.apiVersion,
    kind: WIDGET.kind,
    metadata: { name, namespace: 'lab', uid, resourceVersion },
    spec: { size },
  };
}
