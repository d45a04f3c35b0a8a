import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createOperator } from '../controllers/operator.ts';
import { createApiClient } from '../kubernetes/api-client.ts';
import { createLeaderElector } from '../kubernetes/leader-elector.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../kubernetes/pooled-kube-config.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isOperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createOperatorMetrics, type OperatorMetrics } from '../metrics/operator-metrics.ts';
import { createProxmoxClient } from '../proxmox/client.ts';
import { createProxmoxCluster } from '../proxmox/proxmox-cluster.ts';
import type { Command, CommandIo } from './command.ts';
import { monitorEventLoop } from './operator/event-loop-monitor.ts';
import { type OperatorFlags, readFlags } from './operator/flags.ts';
import { graceAfter } from './operator/grace.ts';
import { healthPages } from './operator/health.ts';
import { type HttpServer, type Pages, serve } from './operator/http-server.ts';
import { createJsonLogger } from './operator/json-logger.ts';
import type { ListenAddress } from './operator/listen-address.ts';
import { version } from './version.ts';

/** How long the steps under way may take to end; less than Kubernetes' own 30 s until SIGKILL. */
const GRACE_MS = 20_000;
const API_TIMEOUT_MS = 15_000;

export const operator: Command = {
  help: `Usage: cslb operator [OPTIONS]

Runs the controllers: keeps the Proxmox VE clusters balanced that BalancePolicies name, until it is stopped with SIGINT or
SIGTERM; a second signal ends it at once. Migrations under way go on in Proxmox VE and are taken up again at the next start.
Of several operators one acts, by a Lease, and the others stand by. Logs are JSON lines on stdout.

Options, each with its environment variable:
  --kubeconfig FILE                  KUBECONFIG        default: ~/.kube/config, or the ServiceAccount of the pod
  --context NAME                     KUBE_CONTEXT      a context of the kubeconfig; default: its current one
  --watch-namespaces NAMES           WATCH_NAMESPACES  only these, separated by commas; default: all
  --log-level LEVEL                  LOG_LEVEL         debug, info, warn or error; default info
  --health-address ADDRESS           HEALTH_ADDRESS    where /healthz and /readyz are served, 0 for nowhere; default :8081
  --metrics-address ADDRESS          METRICS_ADDRESS   where /metrics is served, 0 for nowhere; default :8080

Leader election:
  --leader-elect[=true|false]        LEADER_ELECT      default true; false only where this is the only operator
  --leader-election-namespace NAME   LEADER_ELECTION_NAMESPACE
      of the Lease; default: POD_NAMESPACE, or the pod's own
  --leader-election-id NAME          LEADER_ELECTION_ID
      of the Lease; default pve-cslb-operator. Operators that watch different namespaces need different ones.
  --leader-election-lease-duration DURATION   LEADER_ELECTION_LEASE_DURATION
      how long the others wait for a leader that does not renew; default 15s
  --leader-election-renew-deadline DURATION   LEADER_ELECTION_RENEW_DEADLINE
      how long a leader tries to renew before it ends; default 10s
  --leader-election-retry-period DURATION     LEADER_ELECTION_RETRY_PERIOD
      how often it is tried; default 2s

Examples:
  cslb operator --leader-election-namespace pve-cslb-system
  cslb operator --leader-elect=false --watch-namespaces proxmox --log-level debug
`,
  async run(args, io) {
    const flags = readFlags(args, io.env);
    const logger = createJsonLogger(flags.logLevel, io.stdout);
    io.beforeCrash((error, origin) => logger.fatal({ err: error, origin }, 'Ended by an unforeseen error'));
    const kubeConfig = loadKubeConfig(flags);
    const ended = new AbortController();
    const servers: HttpServer[] = [];
    try {
      await run({ flags, io, logger, kubeConfig, clock: systemClock, servers, ended: ended.signal });
      return 0;
    } catch (error) {
      // What is wrong with the flags is for the terminal; from here on the log is read.
      if (isOperatorError(error) && error.action === 'User') throw error;
      const fields = isOperatorError(error) ? { code: error.code, error: error.message } : { err: error };
      logger.fatal(fields, 'Operator ended');
      return 1;
    } finally {
      ended.abort();
      await Promise.all(servers.map((server) => server.close()));
      await kubeConfig.close();
    }
  },
};

/** What one run of the command is made of. */
interface Run {
  readonly flags: OperatorFlags;
  readonly io: CommandIo;
  readonly logger: Logger;
  readonly kubeConfig: PooledKubeConfig;
  readonly clock: Clock;
  /** Those to be closed at the end. */
  readonly servers: HttpServer[];
  /** Aborted when everything else has ended. */
  readonly ended: AbortSignal;
}

async function run(parts: Run): Promise<void> {
  const { flags, io, logger, kubeConfig, clock, ended } = parts;
  const { leaderElection } = flags;
  const signal = io.stopSignal();
  const instance = io.env.POD_NAME ?? hostname();
  const eventLoop = monitorEventLoop(clock, ended);
  // Another leads, or nobody yet: then what is known of policies is the leader's to tell.
  const acts = () => elector === undefined || elector.renewalAgeMs() !== undefined;
  const metrics = createOperatorMetrics({
    version: version(),
    clock,
    eventLoopLagMs: eventLoop.lagMs,
    lease: leaderElection?.lease.name,
    apiServer: hostOf(kubeConfig),
    policies: () => (acts() ? operator.policies() : []),
    clusters: () => (acts() ? operator.clusters() : []),
  });
  const client = createApiClient({
    kubeConfig,
    userAgent: 'pve-cslb-operator',
    requestTimeoutMs: API_TIMEOUT_MS,
    clock,
    logger,
    observer: metrics.kubernetesClient,
  });
  const elector =
    leaderElection &&
    createLeaderElector({
      client,
      lease: leaderElection.lease,
      // A pod's name alone is not enough: its container may be started again while the old one still hangs.
      identity: `${instance}_${randomUUID()}`,
      timing: leaderElection.timing,
      clock,
      random: Math.random,
      logger,
      observer: metrics.leader,
    });
  const operator = createOperator({
    client,
    openProxmox: (connection) =>
      createProxmoxCluster(
        createProxmoxClient({ ...connection, clock, logger, observer: metrics.proxmoxClient }),
      ),
    instance,
    namespaces: flags.namespaces,
    clock,
    random: Math.random,
    logger,
    signal,
    graceSignal: graceAfter(signal, GRACE_MS, clock, ended),
    ...(elector ? { elector } : {}),
    observers: metrics.observers,
  });
  const lease = elector &&
    leaderElection && { elector, leaseDurationMs: leaderElection.timing.leaseDurationMs };
  await open(
    parts,
    '--health-address',
    flags.healthAddress,
    healthPages({ eventLoop, operator, lease, signal }),
  );
  await open(parts, '--metrics-address', flags.metricsAddress, metricsPages(metrics.registry));
  await operator.run();
}

async function open(
  { servers, logger }: Run,
  flag: string,
  address: ListenAddress | undefined,
  pages: Pages,
): Promise<void> {
  if (!address) return;
  const server = await serve(flag, address, pages);
  servers.push(server);
  logger.info({ host: address.host ?? 'all', port: server.port, paths: Object.keys(pages) }, 'Serving HTTP');
}

function metricsPages(registry: OperatorMetrics['registry']): Pages {
  return {
    '/metrics': async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  };
}

function hostOf(kubeConfig: PooledKubeConfig): string {
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  return URL.canParse(server) ? new URL(server).host : server;
}
