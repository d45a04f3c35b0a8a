import { join } from 'node:path';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import { type ContainerEnvironment, containerEnvironment, expand } from './container-environment.ts';
import { writeVolumes } from './volume-files.ts';

/** How a container of a pod is started on this host. */
export interface ContainerProgram {
  readonly container: V1Container;
  /** As in the container's spec: without it the entrypoint of the image runs. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly environment: ContainerEnvironment;
  /** Shows a Node program the container's mounts, and these host names as this host. */
  nodeFlags(hosts?: readonly string[]): readonly string[];
}

const VIEW = new URL('container-view.mjs', import.meta.url);

/** @param directory for what the pod's volumes hold */
export async function containerProgram(
  controlPlane: ControlPlane,
  pod: V1Pod,
  directory: string,
): Promise<ContainerProgram> {
  const [container, ...others] = pod.spec?.containers ?? [];
  if (!container || others.length > 0) throw new Error('Only a pod of one container runs here.');
  const environment = await containerEnvironment(controlPlane, pod, container);
  await writeVolumes(controlPlane, pod, directory);
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '' }) => [
    mountPath,
    join(directory, name, subPath),
  ]);
  return {
    container,
    command: container.command?.map((word) => expand(word, environment)),
    args: (container.args ?? []).map((word) => expand(word, environment)),
    environment,
    nodeFlags(hosts = []) {
      const view = new URL(VIEW);
      view.searchParams.set('view', JSON.stringify({ mounts: Object.fromEntries(mounts), hosts }));
      return ['--import', view.href];
    },
  };
}
