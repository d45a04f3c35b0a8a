import { Counter, Histogram, type Registry } from 'prom-client';
import { type ProxmoxClientObserver, REQUEST_FAILURES } from '../proxmox/client-observer.ts';

const METHODS = ['GET', 'POST'] as const;
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 35, 60];

/** The requests to the Proxmox API, by the endpoint they were sent to. An endpoint's series end with its last PveCluster. */
export function registerProxmoxClientMetrics(registry: Registry): ProxmoxClientObserver {
  const requests = new Counter({
    name: 'pve_cslb_proxmox_requests_total',
    help: 'How many requests were sent to the endpoint of a Proxmox cluster.',
    labelNames: ['endpoint', 'method'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'pve_cslb_proxmox_request_errors_total',
    help: 'How many requests to the endpoint of a Proxmox cluster failed, by what went wrong.',
    labelNames: ['endpoint', 'class'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'pve_cslb_proxmox_request_duration_seconds',
    help: 'How long requests to the endpoint of a Proxmox cluster took, failed ones too, in seconds.',
    labelNames: ['endpoint', 'method'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // Two PveClusters may name the same endpoint.
  const users = new Map<string, number>();

  function begin(endpoint: string): void {
    for (const method of METHODS) {
      requests.inc({ endpoint, method }, 0);
      duration.zero({ endpoint, method });
    }
    for (const failure of REQUEST_FAILURES) failures.inc({ endpoint, class: failure }, 0);
  }

  function end(endpoint: string): void {
    for (const method of METHODS) {
      requests.remove({ endpoint, method });
      duration.remove({ endpoint, method });
    }
    for (const failure of REQUEST_FAILURES) failures.remove({ endpoint, class: failure });
  }

  return {
    opened(endpoints) {
      for (const endpoint of endpoints) {
        const before = users.get(endpoint) ?? 0;
        users.set(endpoint, before + 1);
        if (before === 0) begin(endpoint);
      }
    },
    requestEnded({ endpoint, method, failure, milliseconds }) {
      // The last answers come after the end.
      if (!users.has(endpoint)) return;
      requests.inc({ endpoint, method });
      duration.observe({ endpoint, method }, milliseconds / 1_000);
      if (failure) failures.inc({ endpoint, class: failure });
    },
    closed(endpoints) {
      for (const endpoint of endpoints) {
        const left = (users.get(endpoint) ?? 0) - 1;
        if (left > 0) users.set(endpoint, left);
        else if (users.delete(endpoint)) end(endpoint);
      }
    },
  };
}
