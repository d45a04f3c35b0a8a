import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { BALANCE_POLICIES, CONFIG_MAPS, PVE_CLUSTERS, SECRETS } from '../../src/controllers/resources.ts';
import type { NewKubernetesObject } from '../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../src/kubernetes/resource-kind.ts';
import type { ScenarioDocument } from '../../src/simulator/scenario/document.ts';
import { type ApiProxy, startApiProxy } from './api-proxy.ts';
import { OPERATOR_TOKEN } from './balance-scenario.ts';
import type { ControlPlane } from './control-plane.ts';
import type { CslbProgramFor } from './cslb-program.ts';
import { installCrds } from './install-crds.ts';
import { type LabCluster, startLabCluster } from './lab-cluster.ts';
import {
  authority,
  balancePolicy,
  credentials,
  type ObjectName,
  type PolicySpec,
  pveCluster,
} from './lab-objects.ts';
import { createObjectReader, type ObjectReader } from './object-reader.ts';
import { createOperatorAccount } from './operator-account.ts';
import { type LogLine, type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import { createReaper } from './reaper.ts';
import { createTestNamespace, sharedControlPlane } from './shared-control-plane.ts';
import { connectAsAdmin } from './widget-crd.ts';

/**
 * What an end-to-end test of the operator works in: a namespace of the shared control plane, simulated clusters in this process,
 * and the operator as a process of its own that sees this namespace only and has the least rights.
 */
export interface Lab extends ObjectReader {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  /** Between the operator and the API server. */
  readonly proxy: ApiProxy;
  /** @param flags besides those that make it the only one, without ports */
  startOperator(flags?: readonly string[]): OperatorProcess;
  /** What all runs of the operator wrote. */
  operatorOutput(): string;
  /** Starts a simulated cluster without any object that tells of it. */
  simulate(scenario: ScenarioDocument): Promise<LabCluster>;
  /** Starts a simulated cluster and creates Secret, ConfigMap and PveCluster for it. */
  addCluster(name: string, scenario: ScenarioDocument, spec?: object): Promise<LabCluster>;
  addPolicy(name: string, spec?: PolicySpec): Promise<void>;
  create(kind: ResourceKind, object: NewKubernetesObject): Promise<void>;
  /** A merge patch. */
  patch(kind: ResourceKind, name: string, patch: object): Promise<void>;
  delete(kind: ResourceKind, name: string): Promise<void>;
  /** Asks for an evaluation at once. Gives the annotation's value. */
  requestRun(policy: string): Promise<string>;
  /** Runs kubectl in the namespace as the administrator; gives its stdout, throws where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** The object's name with the namespace. */
  named(name: string): ObjectName;
  killApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** Ends everything. Throws where the operator met what it must never meet: a right that it lacks, an error of its own. */
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** @param program runs the operator; the checkout where absent */
export async function openLab(prefix: string, program?: CslbProgramFor): Promise<Lab> {
  const controlPlane = await sharedControlPlane();
  await installCrds(controlPlane);
  const namespace = await createTestNamespace(prefix);
  const directory = await mkdtemp(join(tmpdir(), `pve-cslb-${prefix}-`));
  const reaper = createReaper(directory);
  const account = await createOperatorAccount(controlPlane, namespace);
  const { client, kubeConfig } = connectAsAdmin(controlPlane);
  const operators: OperatorProcess[] = [];
  const output = () => operators.map((operator) => operator.output()).join('');
  const explain = () => `The operator's last lines:\n${tail(output())}`;
  const { kubeconfig, proxy } = await proxied(account, join(directory, 'kubeconfig.yaml'), explain);
  const clusters: LabCluster[] = [];
  let requests = 0;
  let restarts = false;

  const named = (name: string) => ({ name, namespace });

  const objects = createObjectReader(client, namespace, explain);

  const lab: Lab = {
    controlPlane,
    namespace,
    proxy,
    named,
    startOperator(flags = []) {
      const name = `operator-${operators.length + 1}`;
      const operator = startOperatorProcess({
        name,
        kubeconfig,
        namespace,
        directory,
        reaper,
        flags,
        program,
      });
      operators.push(operator);
      return operator;
    },
    operatorOutput: output,
    async simulate(scenario) {
      const cluster = await startLabCluster(scenario, explain);
      clusters.push(cluster);
      return cluster;
    },
    async addCluster(name, scenario, spec) {
      const cluster = await lab.simulate(scenario);
      await lab.create(SECRETS, credentials(named(`${name}-pve`), OPERATOR_TOKEN));
      await lab.create(CONFIG_MAPS, authority(named(`${name}-ca`), cluster.proxy.caCertificate));
      await lab.create(PVE_CLUSTERS, pveCluster(named(name), cluster.proxy.url, spec));
      return cluster;
    },
    addPolicy: (name, spec) => lab.create(BALANCE_POLICIES, balancePolicy(named(name), spec)),
    async create(kind, object) {
      await client.create(kind, object, never);
    },
    async patch(kind, name, patch) {
      await client.patch(kind, namespace, name, patch, never);
    },
    async delete(kind, name) {
      await lab.kubectl(['delete', `${kind.kind.toLowerCase()}/${name}`]);
    },
    async requestRun(policy) {
      requests += 1;
      const value = `request ${requests}`;
      const annotations = { 'pve-cslb.io/requested-at': value };
      await lab.patch(BALANCE_POLICIES, policy, { metadata: { annotations } });
      return value;
    },
    ...objects,
    async kubectl(args, input) {
      const result = await controlPlane.kubectl(['--namespace', namespace, ...args], input);
      if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${result.stderr}`);
      return result.stdout;
    },
    async killApiServer() {
      restarts = true;
      await controlPlane.killApiServer();
    },
    restartApiServer: () => controlPlane.restartApiServer(),
    async close() {
      await Promise.all(operators.map((operator) => operator.kill()));
      await Promise.all([proxy.close(), ...clusters.map((cluster) => cluster.stop())]);
      await kubeConfig.close();
      const lines = operators.flatMap((operator) => operator.logs());
      await reaper.reap();
      refuseFaults(lines, restarts);
    },
  };
  return lab;
}

/** A proxy in front of the API server of a kubeconfig, and the kubeconfig that leads there. */
async function proxied(original: string, path: string, context: () => string) {
  const document = parse(await readFile(original, 'utf8'));
  const { cluster } = document.clusters[0];
  const caCertificate = Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8');
  const proxy = await startApiProxy({ url: cluster.server, caCertificate }, context);
  cluster.server = proxy.url;
  cluster['certificate-authority-data'] = Buffer.from(proxy.caCertificate).toString('base64');
  await writeFile(path, stringify(document), { mode: 0o600 });
  return { kubeconfig: path, proxy };
}

/** An API server that just started may not know anybody's rights yet. */
function refuseFaults(lines: readonly LogLine[], restarts: boolean): void {
  const forbidden = ({ msg, status }: LogLine) => msg === 'Called the Kubernetes API' && status === 403;
  const faults = lines.filter((line) => line.level === 'error' || (!restarts && forbidden(line)));
  if (faults.length === 0) return;
  throw new Error(
    `The operator met what it must not meet:\n${faults.map((line) => JSON.stringify(line)).join('\n')}`,
  );
}

function tail(output: string): string {
  const lines = output.split('\n').filter((line) => !line.includes('"level":"debug"'));
  return lines.slice(-20).join('\n');
}
