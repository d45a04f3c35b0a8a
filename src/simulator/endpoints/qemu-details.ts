import type { Call } from '../http/route.ts';
import type { Guest, GuestStatistics } from '../world/guest.ts';

/** What QEMU itself tells of a VM (docs/proxmox-api.md §4.6). */
export function qemuDetails(call: Call, guest: Guest, statistics: GuestStatistics) {
  if (guest.status === 'stopped') return { qmpstatus: 'stopped' };
  const { netin, netout, diskread, diskwrite } = statistics.counters;
  const { qemu } = call.profile;
  return {
    qmpstatus: guest.status,
    'running-machine': `pc-q35-${qemu.split('.').slice(0, 2).join('.')}+pve0`,
    'running-qemu': qemu,
    diskread,
    diskwrite,
    blockstat: { scsi0: blockStatistics(diskread, diskwrite) },
    nics: { [`tap${guest.vmid}i0`]: { netin, netout } },
    balloon: guest.memoryBytes,
    freemem: guest.memoryBytes - statistics.memoryBytes,
    ballooninfo: {
      actual: guest.memoryBytes,
      max_mem: guest.memoryBytes,
      total_mem: guest.memoryBytes,
      free_mem: guest.memoryBytes - statistics.memoryBytes,
      last_update: Math.floor(call.cluster.now() / 1000),
      major_page_faults: 900,
      minor_page_faults: 8_800_000,
      mem_swapped_in: 0,
      mem_swapped_out: 0,
    },
    'proxmox-support': {
      'backup-max-workers': true,
      'pbs-dirty-bitmap': true,
      'pbs-dirty-bitmap-migration': true,
      'pbs-dirty-bitmap-savevm': true,
      'pbs-library-version': '1.5.2',
      'pbs-masterkey': true,
      'query-bitmap-info': true,
    },
  };
}

const OPERATION_BYTES = 16_384;
const OPERATION_NS = 1_500_000;

function blockStatistics(read: number, written: number) {
  const reads = Math.floor(read / OPERATION_BYTES);
  const writes = Math.floor(written / OPERATION_BYTES);
  const zero = [
    'failed_rd_operations',
    'failed_wr_operations',
    'failed_flush_operations',
    'failed_unmap_operations',
    'invalid_rd_operations',
    'invalid_wr_operations',
    'invalid_flush_operations',
    'invalid_unmap_operations',
    'rd_merged',
    'wr_merged',
    'unmap_bytes',
    'unmap_merged',
    'unmap_operations',
    'unmap_total_time_ns',
  ];
  return {
    rd_bytes: read,
    wr_bytes: written,
    rd_operations: reads,
    wr_operations: writes,
    flush_operations: writes * 2,
    rd_total_time_ns: reads * OPERATION_NS,
    wr_total_time_ns: writes * OPERATION_NS,
    flush_total_time_ns: writes * 500,
    account_invalid: true,
    account_failed: true,
    wr_highest_offset: 20 * 1024 ** 3,
    idle_time_ns: 8_000_000,
    timed_stats: [],
    ...Object.fromEntries(zero.map((name) => [name, 0])),
  };
}
