import { config, expect } from 'chai';
import type { BalancePolicyStatus } from '../../../src/api/generated/balance-policy.ts';
import { APPROVE } from '../../../src/controllers/balance-policy/approval.ts';
import { MOST_COOLDOWNS } from '../../../src/controllers/balance-policy/cooldowns.ts';
import {
  BALANCE_POLICIES,
  FIELD_MANAGER,
  PVE_CLUSTERS,
  type StoredCluster,
  type StoredPolicy,
} from '../../../src/controllers/resources.ts';
import { parseDuration } from '../../../src/lib/duration.ts';
import { OperatorError } from '../../../src/lib/errors.ts';
import { applyEvent } from '../../../src/simulator/events.ts';
import type { EventDocument } from '../../../src/simulator/scenario/document.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';
import { stateOf } from '../lab-objects.ts';
import type { ScenarioFile, Step, StepKinds, Wait } from './document.ts';
import type { ScenarioWorld, StoredState } from './scenario-world.ts';

// What was found is shown whole.
config.truncateThreshold = 0;

const STOP_MS = 60_000;
const never = new AbortController().signal;

/** Runs a scenario to its end. Throws where anything is not as the file says, with what there was instead. */
export async function runScenario(file: ScenarioFile, world: ScenarioWorld): Promise<void> {
  world.startOperator();
  let seen = 0;
  for (const [index, step] of file.steps.entries()) {
    const place = `step ${index + 1} (${JSON.stringify(step)})`;
    try {
      seen = await take(step, world, seen);
    } catch (error) {
      throw new Error(`${place}: ${error instanceof Error ? error.message : String(error)}${remains(world)}`);
    }
  }
  await world.pass(0);
  await compare(file, world);
}

/** Gives the number of states that the next step has behind it. */
async function take(step: Step, world: ScenarioWorld, seen: number): Promise<number> {
  if (step.wait) return await waitFor(step.wait, world, seen);
  for (const [name, argument] of Object.entries(step)) {
    const action: ((argument: never, world: ScenarioWorld) => unknown) | undefined =
      ACTIONS[name as keyof typeof ACTIONS];
    await action(argument as never, world);
  }
  return step.run === undefined ? world.states.length : seen;
}

const ACTIONS: {
  readonly [K in Exclude<keyof StepKinds, 'wait'>]: (argument: StepKinds[K], world: ScenarioWorld) => unknown;
} = {
  run: (time, world) => world.pass(duration(time)),
  pve: async (event, world) => {
    const document: EventDocument = { at: '0s', ...event };
    applyEvent(world.simulator().control, document);
    await world.simulator().settled();
  },
  task: ({ type, vmid, node, user, duration: time }, world) =>
    world.simulator().control.runTask({
      node,
      type,
      id: String(vmid),
      user: user === 'operator' ? OPERATOR_TOKEN.id : user,
      durationMs: duration(time),
    }),
  moveGuest: ({ vmid, target }, world) => world.simulator().control.moveGuest(vmid, target),
  removeGuest: (vmid, world) => world.simulator().control.removeGuest(vmid),
  configure: ({ vmid, lines }, world) => world.simulator().control.configureGuest(vmid, lines),
  reachable: (reachable, world) => world.simulator().setReachable(reachable),
  replaceCluster: (name, world) => world.replaceCluster(name),
  policy: (specs, world) => each(specs, (name, spec) => world.patch(BALANCE_POLICIES, name, { spec })),
  pveCluster: (specs, world) => each(specs, (name, spec) => world.patch(PVE_CLUSTERS, name, { spec })),
  annotate: (annotations, world) =>
    each(annotations, (name, values) =>
      world.patch(BALANCE_POLICIES, name, { metadata: { annotations: values } }),
    ),
  approve: async (name, world) => {
    const { status } = await world.policy(name);
    const annotations = { [APPROVE]: status?.plan?.id };
    await world.patch(BALANCE_POLICIES, name, { metadata: { annotations } });
  },
  createPolicy: (specs, world) => each(specs, (name, spec) => world.addPolicy(name, spec)),
  deletePolicy: (name, world) => world.delete(BALANCE_POLICIES, name),
  deleteCluster: (name, world) => world.delete(PVE_CLUSTERS, name),
  wipeStatus: (name, world) => world.wipeStatus(name),
  fillCooldowns: (name, world) =>
    writeStatus(world, name, (status) => ({
      ...status,
      cooldowns: Array.from({ length: MOST_COOLDOWNS }, (_, index) => ({
        vmid: 10_000 + index,
        type: 'qemu',
        until: new Date(world.clock.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z'),
        failures: 0,
      })),
    })),
  refuse: ({ kind, status }, world) => world.refusals.set(kind, status),
  accept: (kind, world) => world.refusals.delete(kind),
  operator: async (what, world) => {
    if (what === 'start') return world.startOperator();
    const running = world.operators.at(-1);
    if (what === 'stop') running?.stop();
    else running?.kill();
    if (await world.pass(STOP_MS, () => running?.ended() !== undefined)) return;
    throw new Error('the operator did not end');
  },
};

async function each<T>(
  values: Readonly<Record<string, T>>,
  act: (name: string, value: T) => Promise<void>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) await act(name, value);
}

/** In the operator's name, so that what it wrote is what is there. */
async function writeStatus(
  world: ScenarioWorld,
  name: string,
  change: (status: BalancePolicyStatus) => object,
): Promise<void> {
  const policy = await world.policy(name);
  const { resourceVersion, namespace, uid } = policy.metadata;
  const { apiVersion, kind } = policy;
  const metadata = { name, namespace, resourceVersion, uid };
  const object = { apiVersion, kind, metadata, status: change(policy.status ?? {}) };
  await world.client.applyStatus(BALANCE_POLICIES, object, FIELD_MANAGER, never);
}

