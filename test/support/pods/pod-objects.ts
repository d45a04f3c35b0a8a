import type { V1Pod, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane.ts';

/** What controllers, admission plugins and the kubelet do in a cluster, for pods whose processes run on this host. */

const API_ACCESS = 'kube-api-access';
const API_ACCESS_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const ROOT_CA = 'kube-root-ca.crt';

/** @throws Error where there is no such object; it is as the API server gives it, times as text. */
export async function readObject<T>(
  { kubectl }: ControlPlane,
  kind: string,
  namespace: string,
  name: string,
): Promise<T> {
  const result = await kubectl(['get', kind, name, '--namespace', namespace, '--output', 'json']);
  if (result.code !== 0) throw new Error(`No ${kind} ${namespace}/${name}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** Creates a pod as the controller of its owner would, and gives it as the API server stored it. */
export async function createPod(
  controlPlane: ControlPlane,
  namespace: string,
  name: string,
  template: V1PodTemplateSpec,
): Promise<V1Pod> {
  await publishRootCa(controlPlane, namespace);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace },
    spec: withApiAccess(template.spec, await automounts(controlPlane, namespace, template)),
  };
  const created = await controlPlane.kubectl(
    ['create', '--filename', '-', '--output', 'json'],
    JSON.stringify(pod),
  );
  if (created.code !== 0) throw new Error(`The pod ${namespace}/${name} was not created: ${created.stderr}`);
  return JSON.parse(created.stdout);
}

async function automounts(
  controlPlane: ControlPlane,
  namespace: string,
  { spec }: V1PodTemplateSpec,
): Promise<boolean> {
  const name = spec?.serviceAccountName ?? 'default';
  const account = await readObject<{ automountServiceAccountToken?: boolean }>(
    controlPlane,
    'serviceaccount',
    namespace,
    name,
  );
  return spec?.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

/** The volume that the admission plugin ServiceAccount, which does not run here, would add. */
function withApiAccess(spec: V1PodTemplateSpec['spec'], automount: boolean): V1PodTemplateSpec['spec'] {
  if (!spec || !automount) return spec;
  const mount = { name: API_ACCESS, mountPath: API_ACCESS_PATH, readOnly: true };
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
    { configMap: { name: ROOT_CA, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
  ];
  return {
    ...spec,
    volumes: [...(spec.volumes ?? []), { name: API_ACCESS, projected: { sources } }],
    containers: spec.containers.map((container) => ({
      ...container,
      volumeMounts: [...(container.volumeMounts ?? []), mount],
    })),
  };
}

/** The ConfigMap that kube-controller-manager, which does not run here, puts into each namespace. */
async function publishRootCa({ kubectl, certificateAuthority }: ControlPlane, namespace: string) {
  const { code, stderr } = await kubectl([
    'create',
    'configmap',
    ROOT_CA,
    '--namespace',
    namespace,
    `--from-file=ca.crt=${certificateAuthority}`,
  ]);
  if (code !== 0 && !stderr.includes('already exists')) {
    throw new Error(`The CA was not published in ${namespace}: ${stderr}`);
  }
}
