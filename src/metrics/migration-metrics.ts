import { Counter, Histogram, type Registry } from 'prom-client';
import type { MigrationObserver } from '../controllers/balance-policy/policy-announcer.ts';
import { OUTCOMES } from '../controllers/balance-policy/settlement.ts';
import type { StoredPolicy } from '../controllers/resources.ts';

/** From seconds for a small VM to hours for a large one with its disks. */
const BUCKETS = [5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400];

interface PolicyLabels {
  readonly namespace: string;
  readonly policy: string;
}

/** The migrations that ended since the process started. A policy's series begin and end with it. */
export function registerMigrationMetrics(
  registry: Registry,
  policies: () => readonly StoredPolicy[],
): MigrationObserver {
  const known = new Map<string, PolicyLabels>();

  function begin(labels: PolicyLabels): void {
    const key = `${labels.namespace}/${labels.policy}`;
    if (known.has(key)) return;
    known.set(key, labels);
    for (const outcome of OUTCOMES) migrations.inc({ ...labels, outcome }, 0);
    bytes.inc({ ...labels }, 0);
    duration.zero({ ...labels });
  }

  function synchronize(): void {
    const present = policies().map(({ metadata }) => ({
      namespace: metadata.namespace,
      policy: metadata.name,
    }));
    const keys = new Set(present.map(({ namespace, policy }) => `${namespace}/${policy}`));
    for (const [key, labels] of known) {
      if (keys.has(key)) continue;
      known.delete(key);
      for (const outcome of OUTCOMES) migrations.remove({ ...labels, outcome });
      bytes.remove({ ...labels });
      duration.remove({ ...labels });
    }
    for (const labels of present) begin(labels);
  }

  const migrations = new Counter({
    name: 'pve_cslb_migrations_total',
    help: 'How many migrations of the policy have ended, by their outcome.',
    labelNames: ['namespace', 'policy', 'outcome'],
    registers: [registry],
    collect: synchronize,
  });
  const bytes = new Counter({
    name: 'pve_cslb_migrated_bytes_total',
    help: 'How much memory the guests had that the policy has migrated, rounded, in bytes.',
    labelNames: ['namespace', 'policy'],
    registers: [registry],
    collect: synchronize,
  });
  const duration = new Histogram({
    name: 'pve_cslb_migration_duration_seconds',
    help: 'How long the tasks of the migrations of the policy took, failed ones too, in seconds of Proxmox time.',
    labelNames: ['namespace', 'policy'],
    buckets: BUCKETS,
    registers: [registry],
    collect: synchronize,
  });

  return {
    migrationEnded({ namespace, policy, outcome, memoryBytes, milliseconds }) {
      const labels = { namespace, policy };
      begin(labels);
      migrations.inc({ ...labels, outcome });
      if (outcome === 'Succeeded') bytes.inc({ ...labels }, memoryBytes ?? 0);
      if (milliseconds !== undefined) duration.observe({ ...labels }, Math.max(0, milliseconds) / 1_000);
    },
  };
}
