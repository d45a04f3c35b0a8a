import type { PveClusterStatus } from '../../api/generated/pve-cluster.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { ReconcileContext, ReconcileResult } from '../../kubernetes/controller.ts';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import { parseKey } from '../../kubernetes/kubernetes-object.ts';
import { statusEquals, writeStatus } from '../../kubernetes/status-writer.ts';
import { withJitter } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { parseDuration } from '../../lib/duration.ts';
import { isOperatorError, OperatorError } from '../../lib/errors.ts';
import { MissingPrivilegesError } from '../../proxmox/missing-privileges.ts';
import type { ClusterDirectory } from '../cluster-directory.ts';
import { type ConditionUpdate, findCondition, formatTime, withConditions } from '../conditions.ts';
import { outcomeOfError } from '../error-outcomes.ts';
import type { ClusterProbe, ProxmoxCluster } from '../proxmox-cluster.ts';
import { FIELD_MANAGER, PVE_CLUSTERS, type StoredCluster } from '../resources.ts';
import {
  failedConditions,
  probedConditions,
  type Shortcoming,
  shortcomingOf,
  unseenConditions,
} from './cluster-conditions.ts';
import type { Connections } from './connections.ts';
import { readConnection } from './credentials.ts';
import { olderDuplicate } from './duplicates.ts';

export interface ClusterReconcilerOptions {
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly connections: Connections;
  readonly directory: ClusterDirectory;
  /** Every PveCluster in the cache. */
  readonly clusters: () => readonly StoredCluster[];
}

type Finding =
  | {
      readonly kind: 'Probed';
      readonly probe: ClusterProbe;
      readonly proxmox: ProxmoxCluster;
      readonly shortcoming: Shortcoming | undefined;
    }
  | { readonly kind: 'Failed'; readonly error: unknown };

const PROBE_JITTER = 0.1;

/** Probes one PveCluster and tells what was found: its status to people, the directory to the policies. */
export async function reconcileCluster(
  key: string,
  context: ReconcileContext,
  options: ClusterReconcilerOptions,
): Promise<ReconcileResult> {
  const { namespace, name } = parseKey(key);
  const { client, directory, clock, random } = options;
  const { signal } = context;
  let cluster = await client.get<StoredCluster>(PVE_CLUSTERS, namespace, name, signal);
  if (!cluster || cluster.metadata.deletionTimestamp !== undefined) {
    directory.delete(key);
    await options.connections.close(key);
    return { kind: 'Done' };
  }
  if (cluster.status?.conditions === undefined) {
    cluster = await store(cluster, unseenConditions(), {}, options, signal);
  }
  const finding = await look(key, cluster, options, signal);
  publish(key, cluster, finding, directory);
  const before = cluster;
  cluster = await store(cluster, conditionsOf(cluster, finding), factsOf(finding, clock), options, signal);
  announce(before, cluster, finding, options, context);
  const interval = parseDuration(cluster.spec.probeInterval) ?? 60_000;
  const milliseconds = withJitter(interval, PROBE_JITTER, random);
  const probed = { kind: 'RequeueAfter', milliseconds, why: 'probe' } as const;
  if (finding.kind === 'Probed') return probed;
  return { ...probed, failure: outcomeOfError(finding.error).stalled ? 'Stalled' : 'Failed' };
}

async function look(
  key: string,
  cluster: StoredCluster,
  options: ClusterReconcilerOptions,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const requestTimeoutMs = parseDuration(cluster.spec.requestTimeout);
    if (requestTimeoutMs === undefined) {
      const message = `\`spec.requestTimeout\` is '${cluster.spec.requestTimeout}', it must be a duration such as '35s'`;
      throw new OperatorError('InvalidSpec', message);
    }
    const connection = await readConnection(options.client, cluster, signal);
    const proxmox = await options.connections.open(key, { ...connection, requestTimeoutMs });
    const probe = await proxmox.probe(signal);
    const older = olderDuplicate(cluster, probe.identity, options.clusters());
    return { kind: 'Probed', probe, proxmox, shortcoming: shortcomingOf(probe, older) };
  } catch (error) {
    if (signal.aborted || isOperatorError(error, 'ApiServerUnavailable')) throw error;
    return { kind: 'Failed', error };
  }
}

