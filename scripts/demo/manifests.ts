import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';

/** What the manifests cannot know before the simulated cluster runs. */
export interface LabConnection {
  readonly endpoint: string;
  /** `user@realm!token` */
  readonly tokenId: string;
  readonly tokenSecret: string;
  /** PEM */
  readonly caCertificate: string;
}

/** Names that the manifests give. */
export const NAMESPACE = 'proxmox';
export const SERVICE_ACCOUNT = 'pve-cslb-operator';
export const LAB = 'lab';

export type ManifestName = 'namespace' | 'rbac' | 'credentials' | 'pve-cluster' | 'balance-policy';

export function manifestPath(name: ManifestName): string {
  return fileURLToPath(new URL(`manifests/${name}.yaml`, import.meta.url));
}

/** The manifest with the connection filled in where the file has an example; YAML. */
export function filledManifest(name: ManifestName, connection: LabConnection): string {
  const documents = parseAllDocuments(readFileSync(manifestPath(name), 'utf8'));
  return documents
    .map((document) => {
      for (const { path, value } of fieldsOf(String(document.get('kind')), connection)) {
        if (!document.hasIn(path)) throw new Error(`${name}.yaml has no ${path.join('.')} to fill in.`);
        document.setIn(path, value);
      }
      return stringify(document.toJS());
    })
    .join('---\n');
}

interface FilledField {
  readonly path: readonly (string | number)[];
  readonly value: string;
}

function fieldsOf(kind: string, connection: LabConnection): readonly FilledField[] {
  switch (kind) {
    case 'Secret':
      return [
        { path: ['stringData', 'tokenId'], value: connection.tokenId },
        { path: ['stringData', 'tokenSecret'], value: connection.tokenSecret },
      ];
    case 'ConfigMap':
      return [{ path: ['data', 'ca.crt'], value: connection.caCertificate }];
    case 'PveCluster':
      return [{ path: ['spec', 'endpoints', 0], value: connection.endpoint }];
    default:
      return [];
  }
}
