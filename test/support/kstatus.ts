import type { Condition } from '../../src/api/generated/condition.ts';

/** What tools that know no kind in particular (kubectl wait, Flux, Helm) take an object for. */
export type KStatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

export interface Judged {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

/** kstatus's rules for an object of a kind it does not know, in its order. */
export function kstatus({ metadata, status }: Judged): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { observedGeneration, conditions = [] } = status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  const statusOf = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  if (statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  const ready = statusOf('Ready');
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress';
}
