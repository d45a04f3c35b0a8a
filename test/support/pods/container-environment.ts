import type { V1Container, V1EnvVar, V1Pod } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import { fieldValue } from './field-value.ts';
import { readObject } from './pod-objects.ts';
import { configMapData, secretData } from './volume-files.ts';

export type ContainerEnvironment = Readonly<Record<string, string>>;

/** The environment that the kubelet gives a container, besides that of its image. */
export async function containerEnvironment(
  controlPlane: ControlPlane,
  pod: V1Pod,
  { env = [], envFrom = [] }: V1Container,
): Promise<ContainerEnvironment> {
  const { hostname, port } = new URL(controlPlane.serverUrl);
  if (envFrom.length > 0) throw new Error('The envFrom of a container is not resolved here.');
  let environment: ContainerEnvironment = {
    HOSTNAME: pod.metadata?.name ?? '',
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
  for (const variable of env) {
    const value = await variableValue(controlPlane, pod, variable, environment);
    environment = { ...environment, [variable.name]: value };
  }
  return environment;
}

async function variableValue(
  controlPlane: ControlPlane,
  pod: V1Pod,
  { name, value, valueFrom }: V1EnvVar,
  earlier: ContainerEnvironment,
): Promise<string> {
  if (!valueFrom) return expand(value ?? '', earlier);
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const namespace = pod.metadata?.namespace ?? '';
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath);
  if (configMapKeyRef?.name) {
    const data = configMapData(await readObject(controlPlane, 'configmap', namespace, configMapKeyRef.name));
    return data[configMapKeyRef.key]?.toString('utf8') ?? '';
  }
  if (secretKeyRef?.name) {
    const data = secretData(await readObject(controlPlane, 'secret', namespace, secretKeyRef.name));
    return data[secretKeyRef.key]?.toString('utf8') ?? '';
  }
  throw new Error(`The source of the variable ${name} is not resolved here.`);
}

/** `$(NAME)` in values, commands and arguments; `$$(NAME)` stands for itself, and so does an unknown name. */
export function expand(text: string, environment: ContainerEnvironment): string {
  return text.replaceAll(/\$\$|\$\(([-._a-zA-Z0-9]+)\)/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    return environment[name] ?? found;
  });
}
