import type { Style } from '../../src/commands/style.ts';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { isTrue, refuseStalled } from './condition.ts';
import { withDeadline } from './deadline.ts';
import type { Lab } from './lab.ts';
import { type Observation, observe } from './observation.ts';
import { createScreen } from './screen.ts';
import type { Step } from './step.ts';
import { contradictions } from './truth.ts';

const CONNECT_MS = 30_000;
const BALANCE_MS = 130_000;

/** Tells the operator of the cluster and waits until it has looked at it. */
export async function connect(lab: Lab, step: Step, signal: AbortSignal): Promise<void> {
  await step(
    'helm install pve-cslb-policies: Secret, ConfigMap, PveCluster, BalancePolicy',
    async () => {
      await lab.installPolicies();
      return await withDeadline(CONNECT_MS, 'PveCluster lab is not ready', (late) =>
        lab.cluster.until(
          (cluster) => {
            refuseStalled(cluster);
            return isTrue(cluster, 'Ready');
          },
          AbortSignal.any([signal, lab.operator.ended, late]),
        ),
      );
    },
    ({ status }) => `ready: Proxmox VE ${status?.version}, ${status?.nodes?.online} nodes`,
  );
}

/** Shows what comes of the policy until the cluster is balanced. Returns the policy as it is then. */
export async function balance(
  lab: Lab,
  output: NodeJS.WriteStream,
  style: Style,
  signal: AbortSignal,
): Promise<StoredPolicy> {
  const screen = createScreen(output, style);
  let observation: Observation | undefined;
  function show(policy: StoredPolicy): void {
    observation = observe(observation, policy);
    screen.show(observation);
  }
  lab.policy.onChange(show);
  const known = lab.policy.current();
  if (known) show(known);
  try {
    const policy = await withDeadline(BALANCE_MS, 'the cluster is not balanced', (late) =>
      lab.policy.until(
        (current) => {
          refuseStalled(current);
          return isTrue(current, 'Balanced');
        },
        AbortSignal.any([signal, lab.operator.ended, late]),
      ),
    );
    const wrong = contradictions(lab.simulated.simulator.cluster, policy.status?.history ?? []);
    if (wrong.length > 0) throw new Error(`the cluster is not as the policy says: ${wrong.join('; ')}.`);
    return policy;
  } finally {
    screen.end();
  }
}
