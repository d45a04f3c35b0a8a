import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { GeneratedFile } from '../generate/generated-file.ts';
import { code, table } from '../generate-docs/table.ts';
import { documentedValues } from './documented-values.ts';
import { type ValuesSchema, valueType } from './value-type.ts';

const TEMPLATE = 'README.template.md';

/**
 * The README of each chart that has a README.template.md. In it `{{ values }}` becomes the tables of all values, and
 * `{{ version }}`, `{{ kubeVersion }}` and the like what Chart.yaml says.
 */
export function chartReadmes(root: URL): readonly GeneratedFile[] {
  // Whence Chart.yaml has it, too.
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  return globSync(`helm/*/${TEMPLATE}`, { cwd: fileURLToPath(root) })
    .sort()
    .map((path) => {
      const folder = path.slice(0, -TEMPLATE.length);
      const read = (name: string) => readFileSync(new URL(folder + name, root), 'utf8');
      const facts: Readonly<Record<string, unknown>> = {
        ...parse(read('Chart.yaml')),
        version,
        values: valueTables(read('values.yaml'), JSON.parse(read('values.schema.json'))),
      };
      const text = read(TEMPLATE).replaceAll(/\{\{ (\w+) \}\}/g, (placeholder, name: string) => {
        if (name in facts) return String(facts[name]);
        throw new Error(`${path}: nothing is known for ${placeholder}.`);
      });
      const mark = `<!-- Generated from ${TEMPLATE}, values.yaml and Chart.yaml by \`npm run generate\`. Do not edit. -->`;
      return { path: `${folder}README.md`, text: `${mark}\n\n${text}` };
    });
}

function valueTables(values: string, schema: ValuesSchema): string {
  return documentedValues(values)
    .flatMap((section) => [
      `### ${section.title}`,
      table(
        ['Key', 'Type', 'Default', 'What it does'],
        section.values.map((value) => [
          code(value.key),
          valueType(schema, value.key),
          code(JSON.stringify(value.default)),
          value.description,
        ]),
      ),
    ])
    .join('\n\n');
}
