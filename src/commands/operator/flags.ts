import { DEFAULT_LEASE_TIMING, type LeaseTiming } from '../../kubernetes/lease-timing.ts';
import { parseDuration } from '../../lib/duration.ts';
import { OperatorError } from '../../lib/errors.ts';
import { parseArguments } from '../arguments.ts';
import { leaseNamespace } from './lease-namespace.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export interface OperatorFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespaces: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Undefined: this is the only operator. */
  readonly leaderElection: LeaderElectionFlags | undefined;
  /** Undefined: not served. */
  readonly healthAddress: ListenAddress | undefined;
  readonly metricsAddress: ListenAddress | undefined;
}

export interface LeaderElectionFlags {
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly timing: LeaseTiming;
}

/** Each with its environment variable, and what it is when neither is given. */
const FLAGS = {
  kubeconfig: { variable: 'KUBECONFIG' },
  context: { variable: 'KUBE_CONTEXT' },
  'watch-namespaces': { variable: 'WATCH_NAMESPACES' },
  'log-level': { variable: 'LOG_LEVEL', fallback: 'info' },
  'leader-elect': { variable: 'LEADER_ELECT', fallback: 'true' },
  'leader-election-namespace': { variable: 'LEADER_ELECTION_NAMESPACE' },
  'leader-election-id': { variable: 'LEADER_ELECTION_ID', fallback: 'pve-cslb-operator' },
  'leader-election-lease-duration': { variable: 'LEADER_ELECTION_LEASE_DURATION' },
  'leader-election-renew-deadline': { variable: 'LEADER_ELECTION_RENEW_DEADLINE' },
  'leader-election-retry-period': { variable: 'LEADER_ELECTION_RETRY_PERIOD' },
  'health-address': { variable: 'HEALTH_ADDRESS', fallback: ':8081' },
  'metrics-address': { variable: 'METRICS_ADDRESS', fallback: ':8080' },
} as const;

type FlagName = keyof typeof FLAGS;
type Values = Readonly<Record<FlagName, string | undefined>>;

/** @throws OperatorError Usage */
export function readFlags(args: readonly string[], env: Environment): OperatorFlags {
  const values = readValues(args, env);
  const logLevel = LOG_LEVELS.find((known) => known === values['log-level']);
  if (!logLevel) {
    throw new OperatorError(
      'Usage',
      `The log level is one of ${LOG_LEVELS.join(', ')}, not '${values['log-level']}'.`,
    );
  }
  return {
    ...(values.kubeconfig ? { kubeconfig: values.kubeconfig } : {}),
    ...(values.context ? { context: values.context } : {}),
    namespaces: (values['watch-namespaces'] ?? '')
      .split(',')
      .map((namespace) => namespace.trim())
      .filter((namespace) => namespace !== ''),
    logLevel,
    leaderElection: leaderElection(values, env),
    healthAddress: parseListenAddress('--health-address', values['health-address'] ?? '0'),
    metricsAddress: parseListenAddress('--metrics-address', values['metrics-address'] ?? '0'),
  };
}

function readValues(args: readonly string[], env: Environment): Values {
  const names = Object.keys(FLAGS).filter((name): name is FlagName => name in FLAGS);
  const { values } = parseArguments({
    // The one switch may come without a value, as Go's do.
    args: args.map((arg) => (arg === '--leader-elect' ? '--leader-elect=true' : arg)),
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const read = (name: FlagName) => {
    const flag = FLAGS[name];
    const given = values[name];
    if (typeof given === 'string') return given;
    return env[flag.variable] || ('fallback' in flag ? flag.fallback : undefined);
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<FlagName, string | undefined>;
}

function leaderElection(values: Values, env: Environment): LeaderElectionFlags | undefined {
  const elect = values['leader-elect'];
  if (elect !== 'true' && elect !== 'false') {
    throw new OperatorError('Usage', `--leader-elect is true or false, not '${elect}'.`);
  }
  if (elect === 'false') return undefined;
  const name = values['leader-election-id'] ?? '';
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
    throw new OperatorError('Usage', `--leader-election-id is the name of a Lease, not '${name}'.`);
  }
  return {
    lease: { namespace: leaseNamespace(values['leader-election-namespace'], env), name },
    timing: {
      leaseDurationMs: duration(
        values,
        'leader-election-lease-duration',
        DEFAULT_LEASE_TIMING.leaseDurationMs,
      ),
      renewDeadlineMs: duration(
        values,
        'leader-election-renew-deadline',
        DEFAULT_LEASE_TIMING.renewDeadlineMs,
      ),
      retryPeriodMs: duration(values, 'leader-election-retry-period', DEFAULT_LEASE_TIMING.retryPeriodMs),
    },
  };
}

function duration(values: Values, name: FlagName, fallback: number): number {
  const text = values[name];
  if (text === undefined) return fallback;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new OperatorError('Usage', `--${name} is a duration such as 15s, not '${text}'.`);
}
