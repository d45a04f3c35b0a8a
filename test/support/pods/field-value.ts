import type { V1Pod } from '@kubernetes/client-node';

/** Everything that the pod reaches by address is on this host. */
const ADDRESS = '127.0.0.1';

/** What a `fieldRef` stands for, as the kubelet resolves it. */
export function fieldValue({ metadata, spec }: V1Pod, fieldPath: string | undefined): string {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath ?? '') ?? [];
  if (map === 'labels') return metadata?.labels?.[key] ?? '';
  if (map === 'annotations') return metadata?.annotations?.[key] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata?.name ?? '';
    case 'metadata.namespace':
      return metadata?.namespace ?? '';
    case 'metadata.uid':
      return metadata?.uid ?? '';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? '';
    case 'spec.nodeName':
      return spec?.nodeName ?? '';
    case 'status.podIP':
    case 'status.hostIP':
      return ADDRESS;
    default:
      throw new Error(`The field ${fieldPath} of a pod is not resolved here.`);
  }
}
