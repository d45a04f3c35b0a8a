import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';

/** What the values cannot know before the simulated cluster runs. */
export interface LabConnection {
  readonly endpoint: string;
  /** `user@realm!token` */
  readonly tokenId: string;
  readonly tokenSecret: string;
  /** PEM */
  readonly caCertificate: string;
}

/** Ports of this machine for the operator. */
export interface OperatorPorts {
  readonly health: number;
  readonly metrics: number;
}

/** Where the operator is installed. */
export const OPERATOR_NAMESPACE = 'pve-cslb-system';
/** Where clusters and policies are. */
export const NAMESPACE = 'proxmox';
/** The names of the releases; that of the operator is also its Deployment's. */
export const OPERATOR = 'pve-cslb-operator';
export const LAB = 'lab';

export type ChartName = 'pve-cslb-operator' | 'pve-cslb-policies';

export function valuesPath(chart: ChartName): string {
  const file = { 'pve-cslb-operator': 'operator.yaml', 'pve-cslb-policies': 'policies.yaml' }[chart];
  return fileURLToPath(new URL(`values/${file}`, import.meta.url));
}

/** The values of the operator's chart, with the ports that it has here. */
export function operatorValues({ health, metrics }: OperatorPorts): string {
  return filled('pve-cslb-operator', [
    { path: ['health', 'port'], value: health },
    { path: ['metrics', 'port'], value: metrics },
    { path: ['metrics', 'service', 'port'], value: metrics },
  ]);
}

/** The values of the policies' chart, with the connection where the file has an example. */
export function policiesValues(connection: LabConnection): string {
  const cluster = ['clusters', LAB];
  return filled('pve-cslb-policies', [
    { path: [...cluster, 'credentials', 'tokenId'], value: connection.tokenId },
    { path: [...cluster, 'credentials', 'tokenSecret'], value: connection.tokenSecret },
    { path: [...cluster, 'ca', 'certificate'], value: connection.caCertificate },
    { path: [...cluster, 'spec', 'endpoints', 0], value: connection.endpoint },
  ]);
}

interface FilledField {
  readonly path: readonly (string | number)[];
  readonly value: string | number;
}

function filled(chart: ChartName, fields: readonly FilledField[]): string {
  const document = parseDocument(readFileSync(valuesPath(chart), 'utf8'));
  for (const { path, value } of fields) {
    if (!document.hasIn(path))
      throw new Error(`The values of ${chart} have no ${path.join('.')} to fill in.`);
    document.setIn(path, value);
  }
  return document.toString();
}
