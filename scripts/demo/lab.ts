import { fileURLToPath } from 'node:url';
import {
  BALANCE_POLICIES,
  PVE_CLUSTERS,
  type StoredCluster,
  type StoredPolicy,
} from '../../src/controllers/resources.ts';
import { type ApiClient, createApiClient } from '../../src/kubernetes/api-client.ts';
import { loadKubeConfig } from '../../src/kubernetes/pooled-kube-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type ControlPlane, startControlPlane } from '../../test/support/control-plane.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { filledManifest, LAB, type ManifestName, NAMESPACE, SERVICE_ACCOUNT } from './manifests.ts';
import { type ObjectWatch, watchObject } from './object-watch.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { type SimulatedCluster, startSimulatedCluster } from './simulated-cluster.ts';
import type { Step } from './step.ts';

/** A Kubernetes API server, a simulated Proxmox VE cluster and the operator, which does not know of the cluster yet. */
export interface Lab {
  readonly simulated: SimulatedCluster;
  readonly operator: RunningOperator;
  readonly adminKubeconfig: string;
  readonly cluster: ObjectWatch<StoredCluster>;
  readonly policy: ObjectWatch<StoredPolicy>;
  /** Standard output of kubectl, as the administrator. Throws where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  apply(manifest: ManifestName): Promise<void>;
  stop(): Promise<void>;
}

const CRDS = fileURLToPath(new URL('../../crds', import.meta.url));
const API_TIMEOUT_MS = 15_000;

export async function startLab(step: Step, signal: AbortSignal): Promise<Lab> {
  const cleanUp = createCleanUp();
  try {
    return await startWith(cleanUp, step, signal);
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

async function startWith(cleanUp: CleanUp, step: Step, signal: AbortSignal): Promise<Lab> {
  const next: Step = (...work) => {
    signal.throwIfAborted();
    return step(...work);
  };
  const controlPlane = await next('Starting etcd and kube-apiserver', () => startControlPlane({ signal }));
  cleanUp.add(() => controlPlane.stop());
  const simulated = await next(
    'Simulating a Proxmox VE cluster',
    startSimulatedCluster,
    ({ description }) => description,
  );
  cleanUp.add(() => simulated.simulator.stop());

  const kubectl = (args: readonly string[], input?: string) => runKubectl(controlPlane, args, input);
  const apply = async (manifest: ManifestName) => {
    await kubectl(['apply', '--filename', '-'], filledManifest(manifest, simulated.connection));
  };
  await next('Installing the CustomResourceDefinitions', async () => {
    await kubectl(['apply', '--filename', CRDS]);
    await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '--filename', CRDS]);
  });
  await next('Creating the namespace, and the ServiceAccount with its rights', async () => {
    await apply('namespace');
    await apply('rbac');
  });
  const operator = await next(`Starting the operator as that ServiceAccount`, async () => {
    const serviceAccount = { namespace: NAMESPACE, name: SERVICE_ACCOUNT };
    const kubeconfig = await controlPlane.kubeconfigFor({ serviceAccount });
    return startOperator({ kubeconfig, namespace: NAMESPACE });
  });
  cleanUp.add(() => operator.stop());

  const client = openClient(controlPlane.adminKubeconfig, cleanUp);
  const watching = new AbortController();
  cleanUp.add(() => watching.abort());
  const lab = { namespace: NAMESPACE, name: LAB };
  return {
    simulated,
    operator,
    adminKubeconfig: controlPlane.adminKubeconfig,
    cluster: watchObject(client, PVE_CLUSTERS, lab, watching.signal),
    policy: watchObject(client, BALANCE_POLICIES, lab, watching.signal),
    kubectl,
    apply,
    stop: () => cleanUp.run(),
  };
}

function openClient(kubeconfig: string, cleanUp: CleanUp): ApiClient {
  const kubeConfig = loadKubeConfig({ kubeconfig });
  cleanUp.add(() => kubeConfig.close());
  return createApiClient({
    kubeConfig,
    userAgent: 'pve-cslb-demo',
    requestTimeoutMs: API_TIMEOUT_MS,
    clock: systemClock,
    logger: silentLogger,
  });
}

async function runKubectl(
  controlPlane: ControlPlane,
  args: readonly string[],
  input: string | undefined,
): Promise<string> {
  const { code, stdout, stderr } = await controlPlane.kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}
