import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { COMMANDS } from '../../src/commands/commands.ts';
import { type RecordedIoOptions, recordedIo } from './command-io.ts';
import { vectorNamed } from './cslb-vectors.ts';

const POLICY = `apiVersion: v1
kind: Secret
metadata: {name: lab-pve}
---
apiVersion: pve-cslb.io/v1alpha1
kind: BalancePolicy
metadata: {name: lab}
spec:
  clusterRef: {name: not-in-this-file}
  mode: DryRun
  tolerance: TOLERANCE
  exclusions: {vmids: [107]}
---
apiVersion: pve-cslb.io/v1alpha1
kind: PveCluster
metadata: {name: lab}
spec: {endpoints: []}
`;

/** A snapshot of which one guest is to move. */
export const SKEWED = vectorNamed('skew-1001');

interface PlanRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for the files that `cslb plan` reads. */
export interface PlanFolder {
  readonly path: string;
  /** The name of the file. */
  save(name: string, content: unknown): string;
  /** Plans the skewed snapshot, or another, with the policy of `planPolicy`. */
  planOf(
    given: { readonly snapshot?: unknown; readonly tolerance?: string },
    ...args: readonly string[]
  ): Promise<PlanRun>;
  remove(): void;
}

/** A policy among other objects, as a file holds it. */
export function planPolicy(tolerance = '20%'): string {
  return POLICY.replace('TOLERANCE', tolerance);
}

export async function runPlan(args: readonly string[], options: RecordedIoOptions = {}): Promise<PlanRun> {
  const io = recordedIo(options);
  const code = await runCommandLine(['plan', ...args], io, COMMANDS);
  return { code, ...io.written };
}

export function createPlanFolder(): PlanFolder {
  const path = mkdtempSync(join(tmpdir(), 'cslb-plan-'));

  function save(name: string, content: unknown): string {
    const file = join(path, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  return {
    path,
    save,
    planOf({ snapshot = SKEWED.snapshot, tolerance }, ...args) {
      const files = [save('snapshot.json', snapshot), save('policy.yaml', planPolicy(tolerance))] as const;
      return runPlan(['--snapshot', files[0], '--policy', files[1], ...args]);
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}
