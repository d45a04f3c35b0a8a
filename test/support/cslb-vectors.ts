import { readFileSync } from 'node:fs';
import type { GuestType } from '../../src/balancing/cluster.ts';
import type { Responses } from './recorded-inventory.ts';

/** A state recorded with what pve-cslb 1.4.0 computed for it. */
export interface CslbVector {
  readonly name: string;
  readonly settings: {
    readonly tolerance: number;
    readonly maxMigrations: number;
    readonly excludeNodes: readonly string[];
    readonly excludeVmids: readonly number[];
    readonly excludeTypes: readonly GuestType[];
  };
  readonly expected: {
    /** The shares it used in effect; not always those it was given (docs/differences-from-pve-cslb.md). */
    readonly percentCpu: number;
    readonly percentMem: number;
    readonly nodeWeights: Readonly<Record<string, number>>;
    readonly guestWeights: Readonly<Record<string, number>>;
    readonly mean: number;
    readonly stdev: number;
    readonly balanced: boolean;
    readonly proposals: readonly {
      readonly vmid: number;
      readonly type: GuestType;
      readonly source: string;
      readonly target: string;
    }[];
  };
  readonly snapshot: { readonly responses: Readonly<Record<string, unknown>> };
}

const FILE = new URL('../fixtures/cslb/vectors.json', import.meta.url);

export const cslbVectors: readonly CslbVector[] = JSON.parse(readFileSync(FILE, 'utf8')).cases;

export function vectorNamed(name: string): CslbVector {
  const vector = cslbVectors.find((each) => each.name === name);
  if (!vector) throw new Error(`there is no vector ${name}`);
  return vector;
}

/** Its answers, for a test to change. */
export function responsesOf(vector: CslbVector): Responses {
  return structuredClone(vector.snapshot.responses);
}

/** The BalancePolicy that asks for the same. Containers may move, as in pve-cslb. */
export function policyOf({ settings, expected }: CslbVector): object {
  return {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name: 'vector' },
    spec: {
      clusterRef: { name: 'vector' },
      mode: 'Automatic',
      tolerance: `${settings.tolerance * 100}%`,
      weights: { cpu: expected.percentCpu * 100, memory: expected.percentMem * 100 },
      exclusions: {
        nodes: settings.excludeNodes,
        vmids: settings.excludeVmids,
        types: settings.excludeTypes,
      },
      maxMigrations: settings.maxMigrations,
      migration: { containers: 'Restart' },
    },
  };
}

/** pve-cslb makes one move more than it was told to; the rest are the same. */
export function expectedMoves({ settings, expected }: CslbVector): CslbVector['expected']['proposals'] {
  return expected.proposals.slice(0, settings.maxMigrations);
}
