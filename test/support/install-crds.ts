import type { ControlPlane } from './control-plane.ts';
import { CRD_FILES } from './crd-files.ts';

const installed = new WeakMap<ControlPlane, Promise<void>>();

/** Makes the API server serve the project's kinds; once for each control plane, however often it is asked. */
export function installCrds(controlPlane: ControlPlane): Promise<void> {
  const begun = installed.get(controlPlane) ?? install(controlPlane);
  installed.set(controlPlane, begun);
  return begun;
}

async function install(controlPlane: ControlPlane): Promise<void> {
  const names = CRD_FILES.map(({ name }) => `crd/${name}`);
  const commands = [
    ['apply', '--server-side', ...CRD_FILES.flatMap(({ path }) => ['--filename', path])],
    ['wait', '--for=condition=Established', '--timeout=60s', ...names],
    // kubectl finds new kinds only once discovery shows them.
    ['wait', '--for=condition=NamesAccepted', '--timeout=60s', ...names],
  ];
  for (const command of commands) {
    const { code, stderr } = await controlPlane.kubectl(command);
    if (code !== 0) throw new Error(`kubectl ${command.join(' ')} failed: ${stderr}`);
  }
}
