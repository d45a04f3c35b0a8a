import { Gauge, type Registry } from 'prom-client';
import type { LeaderObserver } from '../kubernetes/leader-elector.ts';

/** The leadership, by the name that controller-runtime has for it. */
export function registerLeaderMetrics(registry: Registry, lease: string | undefined): LeaderObserver {
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this operator leads: 1 if it does, 0 if it waits for the lease of this name. Absent without leader election.',
    labelNames: ['name'],
    registers: [registry],
  });
  if (lease !== undefined) status.set({ name: lease }, 0);
  return {
    leadershipChanged(leads) {
      if (lease !== undefined) status.set({ name: lease }, leads ? 1 : 0);
    },
  };
}
