import { join } from 'node:path';
import type { V1Deployment, V1Pod, V1Probe } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import { checkoutProgram } from '../cslb-program.ts';
import { type OperatorProcess, startCslb } from '../operator-process.ts';
import type { Reaper } from '../reaper.ts';
import { waitFor } from '../wait-for.ts';
import { containerProgram } from './container-program.ts';
import { createPod, readObject } from './pod-objects.ts';

/** The operator as an installed Deployment says it runs, but for the container around it: see `runDeployment`. */
export interface DeployedOperator {
  /** As the API server stored it. */
  readonly pod: V1Pod;
  readonly process: OperatorProcess;
  /** The HTTP status that the kubelet would get for a probe of the container. */
  probe(name: 'livenessProbe' | 'readinessProbe' | 'startupProbe'): Promise<number>;
  /** GETs a path at a named port of the container. */
  get(portName: string, path: string): Promise<Response>;
}

export interface DeploymentRun {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  /** The Deployment's name. */
  readonly name: string;
  readonly directory: string;
  readonly reaper: Reaper;
}

/**
 * Starts the operator of a Deployment that is stored in the API server, as its controller and the kubelet would: a pod is created
 * from its template, so that admission judges it; arguments, environment, volumes and the token of its ServiceAccount, bound to
 * the pod, are those of the stored pod; nothing else of this process's environment or kubeconfig is given.
 *
 * Not as in a cluster: the program is this checkout under this Node instead of an image; mounts are seen by Node programs only
 * (container-view.mjs); user, read-only root, seccomp, resources and NetworkPolicies do not hold; it shares the host's network, so
 * its ports have to be free.
 */
export async function runDeployment(run: DeploymentRun, instance = 1): Promise<DeployedOperator> {
  const { controlPlane, namespace, name, reaper } = run;
  const deployment = await readObject<V1Deployment>(controlPlane, 'deployment', namespace, name);
  const { template } = deployment.spec ?? {};
  if (!template) throw new Error(`The Deployment ${name} has no template.`);
  const pod = await createPod(controlPlane, namespace, `${name}-${instance}`, template);
  const directory = join(run.directory, `${name}-${instance}`);
  const program = await containerProgram(controlPlane, pod, directory);
  if (program.command) throw new Error('Only the entrypoint of the image, `cslb`, runs here.');
  const operator = startCslb({
    name: `${name}-${instance}`,
    program: { ...checkoutProgram([], program.nodeFlags), environment: program.environment },
    args: program.args,
    directory,
    reaper,
  });

  function portOf(portName: string | number | undefined): number {
    if (typeof portName === 'number') return portName;
    const port = program.container.ports?.find((candidate) => candidate.name === portName);
    if (port) return port.containerPort;
    throw new Error(`The container has no port ${portName}.`);
  }

  const get = (portName: string | number | undefined, path: string) =>
    fetch(`http://127.0.0.1:${portOf(portName)}${path}`);
  return {
    pod,
    process: operator,
    get,
    async probe(probeName) {
      const probe: V1Probe | undefined = program.container[probeName];
      if (!probe?.httpGet) throw new Error(`The container has no ${probeName} by HTTP.`);
      const { port, path = '/' } = probe.httpGet;
      const { status } = await get(port, path);
      return status;
    },
  };
}

/** Waits until its readiness probe says so. */
export async function untilReady({ process, probe }: DeployedOperator): Promise<void> {
  const isWaiting = async () => process.isRunning() && (await probe('readinessProbe').catch(() => 0)) !== 200;
  await waitFor('the operator is ready or has ended', isWaiting, (waits) => !waits);
  if (!process.isRunning()) throw new Error(`The operator ended:\n${process.output()}`);
}
