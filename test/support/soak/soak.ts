import type { HistoryEntry } from '../../../src/api/generated/balance-policy.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import { balanceSettings } from '../../../src/controllers/balance-policy/settings.ts';
import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxClient } from '../../../src/proxmox/client.ts';
import { createProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';
import { createFakeApiClient, type FakeApiClient } from '../fake-api-client.ts';
import { authority, CREDENTIALS_TYPE } from '../lab-objects.ts';
import { policySpec } from '../policy-world.ts';
import { type OperatorRun, startOperatorRun } from '../virtual-time/operator-run.ts';
import { passTime } from '../virtual-time/pass-time.ts';
import { createTraffic } from '../virtual-time/traffic.ts';
import { brokenInvariants } from './invariants.ts';
import { soakCluster } from './soak-cluster.ts';
import { happen, type SoakWorld } from './soak-events.ts';

export interface SoakOptions {
  readonly seed: number;
  /** Simulated hours of random events; a calm end comes after them. */
  readonly hours: number;
  readonly onHour?: (hour: number) => void;
}

export interface SoakResult {
  /** What must never happen and did; empty when all is well. */
  readonly broken: readonly string[];
  readonly migrations: number;
  /** How often what happened. */
  readonly happened: ReadonlyMap<string, number>;
}

const NAMESPACE = 'lab';
const METADATA = { name: 'soak', namespace: NAMESPACE };
const KEY = `${NAMESPACE}/soak`;
const HOUR_MS = 3_600_000;
const COOLDOWN_MS = HOUR_MS;
/** After this long without events everything that may come to rest has. */
const CALM_HOURS = 4;
const MEAN_PAUSE_MS = 12 * 60_000;
const never = new AbortController().signal;

/** Lets random loads and events work on the operator and a cluster, and judges what came of it. */
export async function soak({ seed, hours, onHour }: SoakOptions): Promise<SoakResult> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const traffic = createTraffic();
  const api = createFakeApiClient();
  const scenario = soakCluster(random, seed);
  const simulator = await startSimulator({ scenario, clock: traffic.serverClock(clock) });
  putObjects(api, simulator, new Date(clock.now()).toISOString());
  const history = new Map<string, HistoryEntry>();
  const wipes: number[] = [];
  const ends: { readonly at: number; readonly end: () => void }[] = [];
  const happened = new Map<string, number>();
  const broken = new Set<string>();
  const start = () =>
    startOperatorRun({ client: api, clock, traffic, namespace: NAMESPACE, random: createRandom(seed) });
  let operator: OperatorRun = start();

  function policy(): StoredPolicy {
    const found = api.read<StoredPolicy>('BalancePolicy', KEY);
    if (!found) throw new Error('the policy is gone');
    return found;
  }

  function look(): boolean {
    for (const entry of policy().status?.history ?? []) history.set(entry.id, entry);
    return false;
  }

  const pass = (milliseconds: number, done: () => boolean = look) =>
    passTime(clock, traffic, milliseconds, done);

  const world: SoakWorld = {
    control: simulator.control,
    random,
    vmids: simulator.cluster.guests().map(({ vmid }) => vmid),
    impaired: false,
    later(minutes, end) {
      ends.push({ at: clock.now() + minutes * 60_000, end });
    },
    async restartOperator() {
      look();
      const killed = operator;
      killed.kill();
      await pass(60_000, () => killed.ended() !== undefined);
      takeErrors(killed, broken);
      operator = start();
    },
    wipeStatus() {
      look();
      wipes.push(clock.now());
      const { status: _, ...rest } = policy();
      api.put(rest);
    },
  };

  async function endWhatIsDue(): Promise<void> {
    for (const due of ends.filter(({ at }) => at <= clock.now())) {
      ends.splice(ends.indexOf(due), 1);
      due.end();
    }
  }

  const begin = clock.now();
  let nextEvent = begin;
  try {
    for (let hour = 0; clock.now() < begin + hours * HOUR_MS; ) {
      if (clock.now() >= nextEvent) {
        const name = (await happen(world)).replace(/ \S+\d+$/, '');
        happened.set(name, (happened.get(name) ?? 0) + 1);
        nextEvent = clock.now() + Math.ceil(-Math.log(1 - random()) * MEAN_PAUSE_MS);
      }
      const until = Math.min(nextEvent, ...ends.map(({ at }) => at));
      await pass(Math.max(0, Math.ceil(until - clock.now())));
      await endWhatIsDue();
      for (const violation of simulator.cluster.violations()) broken.add(violation);
      if (clock.now() < begin + (hour + 1) * HOUR_MS) continue;
      hour += 1;
      api.calls.length = 0;
      api.compact();
      onHour?.(hour);
    }
    for (const { end } of ends.splice(0)) end();
    await pass(CALM_HOURS * HOUR_MS);
    for (const what of await judge()) broken.add(what);
  } finally {
    operator.stop();
    await pass(60_000, () => operator.ended() !== undefined);
    takeErrors(operator, broken);
    await simulator.stop();
  }

  async function judge(): Promise<readonly string[]> {
    const tasks = simulator.cluster.tasks();
    const record = { tasks, history, wipes, cooldownMs: COOLDOWN_MS };
    return [...simulator.cluster.violations(), ...brokenInvariants(record), ...(await missedMoves())];
  }

  /** Moves that CSLB would make of the cluster as it is, and the operator did not. */
  async function missedMoves(): Promise<readonly string[]> {
    const { spec, status = {} } = policy();
    const resting = (status.cooldowns ?? []).filter(({ until }) => Date.parse(until) > clock.now());
    const client = createProxmoxClient({
      ...trustOf(simulator),
      requestTimeoutMs: 35_000,
      credentials: { kind: 'Token', id: OPERATOR_TOKEN.id, secret: OPERATOR_TOKEN.secret },
      clock: traffic.clientClock(clock),
      logger: silentLogger,
    });
    const proxmox = createProxmoxCluster(traffic.ofProxmox(client));
    try {
      const { cluster } = await proxmox.readInventory(never);
      const rests = new Map(resting.map(({ vmid, until }) => [vmid, until]));
      const guests = cluster.guests.map((guest) => {
        const restsUntil = rests.get(guest.vmid);
        return restsUntil === undefined ? guest : { ...guest, restsUntil };
      });
      const plan = planCslb({ ...cluster, guests }, balanceSettings(spec));
      if (plan.balanced || plan.migrations.length === 0) return [];
      const moves = plan.migrations.map(({ vmid, source, target }) => `${vmid} ${source} → ${target}`);
      return [`out of tolerance in the end, though CSLB would move ${moves.join(', ')}`];
    } finally {
      await proxmox.close();
    }
  }

  const migrations = simulator.cluster.tasks().filter(({ user }) => user === OPERATOR_TOKEN.id).length;
  return { broken: [...broken], migrations, happened };
}

