/** The text under the heading of a version; undefined where there is none, or no text. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((each) => each.startsWith(`[${version}]`));
  const text = part?.split('\n').slice(1).join('\n').trim();
  return text === '' ? undefined : text;
}
