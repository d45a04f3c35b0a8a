import { someOf } from '../lib/listing.ts';
import type { NodeFigures } from './cluster.ts';
import type { GuestCpu } from './guest-examination.ts';

/**
 * Why a running VM might crash on the CPU of another node; a sentence part, undefined when it will not. PVE does not look
 * at this (docs/proxmox-api.md §6.6). A VM that sees its node's own CPU needs the same model with at least its features.
 */
export function cpuIncompatibility(
  cpu: GuestCpu | undefined,
  source: NodeFigures,
  target: NodeFigures,
): string | undefined {
  if (source.architecture !== target.architecture) {
    return `it is ${target.architecture || 'of an unknown architecture'}, that of its node ${source.architecture || 'unknown'}`;
  }
  if (cpu === undefined || cpu.kind === 'Named') return undefined;
  const what = `its CPU type is ${cpu.type}`;
  if (source.cpuModel === '' || source.cpuFlags.length === 0)
    return `${what}, and the CPU of its node is not known`;
  if (source.cpuModel !== target.cpuModel) {
    return `${what}, and it is another model than that of its node`;
  }
  const there = new Set(target.cpuFlags);
  const missing = source.cpuFlags.filter((flag) => !there.has(flag));
  return missing.length === 0 ? undefined : `${what}, and it lacks ${someOf(missing)}`;
}
