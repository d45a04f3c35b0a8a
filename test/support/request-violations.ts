import type { MigrationRequest } from '../../src/controllers/proxmox-cluster.ts';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import type { FakeProxmoxCluster } from './fake-proxmox-cluster.ts';

/** What no migrate request may ever be: one without its stored intent, or one for a guest that is under way already. */
export function requestViolations(
  { vmid, node, target }: MigrationRequest,
  policies: readonly StoredPolicy[],
  proxmox: FakeProxmoxCluster,
): readonly string[] {
  const violations: string[] = [];
  const intents = policies
    .flatMap(({ status }) => status?.migrations ?? [])
    .filter((entry) => entry.vmid === vmid);
  const [intent] = intents;
  if (intents.length !== 1 || intent?.source !== node || intent.target !== target || intent.upid) {
    violations.push(`POST of ${vmid} ${node} → ${target} with the intents ${JSON.stringify(intents)}`);
  }
  const open = proxmox.tasks.find(
    (task) =>
      task.vmid === vmid &&
      (task.user === proxmox.user || task.request !== undefined) &&
      task.endTime > proxmox.now(),
  );
  if (open) violations.push(`POST of ${vmid} while ${open.upid} is open`);
  return violations;
}
