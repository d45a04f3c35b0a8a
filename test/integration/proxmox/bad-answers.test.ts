import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { LOGIN, testClient } from '../../support/proxmox-client.ts';
import { labScenario, START } from '../../support/simulator/scenarios.ts';

const signal = new AbortController().signal;
const MOVING = { vmid: 100, type: 'qemu', node: 'pve1', target: 'pve2' } as const;
const VM = { vmid: 103, type: 'qemu', node: 'pve2' } as const;
const CONTAINER = { vmid: 200, type: 'lxc', node: 'pve1' } as const;
const MALFORMATIONS = ['html', 'truncated', 'nullData', 'stringNumbers', 'endless'] as const;
const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];
const HA = {
  '8.4': { groups: [{ name: 'all', nodes: ['pve1', 'pve2', 'pve3'] }] },
  '9.1': { rules: [{ name: 'all', type: 'node-affinity', resources: ['vm:101'], nodes: ['pve1', 'pve2'] }] },
} as const;

type Call = (cluster: ProxmoxCluster) => Promise<string>;

/** Every call that reads, and what it tells in a word. */
function callsAbout(upid: string): Readonly<Record<string, Call>> {
  return {
    probe: async (cluster) => `${(await cluster.probe(signal)).missingPrivileges.length} missing`,
    inventory: async (cluster) => {
      const { nodes, guests } = (await cluster.readInventory(signal)).cluster;
      return `${nodes.map(({ availability }) => availability).join(' ')}, ${guests.length} guests`;
    },
    readGuest: async (cluster) => (await cluster.readGuest(VM, signal)).kind,
    examineVm: async (cluster) => (await cluster.examineGuest(VM, signal)).kind,
    examineContainer: async (cluster) => (await cluster.examineGuest(CONTAINER, signal)).kind,
    readTask: async (cluster) => (await cluster.readTask(upid, signal)).kind,
    listMigrateTasks: async (cluster) =>
      `${(await cluster.listMigrateTasks(MOVING, signal)).tasks.length} tasks`,
    taskTargets: async (cluster) => String(await cluster.taskTargets(upid, MOVING.target, signal)),
    readTime: async (cluster) => `${(await cluster.readTime(signal)) > 0}`,
  };
}

/** What the call tells, or why it cannot. Anything but an OperatorError fails the test. */
async function told(call: Call, cluster: ProxmoxCluster): Promise<string> {
  try {
    return await call(cluster);
  } catch (error) {
    if (error instanceof OperatorError) return error.code;
    throw error;
  }
}

/** Whether a connection that has asked once does not ask again. */
function isKnown(name: string, path: string): boolean {
  return path === '/access/ticket' || name === 'taskTargets';
}

/** What may be told of an answer that is none: of one node or guest only where the answer is about that. */
function expectedOf(
  name: string,
  path: string,
  kind: (typeof MALFORMATIONS)[number],
  good: string,
): readonly string[] {
  // A log is a help and no more, and of the version only the time of the answer is wanted.
  if ((path.endsWith('/log') && name !== 'taskTargets') || (name === 'readTime' && kind === 'nullData'))
    return [good, 'UnexpectedAnswer'];
  const [, node] = /^\/nodes\/(pve\d)\/status$/.exec(path) ?? [];
  if (node !== undefined) return [withUnknown(good, node)];
  const refused = name.startsWith('examine') ? ['Unread', 'UnexpectedAnswer'] : ['UnexpectedAnswer'];
  // Not everything has numbers, and some of them do not matter.
  const harmless = [good, 'Unknown Unknown Unknown, 0 guests'];
  return kind === 'stringNumbers' ? [...refused, ...harmless] : refused;
}

function withUnknown(good: string, node: string): string {
  const index = Number(node.slice(3)) - 1;
  return good.replace(/^(\w+) (\w+) (\w+)/, (states) => states.split(' ').with(index, 'Unknown').join(' '));
}

describe('answers that are none, to each read of the operator', () => {
  const clock = createVirtualClock(START);
  const closing: (() => Promise<void>)[] = [];

  async function start(version: keyof typeof HA): Promise<Simulator> {
    const base = labScenario();
    const acl = [{ path: '/', privileges: PRIVILEGES }];
    const group = version === '8.4' ? { group: 'all' } : {};
    const scenario = {
      ...base,
      cluster: { name: 'lab', version },
      users: [{ name: LOGIN.username, password: LOGIN.password, acl }],
      guests: (base.guests ?? []).map((guest) =>
        guest.vmid === 101 ? { ...guest, ha: { state: 'started', ...group } as const } : guest,
      ),
      ha: HA[version],
      migrationBandwidth: '1Mi',
    };
    const simulator = await startSimulator({ scenario, clock, unauthorizedDelayMs: 0 });
    closing.push(() => simulator.stop());
    await clock.advance(60_000);
    return simulator;
  }

  /** A new connection, which logs in and knows nothing yet. */
  function connect(simulator: Simulator): ProxmoxCluster {
    const options = {
      credentials: { kind: 'Password', ...LOGIN } as const,
      caCertificates: simulator.caCertificate,
      maxBodyBytes: 256 * 1024,
    };
    const cluster = createProxmoxCluster(testClient([simulator.url], options));
    closing.unshift(() => cluster.close());
    return cluster;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  for (const version of ['8.4', '9.1'] as const) {
    it(`are told as what they are, and the next one is read as ever (${version})`, async () => {
      const simulator = await start(version);
      const answer = await connect(simulator).startMigration(MOVING, signal);
      if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
      await clock.advance(5_000);
      const seen = new Set<string>();
      for (const [name, call] of Object.entries(callsAbout(answer.upid))) {
        const before = simulator.requests().length;
        const good = await told(call, connect(simulator));
        const asked = simulator.requests().slice(before);
        for (const { path, status } of asked) {
          seen.add(path);
          // Answers that are errors are another matter.
          if (status !== 200) continue;
          const matches = { path: new RegExp(`^${path.replaceAll(/[.*+?^$()|]/g, '\\$&')}$`) };
          const cluster = connect(simulator);
          for (const kind of MALFORMATIONS) {
            simulator.control.addFault({ matches, times: 100, effect: { kind } });
            const found = await told(call, isKnown(name, path) ? connect(simulator) : cluster);
            simulator.control.forgetFaults();
            expect(expectedOf(name, path, kind, good), `${name} of ${kind} from ${path}`).to.include(found);
          }
          expect(await told(call, cluster), `${name} after bad answers from ${path}`).to.equal(good);
        }
      }
      expect(seen.size).to.be.greaterThan(18);
    }).timeout(120_000);
  }
});
