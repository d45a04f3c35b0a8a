import { Counter, Histogram, type Registry } from 'prom-client';
import type { ApiClientObserver } from '../kubernetes/api-client.ts';

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH'] as const;

/** The requests to the Kubernetes API, by the names that client-go has for them. */
export function registerKubernetesClientMetrics(registry: Registry, host: string): ApiClientObserver {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'How many requests to the Kubernetes API were answered, by status code, or got no answer (<error>).',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'How long requests to the Kubernetes API took until their answer began, in seconds.',
    labelNames: ['verb', 'host'],
    buckets: BUCKETS,
    registers: [registry],
  });
  for (const method of METHODS) {
    requests.inc({ code: '200', method, host }, 0);
    requests.inc({ code: '<error>', method, host }, 0);
    duration.zero({ verb: method, host });
  }
  return {
    requestEnded({ method, status, milliseconds }) {
      requests.inc({ code: status === undefined ? '<error>' : String(status), method, host });
      duration.observe({ verb: method, host }, milliseconds / 1_000);
    },
  };
}
