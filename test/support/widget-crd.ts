import { type ApiClient, createApiClient } from '../../src/kubernetes/api-client.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kubernetes/pooled-kube-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { ControlPlane } from './control-plane.ts';
import { untilServed } from './until-served.ts';
import { WIDGET } from './widget.ts';

const [group = '', version = ''] = WIDGET.apiVersion.split('/');

/** Bounded numbers and a list that is replaced as a whole, as the project's own kinds have them. */
const SCHEMA = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer', maximum: 1_000 } } },
    status: {
      type: 'object',
      properties: {
        size: { type: 'integer', maximum: 1_000 },
        entries: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
      },
    },
  },
};

/** Makes the API server serve widgets; does nothing where it does already. */
export async function serveWidgets(controlPlane: ControlPlane): Promise<void> {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${WIDGET.plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: WIDGET.kind, plural: WIDGET.plural, singular: 'widget' },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: SCHEMA },
        },
      ],
    },
  };
  const { code, stderr } = await controlPlane.kubectl(['apply', '--filename', '-'], JSON.stringify(crd));
  if (code !== 0) throw new Error(`The CustomResourceDefinition of widgets was not applied: ${stderr}`);
  await untilServed(controlPlane, [crd.metadata.name]);
}

export interface Connection {
  readonly client: ApiClient;
  readonly kubeConfig: PooledKubeConfig;
}

export function connectAsAdmin(controlPlane: ControlPlane): Connection {
  const kubeConfig = loadKubeConfig({ kubeconfig: controlPlane.adminKubeconfig });
  const client = createApiClient({
    kubeConfig,
    userAgent: 'pve-cslb-operator-test',
    requestTimeoutMs: 10_000,
    clock: systemClock,
    logger: silentLogger,
  });
  return { client, kubeConfig };
}
