import { guestRoomBytes } from './cluster.ts';
import type { CslbMove } from './cslb-moves.ts';
import { guestCpuMhz } from './guest-weight.ts';
import { imbalanceOf, type WeightImbalance } from './imbalance.ts';
import { cpuMhz, type NodeLoad, type WeightShares, weighNodes } from './node-weight.ts';
import type { Participant } from './participant.ts';

/**
 * The imbalance once the moves are done, all else unchanged. Each move takes from the source's load, and adds to the
 * target's, what it occupies in memory (`guestRoomBytes`) and the CPU that CSLB takes it to use (`guestCpuMhz`, at its
 * present node's clock). What pages it shared through KSM is not known and left where it is.
 */
export function predictImbalance(
  participants: readonly Participant[],
  moves: readonly CslbMove[],
  shares: WeightShares,
  tolerance: number,
): WeightImbalance {
  const loads = new Map(participants.map(({ node, load }) => [node.name, load]));
  for (const { guest, source, target } of moves) {
    const cpu = guestCpuMhz(guest, cpuMhz(source.node.figures));
    const memory = guestRoomBytes(guest);
    loads.set(source.node.name, changed(loads.get(source.node.name) ?? source.load, -cpu, -memory));
    loads.set(target.node.name, changed(loads.get(target.node.name) ?? target.load, cpu, memory));
  }
  const weighed = weighNodes(
    participants.map(({ node, load }) => ({ load: loads.get(node.name) ?? load })),
    shares,
  );
  return imbalanceOf(
    weighed.map(({ weight }) => weight),
    tolerance,
  );
}

// Load average and a guest's CPU share are measured differently: what a node is left with may not turn negative.
function changed(load: NodeLoad, cpuMhzMore: number, memoryBytesMore: number): NodeLoad {
  return {
    ...load,
    cpuUsedMhz: Math.max(0, load.cpuUsedMhz + cpuMhzMore),
    memoryCommittedBytes: Math.max(0, load.memoryCommittedBytes + memoryBytesMore),
  };
}
