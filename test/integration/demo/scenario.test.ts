import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { tokenOf } from '../../../scripts/demo/simulated-cluster.ts';
import { LAB, valuesPath } from '../../../scripts/demo/values.ts';
import { API_VERSION } from '../../../src/api/resource.ts';
import { validatePolicy } from '../../../src/api/validation/validate-manifest.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import type { BalanceSettings, Plan } from '../../../src/balancing/plan.ts';
import { balanceSettings } from '../../../src/controllers/balance-policy/settings.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxClient } from '../../../src/proxmox/client.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { parseScenario } from '../../../src/simulator/scenario/read-document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';

const SCENARIO = fileURLToPath(new URL('../../../scripts/demo/scenario.yaml', import.meta.url));
const MOST_RUNS = 10;

/** The lab of the demo in one process and on one clock, without an operator. */
interface World {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly proxmox: ProxmoxCluster;
  readonly settings: BalanceSettings;
}

async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  const document = parseScenario(readFileSync(SCENARIO, 'utf8'));
  const clock = createVirtualClock();
  const simulator = await startSimulator({ scenario: { ...document, speed: 1 }, clock });
  try {
    const proxmox = createProxmoxCluster(
      createProxmoxClient({
        endpoints: [simulator.url],
        credentials: { kind: 'Token', ...tokenOf(document) },
        caCertificates: simulator.caCertificate,
        requestTimeoutMs: 30_000,
        clock,
        logger: silentLogger,
      }),
    );
    try {
      return await work({ clock, simulator, proxmox, settings: settingsOfPolicy() });
    } finally {
      await proxmox.close();
    }
  } finally {
    await simulator.stop();
  }
}

function settingsOfPolicy(): BalanceSettings {
  const { policies } = parse(readFileSync(valuesPath('pve-cslb-policies'), 'utf8'));
  const validation = validatePolicy({
    apiVersion: API_VERSION,
    kind: 'BalancePolicy',
    metadata: { name: LAB },
    spec: policies[LAB].spec,
  });
  if (validation.kind !== 'Valid') throw new Error('the policy is not valid');
  return balanceSettings(validation.object.spec);
}

/** Plans and carries plans out until one is not to be, `secondsBetween` apart; gives all plans. */
async function balance(
  { clock, proxmox, settings, simulator }: World,
  secondsBetween: number,
): Promise<Plan[]> {
  const { signal } = new AbortController();
  const plans: Plan[] = [];
  while (plans.length < MOST_RUNS) {
    const { cluster } = await proxmox.readInventory(signal);
    const plan = planCslb(cluster, settings);
    plans.push(plan);
    if (plan.migrations.length === 0) break;
    for (const migration of plan.migrations) {
      const answer = await proxmox.startMigration({ ...migration, node: migration.source }, signal);
      expect(answer.kind).to.equal('Accepted');
    }
    await clock.advance(secondsBetween * 1_000);
    expect(simulator.cluster.tasks().every(({ exitStatus }) => exitStatus === 'OK')).to.equal(true);
  }
  return plans;
}

describe("the demo's scenario", () => {
  // The operator's interval of 10 s, faster and much slower, in the time of the cluster.
  for (const seconds of [180, 200, 220, 400, 900]) {
    it(`is badly skewed and balanced after 6 to 12 migrations of both types, judged every ${seconds} s`, () =>
      inWorld(async (world) => {
        const plans = await balance(world, seconds);
        const migrations = plans.flatMap((plan) => plan.migrations);
        expect(plans[0]?.imbalance.value).to.be.greaterThan(0.5);
        expect(plans.at(-1)).to.have.property('balanced', true);
        expect(migrations.length).to.be.within(6, 12);
        expect(new Set(migrations.map(({ type }) => type))).to.have.keys('qemu', 'lxc');
        expect(world.simulator.cluster.violations()).to.deep.equal([]);
      }));
  }

  it('has at least five nodes and sixty guests of both types', () =>
    inWorld(async ({ simulator }) => {
      const guests = simulator.cluster.guests();
      expect(simulator.cluster.nodes().length).to.be.at.least(5);
      expect(guests).to.have.lengthOf(60);
      expect(new Set(guests.map(({ type }) => type))).to.have.keys('qemu', 'lxc');
    }));
});
