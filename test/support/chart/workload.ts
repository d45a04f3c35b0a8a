import { objectOf, type Rendering, renderChart } from './render-chart.ts';

/** Values of the operator chart with which it renders everything that it can. */
export const EVERYTHING_ON = {
  metrics: {
    serviceMonitor: { enabled: true, renderMode: 'alwaysRender' },
    prometheusRule: { enabled: true, renderMode: 'alwaysRender' },
    grafanaDashboard: { enabled: true },
  },
  podDisruptionBudget: { enabled: true },
  networkPolicy: { enabled: true },
};

/** What tests look at in a Deployment. */
export interface DeploymentSpec {
  readonly replicas: number;
  readonly strategy: { readonly type: string };
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    };
    readonly spec: PodSpec;
  };
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly containers: readonly Container[];
  readonly securityContext?: object;
  readonly [field: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: object;
  readonly [field: string]: unknown;
}

/** The Deployment of the operator chart, and in it the container of the operator. */
export async function renderOperator(rendering: Omit<Rendering, 'chart'> = {}) {
  const objects = await renderChart({ chart: 'pve-cslb-operator', ...rendering });
  const deployment = objectOf(objects, 'Deployment');
  const spec = deployment.spec as DeploymentSpec;
  const container = spec.template.spec.containers.find(({ name }) => name === 'operator');
  if (container === undefined) throw new Error('The Deployment has no container named operator.');
  return { objects, deployment, spec, pod: spec.template.spec, container };
}
