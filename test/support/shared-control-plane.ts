import { type ControlPlane, startControlPlane } from './control-plane.ts';

let shared: Promise<ControlPlane> | undefined;
let namespaces = 0;

/**
 * The one control plane of this mocha run, started by whoever asks first. Tests that kill its API server must leave
 * it running and ready.
 */
export function sharedControlPlane(): Promise<ControlPlane> {
  shared ??= startControlPlane();
  return shared;
}

/** Creates a namespace that no other test of this run uses; returns its name, `<prefix>-<number>`. */
export async function createTestNamespace(prefix: string): Promise<string> {
  const controlPlane = await sharedControlPlane();
  namespaces += 1;
  const name = `${prefix}-${namespaces}`;
  const result = await controlPlane.kubectl(['create', 'namespace', name]);
  if (result.code !== 0) throw new Error(`Namespace ${name} could not be created: ${result.stderr}`);
  return name;
}

export async function stopSharedControlPlane(): Promise<void> {
  const started = shared;
  shared = undefined;
  // Where it never came up there is nothing to stop, and the tests that asked for it have said so.
  const controlPlane = await started?.catch(() => undefined);
  await controlPlane?.stop();
}
