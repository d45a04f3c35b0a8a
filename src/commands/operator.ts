import { hostname } from 'node:os';
import { pino } from 'pino';
import { runOperator } from '../controllers/operator.ts';
import type { OpenProxmox } from '../controllers/pve-cluster/connections.ts';
import { createApiClient } from '../kubernetes/api-client.ts';
import { loadKubeConfig } from '../kubernetes/pooled-kube-config.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createProxmoxClient } from '../proxmox/client.ts';
import { createProxmoxCluster } from '../proxmox/proxmox-cluster.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandIo } from './command.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** How long the steps under way may take to end; less than Kubernetes' own 30 s until SIGKILL. */
const GRACE_MS = 20_000;
const API_TIMEOUT_MS = 15_000;

export const operator: Command = {
  help: `Usage: cslb operator [--kubeconfig FILE] [--context NAME] [--watch-namespaces NAMES] [--log-level LEVEL]

Runs the controllers: keeps the Proxmox VE clusters balanced that BalancePolicies name, until it is stopped with SIGINT or
SIGTERM. Migrations under way go on in Proxmox VE and are taken up again at the next start. Logs are JSON lines on stdout.

Options, each with its environment variable:
  --kubeconfig FILE          KUBECONFIG        default: ~/.kube/config, or the ServiceAccount of the pod
  --context NAME             KUBE_CONTEXT      a context of the kubeconfig; default: its current one
  --watch-namespaces NAMES   WATCH_NAMESPACES  only these, separated by commas; default: all
  --log-level LEVEL          LOG_LEVEL         debug, info, warn or error; default info

Example:
  cslb operator --watch-namespaces proxmox --log-level debug
`,
  async run(args, io) {
    const options = readOptions(args, io);
    const logger = createLogger(options.logLevel, io);
    const kubeConfig = loadKubeConfig(options);
    const clock = systemClock;
    const signal = io.stopSignal();
    const ended = new AbortController();
    try {
      await runOperator({
        client: createApiClient({
          kubeConfig,
          userAgent: 'pve-cslb-operator',
          requestTimeoutMs: API_TIMEOUT_MS,
          clock,
          logger,
        }),
        openProxmox: proxmoxOpener(clock, logger),
        instance: io.env.POD_NAME ?? hostname(),
        namespaces: options.namespaces,
        clock,
        random: Math.random,
        logger,
        signal,
        graceSignal: graceAfter(signal, clock, ended.signal),
      });
    } finally {
      ended.abort();
      await kubeConfig.close();
    }
    return 0;
  },
};

interface OperatorArguments {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespaces: readonly string[];
  readonly logLevel: (typeof LEVELS)[number];
}

function readOptions(args: readonly string[], { env }: CommandIo): OperatorArguments {
  const { values } = parseArguments({
    args: [...args],
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      'watch-namespaces': { type: 'string' },
      'log-level': { type: 'string' },
    },
  });
  const kubeconfig = values.kubeconfig ?? env.KUBECONFIG;
  const context = values.context ?? env.KUBE_CONTEXT;
  const level = values['log-level'] ?? env.LOG_LEVEL ?? 'info';
  const logLevel = LEVELS.find((known) => known === level);
  if (!logLevel)
    throw new OperatorError('Usage', `The log level is one of ${LEVELS.join(', ')}, not '${level}'.`);
  return {
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(context ? { context } : {}),
    namespaces: (values['watch-namespaces'] ?? env.WATCH_NAMESPACES ?? '')
      .split(',')
      .map((namespace) => namespace.trim())
      .filter((namespace) => namespace !== ''),
    logLevel,
  };
}

function createLogger(level: string, { stdout }: CommandIo): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => stdout.write(line) },
  );
}

function proxmoxOpener(clock: Clock, logger: Logger): OpenProxmox {
  return (connection) => createProxmoxCluster(createProxmoxClient({ ...connection, clock, logger }));
}

/** A signal that is aborted the grace period after `signal`, unless `done` comes first. */
function graceAfter(signal: AbortSignal, clock: Clock, done: AbortSignal): AbortSignal {
  const grace = new AbortController();
  const begin = () => {
    clock.sleep(GRACE_MS, done).then(
      () => grace.abort(),
      () => undefined,
    );
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return grace.signal;
}
