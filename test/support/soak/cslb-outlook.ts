import { planCslb } from '../../../src/balancing/cslb.ts';
import { balanceSettings } from '../../../src/controllers/balance-policy/settings.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import type { LookAhead } from './tolerance-judge.ts';
import { trueCluster } from './true-cluster.ts';

/** By a plan of CSLB, made on what is true. */
export function lookAheadOfCslb(document: ScenarioDocument): LookAhead {
  return ({ policy, moment }, rests) => {
    const { balanced, migrations } = planCslb(
      trueCluster(moment, document, rests),
      balanceSettings(policy.spec),
    );
    const moves = migrations.map(({ vmid, source, target }) => `${vmid} ${source} → ${target}`);
    const isDue = balanced === false && moves.length > 0;
    return { balanced, due: isDue ? `CSLB would move ${moves.join(', ')}` : undefined };
  };
}
