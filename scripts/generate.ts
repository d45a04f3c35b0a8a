/**
 * Writes what is made from `crds/` and `src/api/`: the TypeScript types of our kinds, `docs/api.md` and the chart's CRDs,
 * and the READMEs of the charts from their values.yaml.
 * The versions come from `package.json`.
 * With `--check` it writes nothing and exits 1 when a file is not what it would write.
 */
import { staleFiles, writeFiles } from './generate/generated-file.ts';
import { chartCrds } from './generate-charts/chart-crds.ts';
import { chartReadmes } from './generate-charts/chart-readme.ts';
import { generatePoliciesSchema } from './generate-charts/policies-schema.ts';
import { generateDocs } from './generate-docs/api-page.ts';
import { generateTypes } from './generate-types/generated-files.ts';
import { stampedFiles } from './generate-versions/stamped-files.ts';

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');
const versions = stampedFiles(root);
// Some of the others read their version from one of these.
if (!check) writeFiles(root, versions);
const files = [
  ...versions,
  ...(await generateTypes(root)),
  generateDocs(root),
  ...chartCrds(root),
  generatePoliciesSchema(root),
  ...chartReadmes(root),
];

if (check) {
  const stale = staleFiles(root, files);
  if (stale.length > 0) {
    console.error(
      `${stale.join(', ')}: not what their sources say; run \`npm run generate\` and commit what it writes.`,
    );
    process.exitCode = 1;
  }
} else {
  writeFiles(root, files);
}
