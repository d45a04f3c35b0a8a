import { fileURLToPath } from 'node:url';
import { ensureGoTools } from './go-tools.mjs';

const KUBERNETES = 'k8s.io/kubernetes';
const ETCD = 'go.etcd.io/etcd/server/v3';

/**
 * A real control plane, for the end-to-end tests and the demo.
 *
 * @type {import('./go-tools.mjs').GoToolSet}
 */
export const CONTROL_PLANE = {
  title: 'the control plane',
  purpose: 'the tests and the demo',
  directory: fileURLToPath(new URL('../test/control-plane', import.meta.url)),
  variable: 'KUBEBUILDER_ASSETS',
  cache: 'control-plane',
  duration: '5 to 8 minutes on 2 cores',
  versions: [KUBERNETES, ETCD],
  tools: [
    { name: 'etcd', package: ETCD, module: KUBERNETES, linkerFlags },
    { name: 'kubectl', package: `${KUBERNETES}/cmd/kubectl`, module: KUBERNETES, linkerFlags },
    { name: 'kube-apiserver', package: `${KUBERNETES}/cmd/kube-apiserver`, module: KUBERNETES, linkerFlags },
  ],
};

/**
 * The folder that holds etcd, kube-apiserver and kubectl, as `ensureGoTools` finds or makes it.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function ensureControlPlane(environment) {
  return ensureGoTools(CONTROL_PLANE, environment);
}

/**
 * Flags for the linker: no symbol tables (they double the size), and the version, which a build from the module
 * cache cannot take from git.
 *
 * @param {string} kubernetesVersion
 */
export function linkerFlags(kubernetesVersion) {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const settings = packages.flatMap((name) =>
    Object.entries(values).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
  return ['-s', '-w', ...settings].join(' ');
}
