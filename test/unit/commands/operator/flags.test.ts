import { expect } from 'chai';
import { readFlags } from '../../../../src/commands/operator/flags.ts';
import { leaseNamespace } from '../../../../src/commands/operator/lease-namespace.ts';
import { isOperatorError } from '../../../../src/lib/errors.ts';

const IN_POD = { POD_NAMESPACE: 'pve-cslb-system' };

describe('the flags of cslb operator', () => {
  it('have defaults that fit a pod', () => {
    expect(readFlags([], IN_POD)).to.deep.equal({
      namespaces: [],
      logLevel: 'info',
      leaderElection: {
        lease: { namespace: 'pve-cslb-system', name: 'pve-cslb-operator' },
        timing: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
      },
      healthAddress: { host: undefined, port: 8081 },
      metricsAddress: { host: undefined, port: 8080 },
    });
  });

  it('come from the environment where they are not given, and win where they are', () => {
    const env = {
      KUBECONFIG: '/etc/kubeconfig',
      WATCH_NAMESPACES: 'a, b,',
      LOG_LEVEL: 'warn',
      LEADER_ELECTION_NAMESPACE: 'leases',
      LEADER_ELECTION_ID: 'second',
      LEADER_ELECTION_LEASE_DURATION: '1m',
      LEADER_ELECTION_RENEW_DEADLINE: '40s',
      LEADER_ELECTION_RETRY_PERIOD: '5s',
      HEALTH_ADDRESS: '127.0.0.1:9000',
      METRICS_ADDRESS: '0',
    };
    const flags = readFlags(['--log-level', 'debug', '--health-address=[::1]:9001'], { ...IN_POD, ...env });
    expect(flags).to.deep.equal({
      kubeconfig: '/etc/kubeconfig',
      namespaces: ['a', 'b'],
      logLevel: 'debug',
      leaderElection: {
        lease: { namespace: 'leases', name: 'second' },
        timing: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 5_000 },
      },
      healthAddress: { host: '::1', port: 9001 },
      metricsAddress: undefined,
    });
  });

  it('switch leader election on and off as flags of Kubernetes do', () => {
    const off = { LEADER_ELECT: 'false' };
    expect(readFlags(['--leader-elect=false'], {}).leaderElection).to.equal(undefined);
    expect(readFlags([], off).leaderElection).to.equal(undefined);
    expect(readFlags(['--leader-elect'], { ...IN_POD, ...off }).leaderElection).to.not.equal(undefined);
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--log-level', 'loud'], /one of debug, info, warn, error, not 'loud'/],
    [['--leader-elect=maybe'], /true or false, not 'maybe'/],
    [['--leader-election-id', 'No Name'], /name of a Lease, not 'No Name'/],
    [
      ['--leader-election-lease-duration', '15'],
      /--leader-election-lease-duration is a duration such as 15s/,
    ],
    [['--health-address', '8081'], /--health-address is an address such as :8081/],
    [['--metrics-address', 'example.com:80'], /--metrics-address is an address/],
    [['--metrics-address', ':70000'], /--metrics-address is an address/],
    [['--unknown'], /unknown/i],
  ];
  for (const [args, message] of wrong) {
    it(`refuse ${args.join(' ')}`, () => {
      expect(() => readFlags(args, IN_POD)).to.throw(message);
    });
  }
});

describe('the namespace of the lease', () => {
  it('is the one given, else the one of the pod', () => {
    const inCluster = () => 'from-file';
    expect(leaseNamespace('given', IN_POD, inCluster)).to.equal('given');
    expect(leaseNamespace(undefined, IN_POD, inCluster)).to.equal('pve-cslb-system');
    expect(leaseNamespace(undefined, {}, inCluster)).to.equal('from-file');
  });

  it('has to be given outside of a pod, or leader election switched off', () => {
    try {
      leaseNamespace(undefined, {}, () => undefined);
    } catch (error) {
      if (!isOperatorError(error, 'Usage')) throw error;
      expect(error.message).to.match(/--leader-election-namespace.*--leader-elect=false/);
      return;
    }
    throw new Error('nothing was thrown');
  });
});
