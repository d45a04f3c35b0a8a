import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GeneratedFile } from '../generate/generated-file.ts';

const FOLDER = 'helm/pve-cslb-operator/files/crds';

/**
 * Copies of the CRDs for the chart: a chart is installed from its own folder, and links out of it are not followed when it
 * is packaged.
 */
export function chartCrds(root: URL): readonly GeneratedFile[] {
  return globSync('crds/*.yaml', { cwd: fileURLToPath(root) })
    .sort()
    .map((path) => ({
      path: `${FOLDER}/${basename(path)}`,
      text: `# A copy of ${path}, made by \`npm run generate\`. Do not edit.\n${readFileSync(new URL(path, root), 'utf8')}`,
    }));
}