function publish(key: string, cluster: StoredCluster, finding: Finding, directory: ClusterDirectory): void {
  const { uid, generation = 0 } = cluster.metadata;
  if (finding.kind === 'Failed') {
    const { reason, message } = outcomeOfError(finding.error);
    directory.set(key, { kind: 'NotReady', uid, generation, reason, message });
    return;
  }
  const { probe, proxmox, shortcoming } = finding;
  if (shortcoming) directory.set(key, { kind: 'NotReady', uid, generation, ...shortcoming });
  else directory.set(key, { kind: 'Ready', uid, generation, identity: probe.identity, proxmox });
}

function conditionsOf(cluster: StoredCluster, finding: Finding): readonly ConditionUpdate[] {
  const unverified = skipsVerification(cluster);
  return finding.kind === 'Failed'
    ? failedConditions(finding.error, unverified)
    : probedConditions(finding.probe, finding.shortcoming, unverified);
}

/** The API server refuses it beside anything to verify by; were it there all the same, that would be used. */
function skipsVerification({ spec }: StoredCluster): boolean {
  const { caRef, fingerprints = [], insecureSkipVerify = false } = spec.tls ?? {};
  return insecureSkipVerify && caRef === undefined && fingerprints.length === 0;
}

function factsOf(finding: Finding, clock: Clock): Partial<PveClusterStatus> {
  const lastProbeTime = formatTime(clock.now());
  if (finding.kind === 'Failed') {
    const { error } = finding;
    if (!(error instanceof MissingPrivilegesError)) return { lastProbeTime };
    return { missingPrivileges: error.missing, lastProbeTime };
  }
  const { probe, proxmox } = finding;
  return {
    identity: probe.identity,
    version: probe.version,
    ...(proxmox.activeEndpoint === undefined ? {} : { activeEndpoint: proxmox.activeEndpoint }),
    nodes: probe.nodes,
    guests: probe.guests,
    missingPrivileges: probe.missingPrivileges,
    lastProbeTime,
  };
}

/** One write, and none when nothing but the time of the probe changed. */
async function store(
  cluster: StoredCluster,
  conditions: readonly ConditionUpdate[],
  facts: Partial<PveClusterStatus>,
  { client, clock }: ClusterReconcilerOptions,
  signal: AbortSignal,
): Promise<StoredCluster> {
  const { generation = 0 } = cluster.metadata;
  const seen = Object.keys(facts).length > 0;
  const status: PveClusterStatus = {
    ...cluster.status,
    ...(seen ? { observedGeneration: generation } : {}),
    ...facts,
    conditions: withConditions(cluster.status?.conditions, conditions, generation, clock.now()),
  };
  const { lastProbeTime: _, ...now } = status;
  const { lastProbeTime: __, ...before } = cluster.status ?? {};
  if (statusEquals(now, before)) return cluster;
  return await writeStatus({
    client,
    kind: PVE_CLUSTERS,
    object: cluster,
    status,
    fieldManager: FIELD_MANAGER,
    signal,
  });
}

/** An Event and a log line when it becomes ready, or ceases to be, or for another reason. */
function announce(
  before: StoredCluster,
  after: StoredCluster,
  finding: Finding,
  { events }: ClusterReconcilerOptions,
  { logger }: ReconcileContext,
): void {
  warnOfUnverified(before, after, events);
  const was = findCondition(before.status?.conditions, 'Ready');
  const is = findCondition(after.status?.conditions, 'Ready');
  if (!is || (was?.status === is.status && was.reason === is.reason)) return;
  const good = is.status === 'True';
  const reason = good ? 'Ready' : is.reason;
  events.record(after, { type: good ? 'Normal' : 'Warning', reason, action: 'Probe', message: is.message });
  const fields = { reason: is.reason, detail: is.message };
  if (good) logger.info(fields, 'Cluster is ready');
  else logger.warn(fields, 'Cluster is not ready');
  if (finding.kind === 'Failed' && !isOperatorError(finding.error)) {
    logger.error({ err: finding.error }, 'Met an unforeseen error');
  }
}

function warnOfUnverified(before: StoredCluster, after: StoredCluster, events: EventRecorder): void {
  const was = findCondition(before.status?.conditions, 'Reachable');
  const is = findCondition(after.status?.conditions, 'Reachable');
  if (is?.reason !== 'CertificateUnverified' || was?.reason === is.reason) return;
  events.record(after, { type: 'Warning', reason: is.reason, action: 'Probe', message: is.message });
}
