/**
 * Writes the TypeScript types of our kinds (`src/api/generated/`) from the CRDs (`crds/`).
 * With `--check` it writes nothing and exits 1 when a file is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { generateTypes } from './generate-types/generated-files.ts';

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const { path, text } of await generateTypes(root)) {
  const url = new URL(path, root);
  if (check) {
    if (readIfPresent(url) !== text) stale.push(path);
    continue;
  }
  mkdirSync(new URL('./', url), { recursive: true });
  writeFileSync(url, text);
}
if (stale.length > 0) {
  console.error(`${stale.join(', ')} differ from crds/: run \`npm run generate\` and commit what it writes.`);
  process.exitCode = 1;
}

function readIfPresent(url: URL): string | undefined {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return undefined;
  }
}
