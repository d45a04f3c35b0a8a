import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { KubernetesObject } from '../../kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../kubernetes/resource-kind.ts';
import { isOperatorError, OperatorError } from '../../lib/errors.ts';
import type { Credentials } from '../../proxmox/credentials.ts';
import type { TlsTrust } from '../../proxmox/tls-agent.ts';
import { CONFIG_MAPS, SECRETS, type StoredCluster } from '../resources.ts';
import { credentialsIn, decode, type SecretData } from './secret-data.ts';

/** A Secret of any other type is sent nowhere: it must have been made for this. */
export const SECRET_TYPE = 'pve-cslb.io/credentials';

export interface Connection extends TlsTrust {
  readonly endpoints: readonly string[];
  readonly credentials: Credentials;
}

interface SecretObject extends KubernetesObject {
  readonly type?: string;
  readonly data?: SecretData;
}

interface ConfigMapObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Reads the Secret and CA that a PveCluster names. Throws CredentialsNotFound and CredentialsInvalid. */
export async function readConnection(
  client: ApiClient,
  cluster: StoredCluster,
  signal: AbortSignal,
): Promise<Connection> {
  const { namespace } = cluster.metadata;
  const { name } = cluster.spec.credentialsSecretRef;
  const secret = await read<SecretObject>(client, SECRETS, namespace, name, signal);
  if (secret.type !== SECRET_TYPE) {
    throw invalid(
      `Secret '${namespace}/${name}' is of type '${secret.type ?? 'Opaque'}', it must be '${SECRET_TYPE}': create it anew with --type=${SECRET_TYPE}`,
    );
  }
  const credentials = credentialsIn(secret.data ?? {}, `Secret '${namespace}/${name}'`);
  requireBoundEndpoints(cluster, decode(secret.data?.endpoints));
  const { fingerprints, insecureSkipVerify } = cluster.spec.tls ?? {};
  return {
    endpoints: cluster.spec.endpoints,
    credentials,
    caCertificates: await readAuthority(client, cluster, signal),
    fingerprints,
    insecureSkipVerify,
  };
}

function invalid(message: string): OperatorError {
  return new OperatorError('CredentialsInvalid', message);
}

/** A Secret that names its endpoints is sent to no other, whatever a PveCluster asks for. */
function requireBoundEndpoints(cluster: StoredCluster, bound: string | undefined): void {
  if (bound === undefined) return;
  const allowed = bound
    .split('\n')
    .map(withoutTrailingSlash)
    .filter((line) => line !== '');
  const stray = cluster.spec.endpoints.find((endpoint) => !allowed.includes(withoutTrailingSlash(endpoint)));
  if (stray === undefined) return;
  throw invalid(
    `Secret '${cluster.spec.credentialsSecretRef.name}' may not be sent to '${stray}', its key \`endpoints\` does not list it: add it there, one a line, or remove it from spec.endpoints`,
  );
}

function withoutTrailingSlash(endpoint: string): string {
  return endpoint.trim().replace(/\/$/, '');
}

async function readAuthority(
  client: ApiClient,
  cluster: StoredCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ref = cluster.spec.tls?.caRef;
  if (!ref) return undefined;
  const { namespace } = cluster.metadata;
  const pem =
    ref.kind === 'Secret'
      ? decode((await read<SecretObject>(client, SECRETS, namespace, ref.name, signal)).data?.[ref.key])
      : certificateOf(await read<ConfigMapObject>(client, CONFIG_MAPS, namespace, ref.name, signal), ref.key);
  if (pem) return pem;
  throw invalid(
    `${ref.kind} '${namespace}/${ref.name}' has no key '${ref.key}' with the CA's certificate in PEM form: put /etc/pve/pve-root-ca.pem of a node there`,
  );
}

function certificateOf(configMap: ConfigMapObject, key: string): string | undefined {
  return configMap.data?.[key] ?? decode(configMap.binaryData?.[key]);
}

async function read<T extends KubernetesObject>(
  client: ApiClient,
  kind: ResourceKind,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<T> {
  try {
    const object = await client.get<T>(kind, namespace, name, signal);
    if (object) return object;
  } catch (error) {
    if (!isOperatorError(error, 'ApiServerRefused')) throw error;
    throw new OperatorError(
      'CredentialsNotFound',
      `${kind.kind} '${namespace}/${name}' may not be read: allow the operator's ServiceAccount to get it (${error.message})`,
    );
  }
  throw new OperatorError(
    'CredentialsNotFound',
    `There is no ${kind.kind} '${name}' in namespace '${namespace}': create it, or correct the PveCluster's spec`,
  );
}
