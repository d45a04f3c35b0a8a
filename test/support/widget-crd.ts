import { type ApiClient, createApiClient } from '../../src/kubernetes/api-client.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kubernetes/pooled-kube-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { ControlPlane } from './control-plane.ts';
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
  const commands = [
    { args: ['apply', '--filename', '-'], input: JSON.stringify(crd) },
    { args: ['wait', '--for=condition=Established', `crd/${crd.metadata.name}`, '--timeout=60s'] },
  ];
  for (const { args, input } of commands) {
    const result = await controlPlane.kubectl(args, input);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${result.stderr}`);
  }
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
