import { expect } from 'chai';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import { indexCluster } from '../../../src/balancing/cluster-index.ts';
import { guestBlock } from '../../../src/balancing/guest-block.ts';
import { NO_PLACEMENT } from '../../../src/balancing/placement.ts';
import { targetBlock } from '../../../src/balancing/target-block.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { type SettingsTraits, settings } from '../../support/cluster-model.ts';
import { testClient } from '../../support/proxmox-client.ts';
import { labScenario, OPERATOR_TOKEN, START } from '../../support/simulator/scenarios.ts';

const signal = new AbortController().signal;

function vm(vmid: number, traits: Partial<GuestDocument> = {}): GuestDocument {
  return {
    vmid,
    type: 'qemu',
    name: `guest-${vmid}`,
    node: 'pve1',
    cpus: 2,
    memory: '4Gi',
    demand: { cpu: 0.5, memory: '2Gi' },
    ...traits,
  };
}

function container(vmid: number, traits: Partial<GuestDocument> = {}): GuestDocument {
  return vm(vmid, { type: 'lxc', ...traits });
}

const ONLY_ON_3 = {
  name: 'only3',
  type: 'nfs',
  content: 'images,rootdir',
  shared: true,
  nodes: ['pve1', 'pve3'],
};
const STORAGES = [
  { name: 'shared', type: 'rbd', content: 'images,rootdir,iso', shared: true },
  { name: 'local', type: 'dir', content: 'images,rootdir,iso' },
  ONLY_ON_3,
];
const disk = (storage: string) => [{ storage, size: '8Gi' }];

/** Two nodes like pve1, of which pve3 has another CPU. */
function scenario(
  version: string,
  guests: readonly GuestDocument[],
  changes: Partial<ScenarioDocument> = {},
) {
  const base = labScenario();
  return {
    ...base,
    cluster: { name: 'lab', version },
    nodes: base.nodes.map((node) => ({
      ...node,
      uptime: '240h',
      ...(node.name === 'pve3' ? { cpuModel: 'Another CPU' } : {}),
    })),
    storages: STORAGES,
    guests,
    ...changes,
  };
}

