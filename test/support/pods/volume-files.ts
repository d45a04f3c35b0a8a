import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type {
  V1ConfigMap,
  V1KeyToPath,
  V1Pod,
  V1Secret,
  V1Volume,
  V1VolumeProjection,
} from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import { fieldValue } from './field-value.ts';
import { readObject } from './pod-objects.ts';

type Files = Readonly<Record<string, Buffer>>;

/** Writes what the kubelet would put into a pod's volumes, each into a folder of its name below `directory`. */
export async function writeVolumes(controlPlane: ControlPlane, pod: V1Pod, directory: string): Promise<void> {
  for (const volume of pod.spec?.volumes ?? []) {
    const folder = join(directory, volume.name);
    await mkdir(folder, { recursive: true });
    for (const [path, content] of Object.entries(await filesOf(controlPlane, pod, volume))) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode: 0o600 });
    }
  }
}

export function configMapData({ data = {}, binaryData = {} }: V1ConfigMap): Files {
  return { ...mapValues(data, (text) => Buffer.from(text)), ...mapValues(binaryData, fromBase64) };
}

export function secretData({ data = {} }: V1Secret): Files {
  return mapValues(data, fromBase64);
}

async function filesOf(controlPlane: ControlPlane, pod: V1Pod, volume: V1Volume): Promise<Files> {
  const { name, emptyDir, configMap, secret, projected } = volume;
  if (emptyDir) return {};
  if (projected) {
    const parts: Files[] = [];
    for (const source of projected.sources ?? []) parts.push(await projectedFiles(controlPlane, pod, source));
    return Object.assign({}, ...parts);
  }
  if (configMap) return projectedFiles(controlPlane, pod, { configMap });
  if (secret) {
    const { secretName, items } = secret;
    const projection = { ...(secretName ? { name: secretName } : {}), ...(items ? { items } : {}) };
    return projectedFiles(controlPlane, pod, { secret: projection });
  }
  throw new Error(`The volume ${name} is of a kind that cannot be mounted here.`);
}

async function projectedFiles(
  controlPlane: ControlPlane,
  pod: V1Pod,
  { configMap, secret, downwardAPI, serviceAccountToken }: V1VolumeProjection,
): Promise<Files> {
  const namespace = pod.metadata?.namespace ?? '';
  if (configMap?.name) {
    const object = await readObject<V1ConfigMap>(controlPlane, 'configmap', namespace, configMap.name);
    return selected(configMapData(object), configMap.items);
  }
  if (secret?.name) {
    const object = await readObject<V1Secret>(controlPlane, 'secret', namespace, secret.name);
    return selected(secretData(object), secret.items);
  }
  if (downwardAPI) {
    const entries = (downwardAPI.items ?? []).map(({ path, fieldRef }) => [
      path,
      Buffer.from(fieldValue(pod, fieldRef?.fieldPath)),
    ]);
    return Object.fromEntries(entries);
  }
  if (serviceAccountToken) {
    return { [serviceAccountToken.path]: Buffer.from(await boundToken(controlPlane, pod)) };
  }
  throw new Error('A projected volume has a source that cannot be mounted here.');
}

/** As the kubelet asks for it: it ends with the pod. */
async function boundToken({ kubectl }: ControlPlane, { metadata, spec }: V1Pod): Promise<string> {
  const { code, stdout, stderr } = await kubectl([
    'create',
    'token',
    spec?.serviceAccountName ?? 'default',
    `--namespace=${metadata?.namespace}`,
    '--bound-object-kind=Pod',
    `--bound-object-name=${metadata?.name}`,
    `--bound-object-uid=${metadata?.uid}`,
    '--duration=3607s',
  ]);
  if (code !== 0) throw new Error(`No token for the pod ${metadata?.name}: ${stderr}`);
  return stdout.trim();
}

function selected(files: Files, items: readonly V1KeyToPath[] | undefined): Files {
  if (!items) return files;
  const entries = items.map(({ key, path }) => {
    const content = files[key];
    if (!content) throw new Error(`There is no key ${key} to be mounted at ${path}.`);
    return [path, content];
  });
  return Object.fromEntries(entries);
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
