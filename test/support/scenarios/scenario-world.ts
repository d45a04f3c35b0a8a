import { setTimeout as sleep } from 'node:timers/promises';
import {
  BALANCE_POLICIES,
  CONFIG_MAPS,
  PVE_CLUSTERS,
  SECRETS,
  type StoredPolicy,
} from '../../../src/controllers/resources.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { EVENT_KIND } from '../../../src/kubernetes/event-object.ts';
import type { KubernetesObject } from '../../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../../src/kubernetes/resource-kind.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { AUDITOR_TOKEN, OPERATOR_TOKEN } from '../balance-scenario.ts';
import type { ControlPlane } from '../control-plane.ts';
import { apiError } from '../fake-api-client.ts';
import { authority, balancePolicy, credentials, type PolicySpec, pveCluster } from '../lab-objects.ts';
import { type OperatorRun, startOperatorRun } from '../virtual-time/operator-run.ts';
import { passTime } from '../virtual-time/pass-time.ts';
import { createTraffic, type Traffic } from '../virtual-time/traffic.ts';
import type { ScenarioFile } from './document.ts';
import { proxmoxDocument } from './proxmox-document.ts';

/** A state of a policy or a PveCluster as it was stored. */
export interface StoredState {
  readonly time: number;
  readonly object: KubernetesObject;
}

/** Operator and cluster of one scenario, in this process and on one virtual clock; the API server is a real one. */
export interface ScenarioWorld {
  readonly clock: VirtualClock;
  readonly namespace: string;
  readonly client: ApiClient;
  /** The clusters, in the order they were there; the PveClusters lead to the last one. */
  readonly simulators: readonly Simulator[];
  readonly operators: readonly OperatorRun[];
  /** By kind: the status that every write of the operators is answered with, instead of being carried out. */
  readonly refusals: Map<string, number>;
  /** Every state that was stored, in its order. */
  readonly states: readonly StoredState[];
  simulator(): Simulator;
  startOperator(): void;
  replaceCluster(name: string): Promise<void>;
  addPolicy(name: string, spec: PolicySpec): Promise<void>;
  policy(name: string): Promise<StoredPolicy>;
  patch(kind: ResourceKind, name: string, patch: object): Promise<void>;
  delete(kind: ResourceKind, name: string): Promise<void>;
  wipeStatus(policy: string): Promise<void>;
  events(): Promise<readonly EventView[]>;
  /** Lets time pass, at most so long and until it is done; says whether it was done. */
  pass(milliseconds: number, done?: () => boolean): Promise<boolean>;
  close(): Promise<void>;
}

export interface EventView extends KubernetesObject {
  readonly reason: string;
  readonly note: string;
}

const NOON = Date.UTC(2026, 0, 5, 12);
const STOP_MS = 60_000;
const never = new AbortController().signal;

