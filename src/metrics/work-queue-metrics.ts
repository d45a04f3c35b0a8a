import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WorkQueueObserver } from '../kubernetes/work-queue.ts';
import type { Clock } from '../lib/clock.ts';
import { registerReadGauge } from './read-gauge.ts';

/** From 10 ns to 1000 s in powers of ten: those of controller-runtime. */
const BUCKETS = Array.from({ length: 12 }, (_, power) => 10 ** (power - 8));
const LABELS = ['name', 'controller'] as const;

/** The work queues, by the names that client-go and controller-runtime have for them. */
export function registerWorkQueueMetrics(
  registry: Registry,
  names: readonly string[],
  clock: Clock,
): (name: string) => WorkQueueObserver {
  const common = { labelNames: LABELS, registers: [registry] };
  const depth = new Gauge({
    ...common,
    name: 'workqueue_depth',
    help: 'How many objects wait in the queue to be reconciled.',
  });
  const adds = new Counter({
    ...common,
    name: 'workqueue_adds_total',
    help: 'How many times an object was added to the queue.',
  });
  const retries = new Counter({
    ...common,
    name: 'workqueue_retries_total',
    help: 'How many times an object was put off to be tried again after a failure.',
  });
  const waited = new Histogram({
    ...common,
    name: 'workqueue_queue_duration_seconds',
    help: 'How long objects waited in the queue before they were taken, in seconds.',
    buckets: BUCKETS,
  });
  const worked = new Histogram({
    ...common,
    name: 'workqueue_work_duration_seconds',
    help: 'How long it took to reconcile objects taken from the queue, in seconds.',
    buckets: BUCKETS,
  });
  const queues = new Map(
    names.map((name) => [name, { added: new Map<string, number>(), taken: new Map<string, number>() }]),
  );
  const labelsOf = (name: string) => ({ name, controller: name });
  const ages = (name: string) =>
    [...(queues.get(name)?.taken.values() ?? [])].map((since) => (clock.monotonic() - since) / 1_000);
  registerReadGauge(registry, {
    name: 'workqueue_unfinished_work_seconds',
    help: 'How long the reconciles under way have run so far, all together, in seconds.',
    labelNames: LABELS,
    read: () =>
      names.map((name) => ({ labels: labelsOf(name), value: ages(name).reduce((sum, age) => sum + age, 0) })),
  });
  registerReadGauge(registry, {
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How long the longest of the reconciles under way has run so far, in seconds.',
    labelNames: LABELS,
    read: () => names.map((name) => ({ labels: labelsOf(name), value: Math.max(0, ...ages(name)) })),
  });
  for (const name of names) {
    const labels = labelsOf(name);
    depth.set(labels, 0);
    adds.inc(labels, 0);
    retries.inc(labels, 0);
    waited.zero(labels);
    worked.zero(labels);
  }

  return (name) => {
    const labels = labelsOf(name);
    const { added, taken } = queues.get(name) ?? {
      added: new Map<string, number>(),
      taken: new Map<string, number>(),
    };
    const secondsSince = (time: number | undefined) =>
      (clock.monotonic() - (time ?? clock.monotonic())) / 1_000;
    return {
      added(key) {
        added.set(key, clock.monotonic());
        adds.inc(labels);
        depth.inc(labels);
      },
      taken(key) {
        waited.observe(labels, secondsSince(added.get(key)));
        added.delete(key);
        taken.set(key, clock.monotonic());
        depth.dec(labels);
      },
      done(key) {
        worked.observe(labels, secondsSince(taken.get(key)));
        taken.delete(key);
      },
      retried() {
        retries.inc(labels);
      },
    };
  };
}
