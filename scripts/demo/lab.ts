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
import { chartFolder } from '../../test/support/chart/helm.ts';
import { helmOnCluster } from '../../test/support/chart/helm-on-cluster.ts';
import { type ControlPlane, startControlPlane } from '../../test/support/control-plane.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { type ObjectWatch, watchObject } from './object-watch.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { type SimulatedCluster, startSimulatedCluster } from './simulated-cluster.ts';
import type { Step } from './step.ts';
import {
  type ChartName,
  LAB,
  NAMESPACE,
  OPERATOR,
  OPERATOR_NAMESPACE,
  operatorValues,
  policiesValues,
} from './values.ts';

/** A Kubernetes API server, a simulated Proxmox VE cluster and the operator, which does not know of the cluster yet. */
export interface Lab {
  readonly simulated: SimulatedCluster;
  readonly operator: RunningOperator;
  readonly adminKubeconfig: string;
  readonly cluster: ObjectWatch<StoredCluster>;
  readonly policy: ObjectWatch<StoredPolicy>;
  /** Standard output of kubectl, as the administrator. Throws where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Installs the chart that tells the operator of the cluster and how to balance it. */
  installPolicies(): Promise<void>;
  stop(): Promise<void>;
}

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
  const install = (release: string, chart: ChartName, namespace: string, values: string) => {
    const args = ['install', release, chartFolder(chart), `--namespace=${namespace}`, '--create-namespace'];
    return helmOnCluster(controlPlane.adminKubeconfig, [...args, '--values=-'], values);
  };
  await next(`helm install ${OPERATOR}: kinds, rights, Deployment`, async () => {
    // Its Role is in there, so it has to exist.
    await kubectl(['create', 'namespace', NAMESPACE]);
    const ports = { health: await freePort(), metrics: await freePort() };
    await install(OPERATOR, 'pve-cslb-operator', OPERATOR_NAMESPACE, operatorValues(ports));
  });
  const operator = await next('No kubelet is here: starting the operator just as its Deployment says', () =>
    startOperator(controlPlane, { namespace: OPERATOR_NAMESPACE, name: OPERATOR }),
  );
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
    async installPolicies() {
      await install(LAB, 'pve-cslb-policies', NAMESPACE, policiesValues(simulated.connection));
    },
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
