import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { helmOnCluster } from '../chart/helm-on-cluster.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type CommandResult, runCommand } from '../run-command.ts';
import { containerProgram } from './container-program.ts';
import { createPod } from './pod-objects.ts';
import { servicePorts } from './service-ports.ts';

export interface TestRun {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  readonly release: string;
  /** Those that run on this host, for the Services that select them. */
  readonly pods: readonly V1Pod[];
  readonly directory: string;
}

/** Does what `helm test` does, with the pods that helm stored for it: each is created, and its program runs on this host. */
export async function runHelmTest(run: TestRun): Promise<readonly CommandResult[]> {
  const { controlPlane, namespace, release, directory } = run;
  const hooks = await helmOnCluster(controlPlane.adminKubeconfig, [
    'get',
    'hooks',
    release,
    `--namespace=${namespace}`,
  ]);
  const tests: V1Pod[] = parseAllDocuments(hooks)
    .map((document) => document.toJS())
    .filter((object) => object?.kind === 'Pod' && object.metadata.annotations['helm.sh/hook'] === 'test');
  const services = await servicePorts(controlPlane, namespace, run.pods);
  const results: CommandResult[] = [];
  for (const { metadata = {}, spec } of tests) {
    const template = { metadata, ...(spec ? { spec } : {}) };
    const pod = await createPod(controlPlane, namespace, metadata.name ?? '', template);
    const files = join(directory, metadata.name ?? '');
    const {
      command = [],
      args,
      environment,
      nodeFlags,
    } = await containerProgram(controlPlane, pod, files, services);
    const [program, ...words] = command;
    if (program !== 'node') throw new Error(`The test runs ${program}; here only Node can be run.`);
    results.push(await runCommand(process.execPath, [...nodeFlags, ...words, ...args], environment));
  }
  return results;
}
