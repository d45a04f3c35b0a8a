import { fileURLToPath } from 'node:url';
import { ensureGoTools } from './go-tools.mjs';

const HELM = 'helm.sh/helm/v4';
const KUBECONFORM = 'github.com/yannh/kubeconform';

/**
 * What renders, checks and installs the charts. A Go module of its own: helm asks for other versions of Kubernetes'
 * modules than the control plane.
 *
 * @type {import('./go-tools.mjs').GoToolSet}
 */
export const CHART_TOOLS = {
  title: 'the chart tools',
  purpose: 'the tests and the demo',
  directory: fileURLToPath(new URL('../test/chart-tools', import.meta.url)),
  variable: 'CHART_TOOLS',
  cache: 'chart-tools',
  duration: '3 to 4 minutes on 2 cores',
  versions: [HELM, KUBECONFORM],
  tools: [
    {
      name: 'kubeconform',
      package: `${KUBECONFORM}/cmd/kubeconform`,
      module: KUBECONFORM,
      linkerFlags: (version) => `-s -w -X main.version=${version}`,
    },
    {
      name: 'helm',
      package: `${HELM}/cmd/helm`,
      module: HELM,
      linkerFlags: (version) =>
        `-s -w -X ${HELM}/internal/version.version=${version} -X ${HELM}/internal/version.gitTreeState=clean`,
    },
  ],
};

/**
 * The folder that holds helm and kubeconform, as `ensureGoTools` finds or makes it.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function ensureChartTools(environment) {
  return ensureGoTools(CHART_TOOLS, environment);
}
