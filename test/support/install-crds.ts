import type { ControlPlane } from './control-plane.ts';
import { CRD_FILES } from './crd-files.ts';
import { untilServed } from './until-served.ts';

const installed = new WeakMap<ControlPlane, Promise<void>>();

/** Makes the API server serve the project's kinds; once for each control plane, however often it is asked. */
export function installCrds(controlPlane: ControlPlane): Promise<void> {
  const begun = installed.get(controlPlane) ?? install(controlPlane);
  installed.set(controlPlane, begun);
  return begun;
}

async function install(controlPlane: ControlPlane): Promise<void> {
  const command = ['apply', '--server-side', ...CRD_FILES.flatMap(({ path }) => ['--filename', path])];
  const { code, stderr } = await controlPlane.kubectl(command);
  if (code !== 0) throw new Error(`kubectl ${command.join(' ')} failed: ${stderr}`);
  const kinds = CRD_FILES.map(({ name }) => name);
  await untilServed(controlPlane, kinds);
}
