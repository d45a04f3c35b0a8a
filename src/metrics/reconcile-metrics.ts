import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ControllerObserver, EndedReconcile } from '../kubernetes/controller.ts';

/** Those of controller-runtime. */
const BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const;

/** The reconciles, by the names that controller-runtime has for them. */
export function registerReconcileMetrics(
  registry: Registry,
  controllers: readonly string[],
  workers: number,
): ControllerObserver {
  const common = { labelNames: ['controller'] as const, registers: [registry] };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'How many reconciles have ended, by their result.',
    labelNames: ['controller', 'result'],
    registers: [registry],
  });
  const errors = new Counter({
    ...common,
    name: 'controller_runtime_reconcile_errors_total',
    help: 'How many reconciles have failed, for whatever reason but a conflicting write or a stop.',
  });
  const terminal = new Counter({
    ...common,
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'How many reconciles have failed for a reason that only a person can mend.',
  });
  const panics = new Counter({
    ...common,
    name: 'controller_runtime_reconcile_panics_total',
    help: 'How many reconciles have met an error that nobody foresaw, which is a bug.',
  });
  const timeouts = new Counter({
    ...common,
    name: 'controller_runtime_reconcile_timeouts_total',
    help: 'Always 0: requests have time limits here and reconciles have none. It is here for dashboards that ask for it.',
  });
  const active = new Gauge({
    ...common,
    name: 'controller_runtime_active_workers',
    help: 'How many reconciles are under way.',
  });
  const most = new Gauge({
    ...common,
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'How many reconciles can be under way at the same time.',
  });
  const duration = new Histogram({
    ...common,
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long reconciles took, in seconds.',
    buckets: BUCKETS,
  });
  for (const controller of controllers) {
    for (const result of RESULTS) total.inc({ controller, result }, 0);
    for (const counter of [errors, terminal, panics, timeouts]) counter.inc({ controller }, 0);
    active.set({ controller }, 0);
    most.set({ controller }, workers);
    duration.zero({ controller });
  }

  return {
    reconcileStarted({ controller }) {
      active.inc({ controller });
    },
    reconcileEnded(reconcile) {
      const { controller, failure, milliseconds } = reconcile;
      const result = resultOf(reconcile);
      active.dec({ controller });
      duration.observe({ controller }, milliseconds / 1_000);
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      if (failure === 'Stalled') terminal.inc({ controller });
      if (failure === 'Unforeseen') panics.inc({ controller });
    },
  };
}

function resultOf({ result, failure }: EndedReconcile): (typeof RESULTS)[number] {
  // Somebody else wrote first, or the operator stops: part of normal life.
  if (failure === 'Conflict' || failure === 'CutShort') return 'requeue';
  if (failure !== undefined) return 'error';
  return result === 'Done' ? 'success' : 'requeue_after';
}