async function waitFor(wait: Wait, world: ScenarioWorld, seen: number): Promise<number> {
  // As it is now, or as it becomes.
  const now = world.states.findLastIndex((state) => concerns(state, wait));
  let index = now < 0 ? seen : Math.min(seen, now);
  const found = () => {
    for (; index < world.states.length; index += 1) {
      const state = world.states[index];
      if (state && concerns(state, wait) && differences(state, wait).length === 0) return true;
    }
    return false;
  };
  if (await world.pass(duration(wait.within), found)) return index;
  const last = world.states.findLast((state) => concerns(state, wait));
  const wrong = last ? differences(last, wait) : ['there is no such object'];
  throw new Error(`not within ${wait.within}; in the end ${wrong.join('; ')}`);
}

function concerns({ object }: StoredState, { policy, cluster }: Wait): boolean {
  const { kind, metadata } = object;
  if (cluster !== undefined) return kind === 'PveCluster' && metadata.name === cluster;
  return kind === 'BalancePolicy' && metadata.name === (policy ?? 'lab');
}

/** What of the state is otherwise than it is waited for. */
function differences({ object }: StoredState, wait: Wait): readonly string[] {
  // It is of this kind, or nothing below is asked of it.
  const { status = {} } = object as StoredPolicy;
  const conditions = Object.entries(wait.conditions ?? {}).flatMap(([type, wanted]) => {
    const state = stateOf(object as StoredPolicy | StoredCluster, type) || 'Absent';
    return differs(type, state, wanted);
  });
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
  const { message } = wait;
  const said = message === undefined || new RegExp(message, 'u').test(ready) ? [] : [`Ready says '${ready}'`];
  const blocked = Object.entries(wait.blocked ?? {}).flatMap(([reason, count]) =>
    differs(reason, status.plan?.blocked?.find((found) => found.reason === reason)?.count ?? 0, count),
  );
  const moves =
    status.plan?.migrations.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`) ?? [];
  const roles = Object.entries(wait.roles ?? {}).flatMap(([name, role]) =>
    differs(name, status.nodes?.find((node) => node.name === name)?.role, role),
  );
  const migrations = Object.entries(wait.migrations ?? {}).flatMap(([vmid, state]) =>
    differs(vmid, status.migrations?.find((entry) => String(entry.vmid) === vmid)?.state, state),
  );
  const resting = (status.cooldowns ?? []).map(({ vmid }) => vmid).toSorted();
  return [
    ...conditions,
    ...said,
    ...blocked,
    ...(wait.plan ? differs('plan', moves, wait.plan) : []),
    ...roles,
    ...migrations,
    ...(wait.resting ? differs('resting', resting, wait.resting) : []),
    ...(wait.requested ? differs('requested', status.lastHandledReconcileAt, wait.requested) : []),
  ];
}

function differs(what: string, found: unknown, wanted: unknown): readonly string[] {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  return is === should ? [] : [`${what} is ${is} and not ${should}`];
}

async function compare({ expect: wanted }: ScenarioFile, world: ScenarioWorld): Promise<void> {
  const tasks = world.simulators.flatMap(({ cluster }) =>
    cluster
      .tasks()
      .filter(({ source }) => source !== undefined)
      .map(
        ({ vmid, source, target, exitStatus }) => `${vmid} ${source} ${target} ${exitStatus ?? 'running'}`,
      ),
  );
  expect(tasks, `tasks${remains(world)}`).to.deep.equal(wanted.tasks);
  expect(historyOf(world), `history${remains(world)}`).to.deep.equal(wanted.history);
  const reasons = new Set((await world.events()).map(({ reason }) => reason));
  for (const reason of wanted.events ?? []) expect([...reasons], 'Events').to.include(reason);
  for (const reason of wanted.noEvents ?? []) expect([...reasons], 'Events').to.not.include(reason);
  const violations = world.simulators.flatMap(({ cluster }) => cluster.violations());
  expect(violations, 'what the cluster may never see').to.deep.equal([]);
  const lines = world.operators.flatMap(({ logger }) => logger.lines);
  expect(
    lines.filter(({ level }) => level === 'error'),
    'errors in the log',
  ).to.deep.equal([]);
  const failed = world.operators.map((operator) => operator.ended()?.error).filter((error) => error);
  const codes = failed.map((error) => (error instanceof OperatorError ? error.code : error));
  expect(codes, 'ends of the operator').to.deep.equal(wanted.ends ?? []);
}

/** Each entry once, by its id, however often and wherever it was stored. */
function historyOf(world: ScenarioWorld): readonly string[] {
  const entries = new Map<string, string>();
  for (const { object } of world.states) {
    if (object.kind !== 'BalancePolicy') continue;
    const { history = [] } = (object as StoredPolicy).status ?? {};
    for (const { id, vmid, outcome } of history.toReversed()) entries.set(id, `${vmid} ${outcome}`);
  }
  return [...entries.values()];
}

function remains(world: ScenarioWorld): string {
  const lines = world.operators
    .flatMap(({ logger }) => logger.lines)
    .filter(({ level }) => level !== 'debug')
    .slice(-12)
    .map(({ level, message, fields }) => `  ${level} ${message} ${JSON.stringify(fields)}`);
  return `\nThe operator's last lines:\n${lines.join('\n')}\n`;
}

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new Error(`'${text}' is no duration`);
  return milliseconds;
}
