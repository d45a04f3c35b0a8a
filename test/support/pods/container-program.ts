import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import { type ContainerEnvironment, containerEnvironment, expand } from './container-environment.ts';
import { writeVolumes } from './volume-files.ts';

/** How the container of a pod is started on this host. */
export interface ContainerProgram {
  readonly container: V1Container;
  /** As in the container's spec: without it the entrypoint of the image runs. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly environment: ContainerEnvironment;
  /** For Node: shows its program what the container has. */
  readonly nodeFlags: readonly string[];
}

/** The ports of this host behind the Services that the container may call, by `name.namespace.svc:port`. */
export type ServicePorts = Readonly<Record<string, number>>;

const VIEW = new URL('container-view.mjs', import.meta.url);

/** What Node reads before it loads any module, so that no module can show it the container's file. */
const READ_BY_NODE: readonly string[] = ['NODE_EXTRA_CA_CERTS'];

/** @param directory for what the pod's volumes hold */
export async function containerProgram(
  controlPlane: ControlPlane,
  pod: V1Pod,
  directory: string,
  services: ServicePorts = {},
): Promise<ContainerProgram> {
  const [container, ...others] = pod.spec?.containers ?? [];
  if (!container || others.length > 0) throw new Error('Only a pod of one container runs here.');
  await mkdir(directory, { recursive: true });
  await writeVolumes(controlPlane, pod, directory);
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '' }) => ({
    place: mountPath,
    folder: join(directory, name, subPath),
  }));
  const environment = await containerEnvironment(controlPlane, pod, container);
  const onHost = (path: string) => {
    const mount = mounts.find(({ place }) => path.startsWith(`${place}/`));
    return mount ? join(mount.folder, path.slice(mount.place.length)) : path;
  };
  const entries = Object.entries(environment);
  const view = new URL(VIEW);
  const shown = mounts.map(({ place, folder }) => [place, folder]);
  view.searchParams.set('view', JSON.stringify({ mounts: Object.fromEntries(shown), services }));
  return {
    container,
    command: container.command?.map((word) => expand(word, environment)),
    args: (container.args ?? []).map((word) => expand(word, environment)),
    environment: Object.fromEntries(
      entries.map(([name, value]) => [name, READ_BY_NODE.includes(name) ? onHost(value) : value]),
    ),
    nodeFlags: ['--import', view.href],
  };
}
