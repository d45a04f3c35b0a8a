/**
 * What CHANGELOG.md says of a version, without its heading: the text of a release.
 *
 *   node scripts/changelog-section.ts VERSION
 */
import { readFileSync } from 'node:fs';
import { sectionOf } from './changelog/section.ts';

const [version] = process.argv.slice(2);
const text = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
const section = version === undefined ? undefined : sectionOf(text, version);
if (section === undefined) {
  console.error(
    `CHANGELOG.md has no section for version ${version ?? '(none given)'}: write "## [VERSION] - DATE" and what users get.`,
  );
  process.exitCode = 1;
} else {
  console.log(section);
}