function takeErrors({ logger, ended }: OperatorRun, broken: Set<string>): void {
  for (const { level, message, fields } of logger.lines) {
    if (level === 'error') broken.add(`error in the log: ${message} ${JSON.stringify(fields)}`);
  }
  const end = ended();
  if (end?.error) broken.add(`the operator ended with ${String(end.error)}`);
}

function trustOf(simulator: Simulator) {
  const { url, caCertificate } = simulator;
  return {
    endpoints: [url],
    caCertificates: caCertificate,
    fingerprints: undefined,
    insecureSkipVerify: undefined,
  };
}

function putObjects(api: FakeApiClient, simulator: Simulator, creationTimestamp: string): void {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const data = { tokenId: encoded(OPERATOR_TOKEN.id), tokenSecret: encoded(OPERATOR_TOKEN.secret) };
  const metadata = { ...METADATA, generation: 1, creationTimestamp };
  api.put({ apiVersion: 'v1', kind: 'Secret', metadata: METADATA, type: CREDENTIALS_TYPE, data });
  api.put(authority(METADATA, simulator.caCertificate));
  const clusterSpec = {
    endpoints: [simulator.url],
    credentialsSecretRef: { name: 'soak' },
    tls: { caRef: { kind: 'ConfigMap', name: 'soak', key: 'ca.crt' } },
    requestTimeout: '35s',
    probeInterval: '5m',
  };
  const apiVersion = 'pve-cslb.io/v1alpha1';
  api.put({ apiVersion, kind: 'PveCluster', metadata, spec: clusterSpec });
  const spec = policySpec({
    clusterRef: { name: 'soak' },
    interval: '5m',
    migration: { containers: 'Restart' },
    stabilization: { guestCooldown: '1h' },
    historyLimit: 200,
  });
  api.put({ apiVersion, kind: 'BalancePolicy', metadata, spec });
}
