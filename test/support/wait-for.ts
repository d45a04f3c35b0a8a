import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** Where a good machine needs ten seconds (a probe, an interval), a busy one may need ten times as long. */
export const GIVE_UP_MS = 120_000;

/**
 * Reads again and again until what was read `holds`, and gives it. A read that throws counts as one that does not hold.
 *
 * @throws Error when two minutes have passed; it shows what was read last
 */
export async function waitFor<T>(
  what: string,
  read: () => T | Promise<T>,
  holds: (state: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    const { state, error } = await attempt(read);
    if (state !== undefined && holds(state)) return state;
    if (Date.now() > deadline) {
      const last = error ?? JSON.stringify(state, undefined, 1);
      throw new Error(`Not within ${GIVE_UP_MS / 1000} s: ${what}. Last seen: ${last}`);
    }
    await sleep(POLL_MS);
  }
}

async function attempt<T>(read: () => T | Promise<T>): Promise<{ state?: T; error?: string }> {
  try {
    return { state: await read() };
  } catch (error) {
    return { error: String(error) };
  }
}