export async function openScenarioWorld(
  file: ScenarioFile,
  {
    controlPlane,
    client: admin,
    namespace,
  }: { controlPlane: ControlPlane; client: ApiClient; namespace: string },
): Promise<ScenarioWorld> {
  const clock = createVirtualClock(file.start === undefined ? NOON : Date.parse(file.start));
  const traffic = createTraffic();
  const client = traffic.ofApi(admin);
  const observer = await observe(client, namespace, clock);
  const simulators: Simulator[] = [];
  const operators: OperatorRun[] = [];
  const refusals = new Map<string, number>();
  const named = (name: string) => ({ name, namespace });

  async function simulate(name: string): Promise<Simulator> {
    const scenario = proxmoxDocument(name, file.proxmox);
    const simulator = await startSimulator({ scenario, clock: traffic.serverClock(clock) });
    simulators.push(simulator);
    return simulator;
  }

  function current(): Simulator {
    const simulator = simulators.at(-1);
    if (!simulator) throw new Error('There is no cluster yet.');
    return simulator;
  }

  async function addPolicy(name: string, spec: PolicySpec): Promise<void> {
    await client.create(BALANCE_POLICIES, balancePolicy(named(name), { interval: '30s', ...spec }), never);
  }

  async function kubectl(args: readonly string[]): Promise<void> {
    const { code, stderr } = await controlPlane.kubectl(['--namespace', namespace, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
  }

  const world: ScenarioWorld = {
    clock,
    namespace,
    client,
    simulators,
    operators,
    refusals,
    states: observer.states,
    simulator: current,
    startOperator() {
      const identity = `operator-${operators.length + 1}`;
      const election = file.leaderElection && { lease: named('pve-cslb-operator'), identity };
      operators.push(
        startOperatorRun({
          client: refusing(admin, refusals),
          clock,
          traffic,
          namespace,
          random: () => 0.5,
          ...(election ? { election } : {}),
        }),
      );
    },
    async replaceCluster(name) {
      const simulator = await simulate(name);
      await world.patch(CONFIG_MAPS, 'lab-ca', { data: { 'ca.crt': simulator.caCertificate } });
      await world.patch(PVE_CLUSTERS, 'lab', { spec: { endpoints: [simulator.url] } });
    },
    async addPolicy(name, spec) {
      await nextSecond();
      await addPolicy(name, spec);
    },
    async policy(name) {
      const policy = await client.get<StoredPolicy>(BALANCE_POLICIES, namespace, name, never);
      if (policy) return policy;
      throw new Error(`There is no policy '${name}'.`);
    },
    async patch(kind, name, patch) {
      await client.patch(kind, namespace, name, patch, never);
    },
    async delete(kind, name) {
      await kubectl(['delete', `${kind.plural}/${name}`, '--wait=true']);
      await observer.deleted(kind.kind, name);
      await traffic.quiet();
    },
    async wipeStatus(name) {
      const remove = JSON.stringify([{ op: 'remove', path: '/status' }]);
      await kubectl(['patch', `bpol/${name}`, '--subresource=status', '--type=json', '--patch', remove]);
      // Whoever has seen this has seen that.
      const annotations = { wiped: String(clock.now()) };
      await world.patch(BALANCE_POLICIES, name, { metadata: { annotations } });
    },
    async events() {
      const { items } = await client.list<EventView>(EVENT_KIND, { namespace }, never);
      return items;
    },
    pass: (milliseconds, done) => passTime(clock, traffic, milliseconds, done),
    async close() {
      const running = operators.filter((operator) => operator.ended() === undefined);
      for (const operator of running) operator.stop();
      await world.pass(STOP_MS, () => running.every((operator) => operator.ended() !== undefined));
      observer.stop();
      await Promise.all(simulators.map((simulator) => simulator.stop()));
    },
  };

  const simulator = await simulate('lab');
  await createObjects(file, simulator, client, named, traffic);
  for (const [index, [name, spec]] of Object.entries(file.policies ?? { lab: {} }).entries()) {
    if (index > 0) await nextSecond();
    await addPolicy(name, spec);
  }
  return world;
}

/** The same API server, but it refuses writes of some kinds. */
function refusing(client: ApiClient, refusals: ReadonlyMap<string, number>): ApiClient {
  const checked = ({ kind }: ResourceKind): void => {
    const status = refusals.get(kind);
    if (status !== undefined) throw apiError(status);
  };
  return {
    get: client.get,
    list: client.list,
    watch: client.watch,
    async applyStatus(kind, ...call) {
      checked(kind);
      return await client.applyStatus(kind, ...call);
    },
    async create(kind, ...call) {
      checked(kind);
      return await client.create(kind, ...call);
    },
    async update(kind, ...call) {
      checked(kind);
      return await client.update(kind, ...call);
    },
    async patch(kind, ...call) {
      checked(kind);
      return await client.patch(kind, ...call);
    },
  };
}

type Named = (name: string) => { readonly name: string; readonly namespace: string };

async function createObjects(
  file: ScenarioFile,
  simulator: Simulator,
  client: ApiClient,
  named: Named,
  traffic: Traffic,
): Promise<void> {
  const { secret = true, type, token = 'operator' } = file.credentials ?? {};
  const owner = token === 'operator' ? OPERATOR_TOKEN : AUDITOR_TOKEN;
  if (secret) await client.create(SECRETS, credentials(named('lab-pve'), owner, type), never);
  await client.create(CONFIG_MAPS, authority(named('lab-ca'), simulator.caCertificate), never);
  const references = {
    probeInterval: '1m',
    credentialsSecretRef: { name: 'lab-pve' },
    tls: { caRef: { kind: 'ConfigMap', name: 'lab-ca' } },
  };
  for (const [name, spec] of Object.entries(file.pveClusters ?? { lab: {} })) {
    if (name !== 'lab') await nextSecond();
    const object = pveCluster(named(name), simulator.url, { ...references, ...spec });
    await client.create(PVE_CLUSTERS, object, never);
  }
  await traffic.quiet();
}

/** The API server's creation times are whole seconds of the real time, and by them the older of two objects is told. */
function nextSecond(): Promise<void> {
  // A timer may be early by a millisecond.
  return sleep(1_010 - (Date.now() % 1_000));
}

/** Sees every state of the policies and PveClusters of a namespace. */
async function observe(client: ApiClient, namespace: string, clock: VirtualClock) {
  const states: StoredState[] = [];
  const gone = new Set<string>();
  const stopping = new AbortController();
  let wake = () => {};

  async function follow(kind: ResourceKind): Promise<void> {
    const { resourceVersion } = await client.list(kind, { namespace }, never);
    const options = { namespace, resourceVersion, timeoutSeconds: 3_600, inactivityMs: 3_600_000 };
    const watch = client.watch<KubernetesObject>(kind, options, stopping.signal);
    const read = async () => {
      for await (const event of watch) {
        if (event.type === 'Bookmark') continue;
        const { object } = event;
        if (event.type === 'Deleted') gone.add(`${object.kind} ${object.metadata.name}`);
        else states.push({ time: clock.now(), object });
        wake();
      }
    };
    read().catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  }

  await follow(PVE_CLUSTERS);
  await follow(BALANCE_POLICIES);
  return {
    states,
    async deleted(kind: string, name: string) {
      while (!gone.has(`${kind} ${name}`)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    stop: () => stopping.abort(new Error('the scenario is over')),
  };
}
