import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import type { GuestDocument, HaDocument, ScenarioDocument } from '../../src/simulator/scenario/document.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import { holdMigrateRequest } from '../support/operator-requests.ts';

/** On pve1 and so small that CSLB would move it before any other. */
function small(vmid: number, traits: Partial<GuestDocument>): GuestDocument {
  const demand = { cpu: 0.1, memory: '100Mi' };
  const usual = { name: `small-${vmid}`, node: 'pve1', cpus: 4, memory: '64Gi' };
  return { vmid, type: 'qemu', ...usual, demand, ...traits };
}

/** The guest that CSLB moves first, with what a test wants of it. */
function first(traits: Partial<GuestDocument>): GuestDocument {
  return small(101, { memory: '16Gi', demand: { cpu: 0.5, memory: '7Gi' }, ...traits });
}

interface Profile {
  readonly version: string;
  /** Guest 101 may be on pve1 and pve4 only. */
  readonly placement: { readonly ha: HaDocument; readonly guest: GuestDocument };
}

const NODES = ['pve1', 'pve4'];
const PROFILES: readonly Profile[] = [
  {
    version: '8.4',
    placement: {
      ha: { groups: [{ name: 'two', nodes: NODES, restricted: true }] },
      guest: first({ ha: { state: 'started', group: 'two' } }),
    },
  },
  {
    version: '9.1',
    placement: {
      ha: {
        rules: [{ name: 'two', type: 'node-affinity', resources: ['vm:101'], nodes: NODES, strict: true }],
      },
      guest: first({ ha: { state: 'started' } }),
    },
  },
];

function isBalanced(policy: StoredPolicy): boolean {
  return stateOf(policy, 'Balanced') === 'True Balanced';
}

function blockedBy(policy: StoredPolicy): Readonly<Record<string, readonly number[]>> {
  const blocked = policy.status?.plan?.blocked ?? [];
  return Object.fromEntries(
    blocked.map(({ reason, examples = [] }) => [reason, examples.map(({ vmid }) => vmid)]),
  );
}

function movesOf(cluster: LabCluster): readonly string[] {
  return cluster
    .migrations()
    .map(
      ({ vmid, type, user, target, exitStatus }) =>
        `${type} ${vmid} ${user.split('@')[0]} ${target} ${exitStatus}`,
    );
}

