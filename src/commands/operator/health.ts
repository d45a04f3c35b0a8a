import type { Operator } from '../../controllers/operator.ts';
import type { LeaderElector } from '../../kubernetes/leader-elector.ts';
import type { EventLoopMonitor } from './event-loop-monitor.ts';
import { type Page, type Pages, text } from './http-server.ts';

/** One thing that was looked at: what is wrong with it, or undefined and perhaps something worth knowing. */
export interface HealthCheck {
  readonly name: string;
  readonly problem: string | undefined;
  readonly note?: string;
}

export interface HealthSources {
  readonly eventLoop: EventLoopMonitor;
  readonly operator: Pick<Operator, 'readiness'>;
  readonly lease:
    | { readonly elector: Pick<LeaderElector, 'renewalAgeMs'>; readonly leaseDurationMs: number }
    | undefined;
  /** Aborted when the operator is to stop. */
  readonly signal: AbortSignal;
}

/** A timer that is this late is not late by load but by something that holds the process up. */
const TOLERATED_LAG_MS = 5_000;
/** For how long a leader may sit on a lease that has run out; it should have ended by itself long before. */
const LEASE_TOLERANCE_MS = 20_000;

/** `/healthz`: restart me when it is red. `/readyz`: count on me when it is green, as a follower too. */
export function healthPages(sources: HealthSources): Pages {
  return {
    '/healthz': () => report([eventLoopCheck(sources), leaseCheck(sources)]),
    '/readyz': () => report([stopCheck(sources), ...kindChecks(sources)]),
  };
}

function eventLoopCheck({ eventLoop }: HealthSources): HealthCheck {
  const lag = Math.round(eventLoop.lagMs());
  const problem = lag > TOLERATED_LAG_MS ? `timers fire ${lag} ms late` : undefined;
  return { name: 'event-loop', problem, note: `lag ${lag} ms` };
}

function leaseCheck({ lease }: HealthSources): HealthCheck {
  const name = 'lease';
  if (!lease) return { name, problem: undefined, note: 'no leader election' };
  const age = lease.elector.renewalAgeMs();
  if (age === undefined) return { name, problem: undefined, note: 'not the leader' };
  const note = `leader, renewed ${Math.round(age / 1_000)} s ago`;
  const tolerated = lease.leaseDurationMs + LEASE_TOLERANCE_MS;
  return { name, problem: age > tolerated ? note : undefined, note };
}

function stopCheck({ signal }: HealthSources): HealthCheck {
  return { name: 'running', problem: signal.aborted ? 'stopping' : undefined };
}

function kindChecks({ operator }: HealthSources): readonly HealthCheck[] {
  return operator.readiness().map(({ kind, problem }) => ({ name: kind, problem }));
}

/** One line for each check, as Kubernetes' own verbose pages have them. */
function report(checks: readonly HealthCheck[]): Page {
  const lines = checks.map(({ name, problem, note }) =>
    problem === undefined ? `[+] ${name} ok${note ? `: ${note}` : ''}` : `[-] ${name} failed: ${problem}`,
  );
  return text(checks.every(({ problem }) => problem === undefined) ? 200 : 503, lines.join('\n'));
}
