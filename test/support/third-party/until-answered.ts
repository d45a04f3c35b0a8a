import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 1_000;
const PAUSE_MS = 100;

/** The body of a GET, asked again until somebody listens. Throws for any status but 200. */
export async function untilAnswered(url: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url);
      const text = await response.text();
      if (response.status !== 200) throw new AnsweredBadly(`GET ${url}: ${response.status}\n${text}`);
      return text;
    } catch (error) {
      if (error instanceof AnsweredBadly || attempt === TRIES) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

class AnsweredBadly extends Error {}
