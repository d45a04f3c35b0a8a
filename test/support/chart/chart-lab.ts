import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { freePort } from '../free-port.ts';
import { type LabCluster, startLabCluster } from '../lab-cluster.ts';
import { createObjectReader, type ObjectReader } from '../object-reader.ts';
import { type DeployedOperator, runDeployment, untilReady } from '../pods/deployed-operator.ts';
import { createReaper, type Reaper } from '../reaper.ts';
import type { CommandResult } from '../run-command.ts';
import { connectAsAdmin } from '../widget-crd.ts';
import { helmOnCluster } from './helm-on-cluster.ts';

/** What a test of installed charts works in: a control plane of its own, on which nothing is installed, and helm. */
export interface ChartLab {
  readonly controlPlane: ControlPlane;
  readonly directory: string;
  readonly reaper: Reaper;
  /** Gives helm's stdout, throws where it fails. */
  helm(args: readonly string[], values?: object): Promise<string>;
  /** As the administrator; gives kubectl's stdout, throws where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Runs kubectl as a ServiceAccount, whatever its exit code. */
  kubectlAs(
    account: { readonly namespace: string; readonly name: string },
    args: readonly string[],
  ): Promise<CommandResult>;
  objects(namespace: string): ObjectReader;
  simulate(scenario: ScenarioDocument): Promise<LabCluster>;
  /** Runs an installed Deployment of the operator; resolves when it is ready. */
  startOperator(namespace: string, deployment: string): Promise<DeployedOperator>;
  close(): Promise<void>;
}

export async function openChartLab(): Promise<ChartLab> {
  const controlPlane = await startControlPlane();
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-chart-'));
  const reaper = createReaper(directory);
  const { client, kubeConfig } = connectAsAdmin(controlPlane);
  const kubeconfigs = new Map<string, Promise<string>>();
  const operators: DeployedOperator[] = [];
  const clusters: LabCluster[] = [];
  const explain = () => operators.map(({ process }) => process.output()).join('');

  return {
    controlPlane,
    directory,
    reaper,
    helm(args, values) {
      const withValues = values ? [...args, '--values=-'] : args;
      return helmOnCluster(controlPlane.adminKubeconfig, withValues, values ? JSON.stringify(values) : '');
    },
    async kubectl(args, input) {
      const { code, stdout, stderr } = await controlPlane.kubectl(args, input);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
      return stdout;
    },
    async kubectlAs(account, args) {
      const key = `${account.namespace}/${account.name}`;
      const kubeconfig = kubeconfigs.get(key) ?? controlPlane.kubeconfigFor({ serviceAccount: account });
      kubeconfigs.set(key, kubeconfig);
      return controlPlane.kubectl([`--kubeconfig=${await kubeconfig}`, ...args]);
    },
    objects: (namespace) => createObjectReader(client, namespace, explain),
    async simulate(scenario) {
      const cluster = await startLabCluster(scenario, explain);
      clusters.push(cluster);
      return cluster;
    },
    async startOperator(namespace, name) {
      const operator = await runDeployment({ controlPlane, namespace, name, directory, reaper });
      operators.push(operator);
      await untilReady(operator);
      return operator;
    },
    async close() {
      await Promise.all(operators.map(({ process }) => process.kill()));
      await Promise.all(clusters.map((cluster) => cluster.stop()));
      await kubeConfig.close();
      await reaper.reap();
      await controlPlane.stop();
    },
  };
}

/** Values of the operator's chart by which several may run on one host. */
export async function portValues(): Promise<object> {
  const metrics = await freePort();
  return { health: { port: await freePort() }, metrics: { port: metrics, service: { port: metrics } } };
}
