/** What must never be shown, and texts of others cleared of it: a server may repeat what it was sent. */
export interface Redaction {
  /** Hides a secret for as long as this lives. */
  hide(secret: string): void;
  /** Hides one of those that follow each other; after some more it is forgotten, having expired long since. */
  hideForNow(secret: string): void;
  /** One line without secrets and control characters, not without end. */
  clean(text: string): string;
  /** Whether a secret stands in it, other than one so short that it may be there by chance. */
  isIn(text: string): boolean;
}

/** A ticket and its CSRF token live two hours and are renewed after one. */
const PASSING = 8;
const SHORTEST_UNLIKELY = 16;
const LONGEST_READ = 64 * 1024;
const LONGEST_SHOWN = 1_000;

export function createRedaction(): Redaction {
  const lasting: string[] = [];
  const passing: (readonly string[])[] = [];
  return {
    hide(secret) {
      lasting.push(...spellings(secret));
    },
    hideForNow(secret) {
      passing.push(spellings(secret));
      if (passing.length > PASSING) passing.shift();
    },
    clean(text) {
      let cleaned = text.slice(0, LONGEST_READ);
      // The longest first, so that none leaves a part of another.
      const secrets = [...lasting, ...passing.flat()].sort((left, right) => right.length - left.length);
      for (const secret of secrets) cleaned = cleaned.replaceAll(secret, '[secret]');
      return cleaned
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, LONGEST_SHOWN);
    },
    isIn(text) {
      return [...lasting, ...passing.flat()].some(
        (secret) => secret.length >= SHORTEST_UNLIKELY && text.includes(secret),
      );
    },
  };
}

/** As it is, as it stands in a cookie, in a form, and in JSON. */
function spellings(secret: string): readonly string[] {
  if (secret === '') return [];
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const all = [secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)];
  return [...new Set(all)];
}
