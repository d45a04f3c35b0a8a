import type { V1Pod, V1Service } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';
import type { ServicePorts } from './container-program.ts';

/** What DNS and kube-proxy, which do not run here, would make of the Services of a namespace whose pods run on this host. */
export async function servicePorts(
  { kubectl, serverUrl }: ControlPlane,
  namespace: string,
  pods: readonly V1Pod[],
): Promise<ServicePorts> {
  const { code, stdout, stderr } = await kubectl([
    'get',
    'services',
    `--namespace=${namespace}`,
    '--output=json',
  ]);
  if (code !== 0) throw new Error(`The Services of ${namespace} could not be read: ${stderr}`);
  const services: readonly V1Service[] = JSON.parse(stdout).items;
  const entries = services.flatMap((service) => {
    const pod = pods.find((candidate) => isSelected(service, candidate));
    if (!pod) return [];
    return (service.spec?.ports ?? []).map(({ port, targetPort }) => [
      `${service.metadata?.name}.${namespace}.svc:${port}`,
      containerPort(pod, targetPort ?? port),
    ]);
  });
  return { ...Object.fromEntries(entries), 'kubernetes.default.svc:443': Number(new URL(serverUrl).port) };
}

function isSelected({ spec }: V1Service, { metadata }: V1Pod): boolean {
  return Object.entries(spec?.selector ?? {}).every(([key, value]) => metadata?.labels?.[key] === value);
}

function containerPort({ spec }: V1Pod, target: string | number): number {
  if (typeof target === 'number') return target;
  const ports = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  const found = ports.find(({ name }) => name === target);
  if (found) return found.containerPort;
  throw new Error(`No container has a port ${target}.`);
}
