/** Whether `text` as a whole matches a glob of `*` (any characters, `/` included) and `?` (one character). */
function matchesGlob(glob: string, text: string): boolean {
  // Two pointers with one backtrack point: linear for any pattern, where a regular expression can be exponential.
  let at = 0;
  let pattern = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const character = glob[pattern];
    if (character === '*') {
      star = pattern++;
      resume = at;
    } else if (character === '?' || (character !== undefined && character === text[at])) {
      pattern += 1;
      at += 1;
    } else if (star >= 0) {
      pattern = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (glob[pattern] === '*') pattern += 1;
  return pattern === glob.length;
}

export function matchesAnyGlob(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matchesGlob(glob, text));
}
