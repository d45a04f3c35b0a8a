import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ClusterView, TaskView } from '../../../src/simulator/cluster-view.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';
import { createFakeApiClient, type FakeApiClient } from '../fake-api-client.ts';
import { passTime } from '../virtual-time/pass-time.ts';
import { createTraffic } from '../virtual-time/traffic.ts';
import { lookAheadOfCslb } from './cslb-outlook.ts';
import { movedWith } from './ha-judge.ts';
import { brokenInvariants } from './invariants.ts';
import { type Asked, momentOf, runningMigrations } from './moment.ts';
import { brokenRules, type RuleName } from './move-judge.ts';
import { lookAheadOfOptimize } from './optimize-outlook.ts';
import { createQuietJudge } from './quiet-judge.ts';
import { isLoaded, SOAK_NODES, type SoakRelease, type SoakStrategy, soakCluster } from './soak-cluster.ts';
import { happen, type SoakWorld } from './soak-events.ts';
import { COOLDOWN_MS, createSoakObjects, POLICY_NAMES } from './soak-objects.ts';
import { createSoakOperators } from './soak-operators.ts';
import { createToleranceJudge, type Situation } from './tolerance-judge.ts';

export interface SoakOptions {
  readonly seed: number;
  /** Simulated hours of storms and calm stretches, which take turns. */
  readonly hours: number;
  /** 8.4 for even seeds and 9.1 for odd ones when absent. */
  readonly release?: SoakRelease;
  /** With which the policy that acts plans; Cslb when absent. */
  readonly strategy?: SoakStrategy;
  /** After each calm stretch, with what was wrong so far. */
  readonly onRound?: (hour: number, broken: readonly string[]) => void;
}

export interface SoakResult {
  /** What must never happen and did; empty when all is well. */
  readonly broken: readonly string[];
  readonly migrations: number;
  /** Evaluations at which the tolerance was judged, and those after which something was moved. */
  readonly judged: number;
  readonly acted: number;
  /** Evaluations of Optimize after which nothing could be moved, since nothing had changed. */
  readonly quiet: number;
  /** How often what happened. */
  readonly happened: ReadonlyMap<string, number>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STORM_MS = 4 * HOUR_MS;
/** Guests that were moved rest for an hour. */
const CALM_MS = 2 * HOUR_MS;
/** Until nodes that were off may be targets, HA has sorted its guests, and what was begun has been settled. */
const SETTLING_MS = 15 * MINUTE_MS;
/** After a calm stretch, until nothing is left to do: each guest rests for an hour. */
const COMES_TO_REST_WITHIN_MS = 6 * HOUR_MS;
const LEAST_EVALUATIONS = 7;
const MEAN_PAUSE_MS = 10 * MINUTE_MS;
/** Two rounds of statistics. */
const STEADY_AFTER_MS = 20_000;

/** Lets random loads and events work on operators and a cluster, and judges what comes of it. */
export async function soak({
  seed,
  hours,
  release = seed % 2 === 0 ? '8.4' : '9.1',
  strategy = 'Cslb',
  onRound,
}: SoakOptions): Promise<SoakResult> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const traffic = createTraffic();
  const api = createFakeApiClient();
  const document = soakCluster(random, seed, release, strategy);
  const simulator = await startSimulator({ scenario: document, clock: traffic.serverClock(clock) });
  const { cluster, control } = simulator;
  const objects = createSoakObjects(api, simulator, new Date(clock.now()).toISOString(), {
    strategy,
    random,
  });
  const operators = createSoakOperators({ client: telling(api, look), clock, traffic, seed });
  const lookAhead = strategy === 'Cslb' ? lookAheadOfCslb(document) : lookAheadOfOptimize(document);
  const tolerance = createToleranceJudge(lookAhead, COOLDOWN_MS);
  const quiet = createQuietJudge();
  const wipes: number[] = [];
  const onward = new Set<string>();
  const ends: { readonly at: number; readonly end: () => void }[] = [];
  const happened = new Map<string, number>();
  const broken = new Set<string>();
  let judging = false;
  let lastChange = clock.now();

  function changed(): void {
    lastChange = clock.now();
  }

  /** After each status that was stored. */
  function look(): void {
    objects.history();
    if (!judging) return;
    tolerance.look(situation());
    // The load averages that CSLB goes by change for long after everything else.
    if (strategy === 'Optimize') quiet.look(situation());
  }

