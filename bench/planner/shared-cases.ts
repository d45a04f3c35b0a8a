import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { validatePolicy } from '../../src/api/validation/validate-manifest.ts';
import type { Guest } from '../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../src/balancing/guest-examination.ts';
import { balanceSettings } from '../../src/controllers/balance-policy/settings.ts';
import { examineGuest } from '../../src/proxmox/examine-guest.ts';
import { guestPath } from '../../src/proxmox/guest.ts';
import { readInventory } from '../../src/proxmox/inventory.ts';
import { createSnapshotReader } from '../../src/proxmox/snapshot.ts';
import type { PlannerCase } from './case.ts';
import type { LocalBytes } from './judge/verdict.ts';

/** One of the recorded cases of test/fixtures/planner, with what a planner needs beside the model. */
export interface SharedCase extends PlannerCase {
  readonly greedyReference: Reached;
  readonly before: Pick<Reached, 'memorySpread' | 'cpuSpread' | 'violations'>;
  /** The closer look that `cslb plan` takes at each guest it wants to move. */
  readonly examine: (guest: Guest) => Promise<GuestExamination>;
  /** From the guests' configuration, read without the code that is judged. */
  readonly localBytes: LocalBytes;
}

/** Spreads in percentage points. */
interface Reached {
  readonly moves: number;
  readonly gib: number;
  readonly localGib: number;
  readonly cost: number;
  readonly memorySpread: number;
  readonly cpuSpread: number;
  readonly violations: number;
}

interface CaseFile {
  readonly policy: unknown;
  readonly snapshot: { readonly responses: Readonly<Record<string, unknown>> };
  readonly before: SharedCase['before'];
  readonly greedyReference: Reached;
}

const FOLDER = fileURLToPath(new URL('../../test/fixtures/planner/', import.meta.url));

export async function readSharedCases(): Promise<readonly SharedCase[]> {
  const files = globSync(`${FOLDER}*.json.gz`).sort();
  return Promise.all(files.map(readCase));
}

async function readCase(file: string): Promise<SharedCase> {
  const { policy, snapshot, before, greedyReference }: CaseFile = JSON.parse(
    gunzipSync(readFileSync(file)).toString(),
  );
  const name = basename(file, '.json.gz');
  const validation = validatePolicy(policy);
  if (validation.kind !== 'Valid') throw new Error(`The policy of ${name} is not valid.`);
  const reader = createSnapshotReader(snapshot);
  const { cluster } = await readInventory(reader);
  const { signal } = new AbortController();
  return {
    name,
    family: name.replace(/-\d+$/, ''),
    cluster,
    settings: balanceSettings(validation.object.spec),
    reachable: false,
    greedyReference,
    before,
    examine: (guest) => examineGuest(reader, guest, signal),
    localBytes: (guest) => localBytesOf(snapshot.responses, guestPath(guest, 'config')),
  };
}

const UNITS: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `scsi0: local-lvm:vm-100-disk-0,size=16G`. */
function localBytesOf(responses: CaseFile['snapshot']['responses'], path: string): number {
  const config = JSON.stringify(responses[path] ?? {});
  return [...config.matchAll(/"local-lvm:[^"]*?size=(\d+)([MGT])/g)].reduce(
    (sum, [, size, unit]) => sum + Number(size) * (UNITS[unit ?? 'G'] ?? 0),
    0,
  );
}