describe('what may move in a simulated cluster', () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function connect(document: ScenarioDocument): Promise<ProxmoxCluster> {
    const clock = createVirtualClock(START);
    const simulator = await startSimulator({ scenario: document, clock, unauthorizedDelayMs: 0 });
    const client = testClient([simulator.url], {
      credentials: { kind: 'Token', ...OPERATOR_TOKEN },
      caCertificates: simulator.caCertificate,
    });
    const cluster = createProxmoxCluster(client);
    closing.push(
      () => cluster.close(),
      () => simulator.stop(),
    );
    // Statistics of the first rounds.
    await clock.advance(60_000);
    return cluster;
  }

  /** By VMID: why a guest may not move, or which nodes it may go to. */
  async function findings(document: ScenarioDocument, policy: SettingsTraits = {}) {
    const proxmox = await connect(document);
    const inventory = await proxmox.readInventory(signal);
    expect(inventory.apiCalls).to.be.at.most(9 + 3);
    const guests: Guest[] = [];
    for (const guest of inventory.cluster.guests) {
      guests.push({ ...guest, examination: await proxmox.examineGuest(guest, signal) });
    }
    const cluster: Cluster = { ...inventory.cluster, guests };
    const index = indexCluster(cluster, NO_PLACEMENT);
    const wanted = settings({ containers: 'Restart', ...policy });
    return Object.fromEntries(
      guests.map((guest) => {
        const block = guestBlock(guest, index, wanted);
        const targets = cluster.nodes
          .filter((node) => node.name !== guest.node && !targetBlock(guest, node, index, wanted))
          .map(({ name }) => name);
        return [guest.vmid, block?.kind ?? targets.join(' ')];
      }),
    );
  }

  for (const version of ['8.4', '9.1', '9.2']) {
    it(`PVE ${version}: disks, devices, CPUs, replication`, async () => {
      const found = await findings(
        scenario(
          version,
          [
            vm(100, { disks: disk('shared') }),
            vm(101, { disks: disk('local') }),
            vm(102, { disks: disk('only3') }),
            vm(103, { disks: disk('shared'), cpuType: 'host' }),
            vm(104, { disks: disk('shared'), cpuType: 'custom-mine' }),
            vm(105, { disks: disk('shared'), config: { hostpci0: '0000:41:00' } }),
            vm(106, { disks: [...disk('shared'), { storage: 'local', size: '1Gi', kind: 'cloudinit' }] }),
            vm(107, { disks: [...disk('shared'), { storage: 'local', size: '1Gi', kind: 'cdrom' }] }),
            vm(108, { disks: disk('shared'), lock: 'backup' }),
            vm(109, { disks: disk('shared'), status: 'paused' }),
            vm(110, { disks: disk('shared'), tags: ['pve-cslb-ignore'] }),
            vm(111, { disks: disk('shared') }),
            container(200, { disks: disk('shared') }),
            container(201, { disks: disk('local') }),
            container(202, { disks: disk('only3') }),
            container(203, { disks: disk('shared'), config: { mp0: '/srv/data,mp=/data' } }),
          ],
          { replication: [{ guest: 111, target: 'pve3' }] },
        ),
      );

      expect(found).to.deep.equal({
        100: 'pve2 pve3',
        101: 'LocalDisk',
        102: 'pve3',
        103: 'pve2',
        104: 'pve2',
        105: 'Passthrough',
        106: 'pve2 pve3',
        107: 'LocalImage',
        108: 'Locked',
        109: 'NotRunning',
        110: 'Excluded',
        111: 'pve3',
        200: 'pve2 pve3',
        201: 'LocalDisk',
        202: 'pve3',
        203: 'LocalImage',
      });
    });
  }

  it('with local disks, those without snapshots', async () => {
    const snapshots = [{ storage: 'local', size: '8Gi', snapshots: ['before'] }];
    const found = await findings(
      scenario('9.1', [vm(101, { disks: disk('local') }), vm(102, { disks: snapshots })]),
      { localDisks: true },
    );

    expect(found).to.deep.equal({ 101: 'pve2 pve3', 102: '' });
  });

  it('never to an older version', async () => {
    const nodes = scenario('9.1', []).nodes.map((node) =>
      node.name === 'pve2' ? { ...node, version: '8.4' } : node,
    );
    const found = await findings(
      scenario(
        '9.1',
        [vm(100, { disks: disk('shared') }), vm(101, { disks: disk('shared'), node: 'pve2' })],
        {
          nodes,
        },
      ),
    );

    expect(found).to.deep.equal({ 100: 'pve3', 101: 'pve1 pve3' });
  });

  it('as HA’s rules say (PVE 9)', async () => {
    const ha = { state: 'started' } as const;
    const guests = [
      ...[100, 101, 102, 103, 104, 105].map((vmid) => vm(vmid, { disks: disk('shared'), ha })),
      vm(106, { disks: disk('shared'), ha: { ...ha, failback: false } }),
      vm(107, { disks: disk('shared'), node: 'pve3', ha }),
      vm(108, { disks: disk('shared'), ha: { state: 'ignored' } }),
    ];
    const rules = [
      { name: 'strict', type: 'node-affinity', resources: ['vm:101'], nodes: ['pve1', 'pve2'], strict: true },
      {
        name: 'prefers',
        type: 'node-affinity',
        resources: ['vm:102', 'vm:106'],
        nodes: ['pve1:1', 'pve3:2'],
      },
      { name: 'apart', type: 'resource-affinity', affinity: 'negative', resources: ['vm:103', 'vm:107'] },
      { name: 'together', type: 'resource-affinity', affinity: 'positive', resources: ['vm:104', 'vm:105'] },
      {
        name: 'off',
        type: 'node-affinity',
        resources: ['vm:100'],
        nodes: ['pve1'],
        strict: true,
        disabled: true,
      },
    ] as const;

    expect(await findings(scenario('9.1', guests, { ha: { rules } }))).to.deep.equal({
      100: 'pve2 pve3',
      101: 'pve2',
      // HA has taken it to the node that it prefers, and would have it nowhere else.
      102: '',
      103: 'pve2',
      104: 'MovesWithOthers',
      105: 'MovesWithOthers',
      106: 'pve2 pve3',
      107: 'pve2',
      108: 'pve2 pve3',
    });
  });

  it('as HA’s groups say (PVE 8)', async () => {
    const groups = [
      { name: 'restricted', nodes: ['pve1', 'pve2'], restricted: true },
      { name: 'prefers', nodes: ['pve1:1', 'pve3:2'] },
      { name: 'stays', nodes: ['pve1:2', 'pve3:1'], nofailback: true },
    ];
    const guests = groups.map(({ name }, index) =>
      vm(100 + index, { disks: disk('shared'), ha: { group: name } }),
    );

    expect(await findings(scenario('8.4', guests, { ha: { groups } }))).to.deep.equal({
      100: 'pve2',
      // HA has taken it to the node that it prefers, and would have it nowhere else.
      101: '',
      102: 'pve2 pve3',
    });
  });

  it('leaves HA guests to PVE where it rebalances them itself', async () => {
    const guests = [
      vm(100, { disks: disk('shared'), ha: { state: 'started' } }),
      vm(101, { disks: disk('shared') }),
    ];
    const options = { crs: { ha: 'dynamic', 'ha-auto-rebalance': 1, 'ha-auto-rebalance-threshold': 100 } };

    expect(await findings(scenario('9.2', guests, { options }))).to.deep.equal({
      100: 'HaRebalancing',
      101: 'pve2 pve3',
    });
  });
});