  function situation(): Situation {
    const policy = objects.policy('soak');
    const moment = momentOf(cluster, true, asked());
    const statuses = POLICY_NAMES.flatMap((name) => objects.policy(name).status ?? []);
    const cooldowns = statuses.flatMap((status) => status.cooldowns ?? []);
    const underWay = statuses.flatMap(({ migrations = [] }) => migrations).length;
    return {
      now: clock.now(),
      policy,
      cooldowns,
      underWay,
      moment,
      tasks: migrateTasks(cluster),
      user: OPERATOR_TOKEN.id,
    };
  }

  /** By the records of migrations that are under way. */
  function asked(): readonly Asked[] {
    return POLICY_NAMES.flatMap((name) => objects.policy(name).status?.migrations ?? [])
      .filter(({ upid }) => upid !== undefined)
      .flatMap(({ vmid, target, companions = [] }) =>
        [vmid, ...companions.map((each) => each.vmid)].map((each) => ({ vmid: each, target })),
      );
  }

  cluster.onTask((task) => {
    if (isOurs(task)) judgeOurs(task);
    else judgeHa(task);
  });

  function judgeOurs(task: TaskView): void {
    const { upid, vmid = 0 } = task;
    const intents = POLICY_NAMES.map((name) => objects.policy(name)).filter(({ status }) =>
      status?.migrations?.some((entry) => entry.vmid === vmid && entry.upid === undefined),
    );
    const [policy] = intents;
    if (!policy || intents.length > 1) {
      broken.add(`${upid} was begun with ${intents.length} intents stored`);
      return;
    }
    judgeMove(task, policy);
    const legs = policy.status?.plan?.migrations?.filter((move) => move.vmid === vmid) ?? [];
    const position = legs.findIndex((leg) => leg.source === task.source && leg.target === task.target);
    if (position > 0) onward.add(upid);
  }

  /** What HA begins since we have asked for it; of that it decides the time, so that only the room is ours to see to. */
  function judgeHa(task: TaskView): void {
    const policy = POLICY_NAMES.map((name) => objects.policy(name)).find(({ status }) =>
      status?.migrations?.some(
        ({ vmid, target, companions = [] }) =>
          target === task.target && [vmid, ...companions.map((each) => each.vmid)].includes(task.vmid ?? 0),
      ),
    );
    if (policy && task.source !== undefined) judgeMove(task, policy, ['room']);
  }

  function judgeMove(
    { upid, vmid = 0, source = '', target = '' }: TaskView,
    { metadata, spec }: StoredPolicy,
    only?: readonly RuleName[],
  ): void {
    const taskEnds = cluster.tasks().flatMap(({ endTime }) => endTime ?? []);
    const steady = clock.now() - Math.max(lastChange, ...taskEnds.slice(-100)) >= STEADY_AFTER_MS;
    const move = { upid, vmid, source, target };
    const moment = momentOf(cluster, steady, asked());
    for (const { rule, how } of brokenRules({ move, moment, document, spec })) {
      if (only && !only.includes(rule)) continue;
      broken.add(`${metadata.name} moved ${vmid} to ${target} against '${rule}': ${how} (${upid})`);
    }
  }

  const guests = () => new Map(cluster.guests().map((guest) => [guest.vmid, guest]));
  const world: SoakWorld = {
    strategy,
    control,
    random,
    vmids: [...guests().keys()],
    api,
    objects,
    operators,
    impaired: false,
    isIdle: (vmid) =>
      guests().get(vmid)?.lock === undefined &&
      !runningMigrations(cluster).some((task) => task.vmid === vmid),
    lockOf: (vmid) => guests().get(vmid)?.lock,
    later(minutes, end) {
      ends.push({ at: clock.now() + minutes * MINUTE_MS, end });
    },
    wipeStatus() {
      objects.history();
      wipes.push(clock.now());
      objects.wipeStatus('soak');
    },
  };

  function tend(): boolean {
    operators.tend();
    return false;
  }

  const pass = (milliseconds: number, done: () => boolean = tend) =>
    passTime(clock, traffic, Math.max(0, Math.ceil(milliseconds)), done);

