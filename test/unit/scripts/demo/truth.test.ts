import { expect } from 'chai';
import { contradictions } from '../../../../scripts/demo/truth.ts';
import type { HistoryEntry } from '../../../../src/api/generated/balance-policy.ts';
import { createClusterView } from '../../../../src/simulator/cluster-view.ts';
import { startMigration } from '../../../../src/simulator/migration/start-migration.ts';
import type { Cluster } from '../../../../src/simulator/world/cluster.ts';
import { endedEntry } from '../../../support/demo-policy.ts';
import { createWorld } from '../../../support/simulator/scenarios.ts';

const OPTIONS = { withLocalDisks: false, bandwidthLimit: 0, restart: true, shutdownTimeoutMs: 60_000 };

/** A cluster whose guests all run, and the record of one migration that really took place there. */
function migrated(): { readonly cluster: Cluster; readonly entry: HistoryEntry } {
  const cluster = createWorld();
  for (const guest of cluster.guests.values()) guest.status = 'running';
  const guest = cluster.guests.get(100);
  if (!guest) throw new Error('the scenario has no guest 100');
  const task = startMigration(cluster, guest, cluster.node('pve3'), OPTIONS, 'balancer@pve!operator');
  cluster.timeline.advanceTo(cluster.now() + 600_000);
  return { cluster, entry: endedEntry(100, { source: 'pve1', target: 'pve3', upid: task.upid }) };
}

function contradictionsOf(cluster: Cluster, history: readonly HistoryEntry[]): string[] {
  return contradictions(
    createClusterView(cluster, () => {}),
    history,
  );
}

describe("the demo's last look at the cluster", () => {
  it('finds nothing where the history is true', () => {
    const { cluster, entry } = migrated();
    expect(contradictionsOf(cluster, [entry])).to.deep.equal([]);
  });

  it('finds a migration that the history does not have', () => {
    const { cluster, entry } = migrated();
    expect(contradictionsOf(cluster, [])).to.deep.equal([
      `The policy's history does not know the migration ${entry.upid}`,
    ]);
  });

  it('finds a guest that is not where its last migration took it', () => {
    const { cluster, entry } = migrated();
    const history = [{ ...entry, target: 'pve2' }, entry];
    expect(contradictionsOf(cluster, history)).to.deep.equal(['Guest 100 is on pve3, not on pve2']);
  });

  it('finds a guest that does not run, and what must never happen', () => {
    const { cluster, entry } = migrated();
    const guest = cluster.guests.get(101);
    if (guest) cluster.setStatus(guest, 'stopped');
    cluster.violate('node pve1 needs more memory than it has');
    expect(contradictionsOf(cluster, [entry])).to.deep.equal([
      'node pve1 needs more memory than it has',
      'Guest 101 is stopped',
    ]);
  });
});
