import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export interface KubeconfigSource {
  readonly serverUrl: string;
  /** Path of a PEM file, embedded so that the kubeconfig stands alone. */
  readonly certificateAuthority: string;
  readonly token: string;
}

export async function kubeconfigText(source: KubeconfigSource): Promise<string> {
  const certificateAuthority = await readFile(source.certificateAuthority, 'base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: source.serverUrl, 'certificate-authority-data': certificateAuthority },
      },
    ],
    users: [{ name: 'test', user: { token: source.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    'current-context': 'test',
  });
}