  function endWhatIsDue(now: number): void {
    for (const due of ends.filter(({ at }) => at <= now)) {
      ends.splice(ends.indexOf(due), 1);
      due.end();
      changed();
    }
  }

  async function storm(until: number): Promise<void> {
    let nextEvent = clock.now();
    while (clock.now() < until) {
      if (clock.now() >= nextEvent) {
        const name = happen(world);
        changed();
        happened.set(name, (happened.get(name) ?? 0) + 1);
        nextEvent = clock.now() + Math.ceil(-Math.log(1 - random()) * MEAN_PAUSE_MS);
      }
      await pass(Math.min(nextEvent, until, ...ends.map(({ at }) => at)) - clock.now());
      endWhatIsDue(clock.now());
    }
    endWhatIsDue(Number.POSITIVE_INFINITY);
    control.forgetFaults();
  }

  async function calm(): Promise<void> {
    await pass(SETTLING_MS);
    // From now on loads are steady; else nothing would be left to do.
    for (const vmid of world.vmids.filter((each) => isLoaded(each) && random() < 0.4)) {
      control.setDemand(vmid, { cpu: random() * 4, memory: (0.5 + random() * 7) * 1024 ** 3 });
    }
    const drained = SOAK_NODES.filter(() => strategy === 'Optimize' && random() < 0.15).slice(0, 1);
    if (drained.length > 0) objects.drain('soak', drained);
    changed();
    await pass(STEADY_AFTER_MS);
    judging = true;
    await pass(CALM_MS - SETTLING_MS);
    // There may still be something better to do for a guest whose rest is over. CSLB need not come to rest at all: where the
    // lightest guests change nothing, it moves them to and fro, as pve-cslb does.
    const rested = await pass(COMES_TO_REST_WITHIN_MS, () => tend() || tolerance.isAtRest(situation()));
    judging = false;
    tolerance.end(situation(), LEAST_EVALUATIONS);
    quiet.end();
    if (!rested && strategy === 'Optimize') {
      broken.add(`something is still to be moved ${describeHour()}, after a calm stretch`);
    }
    if (drained.length > 0) objects.drain('soak', []);
  }

  function describeHour(): string {
    return `at ${new Date(clock.now()).toISOString()}`;
  }

  function judgeRound(): void {
    const { tasks } = situation();
    const record = {
      tasks,
      history: objects.history(),
      wipes,
      cooldownMs: COOLDOWN_MS,
      movedWith: movedAlong,
      onward,
    };
    for (const what of brokenInvariants(record)) broken.add(what);
    if ((objects.policy('watcher').status?.history ?? []).length > 0) broken.add('the dry run moved guests');
    collect();
  }

  function movedAlong({ type, vmid = 0 }: TaskView): readonly number[] {
    const guest = type === 'hamigrate' ? guests().get(vmid) : undefined;
    return guest ? movedWith(document, guest) : [];
  }

  function collect(): void {
    const found = [cluster.violations(), operators.faults(), tolerance.broken, quiet.broken];
    for (const what of found.flat()) broken.add(what);
    api.calls.length = 0;
    api.compact();
  }

  const begin = clock.now();
  try {
    while (clock.now() < begin + hours * HOUR_MS) {
      await storm(clock.now() + STORM_MS);
      await calm();
      judgeRound();
      onRound?.(Math.round((clock.now() - begin) / HOUR_MS), [...broken]);
    }
  } finally {
    operators.stop();
    await pass(MINUTE_MS, () => operators.ended());
    collect();
    await simulator.stop();
  }
  const migrations = cluster.tasks().filter(isOurs).length;
  const { judged, acted } = tolerance;
  return { broken: [...broken], migrations, judged, acted, quiet: quiet.judged, happened };
}

function isOurs({ user, source }: TaskView): boolean {
  return user === OPERATOR_TOKEN.id && source !== undefined;
}

function migrateTasks(cluster: ClusterView): readonly TaskView[] {
  return cluster.tasks().filter(({ source }) => source !== undefined);
}

/** The same API server, that tells of each status that it has stored. */
function telling(api: FakeApiClient, stored: () => void): FakeApiClient {
  return {
    ...api,
    async applyStatus(...call) {
      const object = await api.applyStatus<never>(...call);
      stored();
      return object;
    },
  };
}
