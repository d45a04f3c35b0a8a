/** Whether one of the patterns, `*` and `?`, fits the whole text. */
export function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => {
    if (!/[*?]/.test(glob)) return glob === text;
    const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
  });
}
