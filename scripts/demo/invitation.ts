import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NAMESPACE } from './values.ts';

/** Lines to paste into a shell; they bring the kubectl that was built for the demo where the person has none. */
export function invitation(kubeconfig: string, command: string, environment: NodeJS.ProcessEnv): string {
  const built = environment.KUBEBUILDER_ASSETS ?? '';
  const folders = (environment.PATH ?? '').split(delimiter);
  const hasKubectl = folders.some((folder) => existsSync(join(folder, 'kubectl')));
  return [
    ...(hasKubectl || built === '' ? [] : [`export PATH=${built}:$PATH`]),
    `export KUBECONFIG=${kubeconfig}`,
    `kubectl --namespace ${NAMESPACE} ${command}`,
  ]
    .map((line) => `  ${line}\n`)
    .join('');
}
