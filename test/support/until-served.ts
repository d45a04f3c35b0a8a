import type { ControlPlane } from './control-plane.ts';
import { waitFor } from './wait-for.ts';

/**
 * Waits until kubectl finds these kinds, each by its plural and group. An API server does not serve a kind yet at the moment when
 * it says that its CustomResourceDefinition is established.
 */
export async function untilServed(controlPlane: ControlPlane, kinds: readonly string[]): Promise<void> {
  await waitFor(
    `${kinds.join(' and ')} are served`,
    () => controlPlane.kubectl(['get', kinds.join(',')]),
    ({ code }) => code === 0,
  );
}