for (const { version, placement } of PROFILES) {
  describe(`the operator on Proxmox VE ${version}`, () => {
    let lab: Lab;

    before(async () => {
      lab = await openLab('profiles');
      lab.startOperator();
    });

    after(() => lab.close());

    const scenarioOf = (name: string, guests: readonly GuestDocument[] = []): ScenarioDocument => ({
      ...skewedCluster(name, { hotNodes: 2, guests }),
      cluster: { name, version },
    });

    it('balances VMs, containers and guests of HA to the end, and leaves alone what may not move', async () => {
      const bound = [
        small(104, { disks: [{ storage: 'local', size: '1Gi' }] }),
        small(105, { config: { hostpci0: '0000:01:00.0' } }),
        small(106, {}),
      ];
      const base = scenarioOf('all', [placement.guest, ...bound]);
      const nodes = base.nodes.map((node) => ({ ...node, maintenance: node.name === 'pve5' }));
      const pve = await lab.addCluster('all', { ...base, nodes, ha: placement.ha });
      pve.simulator.control.backup(106, 24 * 3_600_000);
      await lab.addPolicy('all', { migration: { containers: 'Restart' } });

      const planned = await lab.policyWhen('all', 'has a plan', ({ status }) => status?.plan !== undefined);
      expect(blockedBy(planned)).to.deep.include({ LocalDisk: [104], Passthrough: [105], Locked: [106] });
      const policy = await lab.policyWhen('all', 'is balanced', isBalanced);

      expect(policy.status?.nodes?.find(({ name }) => name === 'pve5')?.role).to.equal('Maintenance');
      expect(policy.status?.totals).to.deep.equal({ succeeded: 2, failed: 0 });
      expect(movesOf(pve)).to.have.members([
        'hamigrate 101 balancer pve4 OK',
        'qmigrate 101 root pve4 OK',
        'vzmigrate 201 balancer pve3 OK',
      ]);
      const nodesOf = pve.simulator.cluster.guests();
      for (const [vmid, node] of [
        [101, 'pve4'],
        [104, 'pve1'],
        [105, 'pve1'],
        [106, 'pve1'],
      ] as const) {
        expect(nodesOf.find((guest) => guest.vmid === vmid)?.node, String(vmid)).to.equal(node);
      }
      expect(pve.migrateRequests()).to.equal(2);
      expect(pve.simulator.cluster.violations()).to.deep.equal([]);
    });

    it('copies local disks and keeps to its limit where the policy says so, beside a node that is slow and one that is off', async () => {
      const guest = first({ disks: [{ storage: 'local', size: '1Gi' }] });
      const base = skewedCluster('disks', { guests: [guest] });
      const off = { name: 'pve5', cpus: 16, memory: '32Gi' };
      const scenario = { ...base, cluster: { name: 'disks', version }, nodes: [...base.nodes, off] };
      const pve = await lab.addCluster('disks', scenario);
      pve.simulator.control.setNodeOffline('pve5');
      pve.simulator.control.setSlow('pve4', 60_000);
      const request = holdMigrateRequest(pve.proxy, 101);
      await lab.addPolicy('disks', { migration: { localDisks: true, bandwidthLimit: '100Mi' } });

      const held = await request;
      expect(Object.fromEntries(new URLSearchParams(held.body))).to.deep.equal({
        target: 'pve2',
        online: '1',
        'with-local-disks': '1',
        bwlimit: '102400',
      });
      await held.release();
      const policy = await lab.policyWhen('disks', 'has moved a guest', ({ status }) => {
        return status?.totals?.succeeded === 1;
      });
      expect(stateOf(policy, 'DataComplete')).to.equal('False DataIncomplete');
      const roles = policy.status?.nodes?.map(({ name, role }) => `${name} ${role}`);
      expect(roles).to.include.members(['pve4 Unknown', 'pve5 Offline']);
      expect(movesOf(pve)).to.deep.equal(['qmigrate 101 balancer pve2 OK']);
      expect(pve.simulator.cluster.violations()).to.deep.equal([]);
    });

    it('starts nothing more without quorum, and goes on when it is back', async () => {
      const scenario = { ...scenarioOf('quorum'), migrationBandwidth: '2Mi' };
      const pve = await lab.addCluster('quorum', scenario);
      await lab.addPolicy('quorum', { migration: { concurrency: { total: 1 } } });
      await lab.policyWhen(
        'quorum',
        'is migrating',
        ({ status }) => status?.migrations?.[0]?.state === 'Running',
      );
      pve.simulator.control.setQuorate(false);
      pve.clock.leap(2 * 3_600_000);
      await lab.policyWhen('quorum', 'waits for quorum', (policy) => {
        return stateOf(policy, 'Ready').endsWith('NotQuorate') && policy.status?.inFlight === 0;
      });
      expect(pve.migrateRequests()).to.equal(1);
      pve.simulator.control.setQuorate(undefined);
      await lab.policyWhen('quorum', 'goes on', ({ status }) => status?.migrations?.[0]?.state === 'Running');
      pve.clock.leap(2 * 3_600_000);
      await lab.policyWhen('quorum', 'is balanced', isBalanced);
      expect(pve.migrateRequests()).to.equal(2);
      expect(pve.simulator.cluster.violations()).to.deep.equal([]);
    });
  });
}

describe('the operator on Proxmox VE 9.2', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('rebalancing');
    lab.startOperator();
  });

  after(() => lab.close());

  it('leaves the guests of HA alone while HA rebalances them itself, and moves others', async () => {
    const guest = first({ ha: { state: 'started' } });
    const pve = await lab.addCluster('native', {
      ...skewedCluster('native', { guests: [guest] }),
      cluster: { name: 'native', version: '9.2' },
      options: { crs: { ha: 'static', 'ha-auto-rebalance': 1, 'ha-auto-rebalance-threshold': 100 } },
    });
    await lab.addPolicy('native');
    const planned = await lab.policyWhen('native', 'has a plan', ({ status }) => status?.plan !== undefined);
    expect(blockedBy(planned)).to.deep.equal({ HaRebalancing: [101] });
    await lab.policyWhen('native', 'is balanced', isBalanced);
    expect(movesOf(pve)).to.deep.equal(['qmigrate 102 balancer pve2 OK']);
  });
});
