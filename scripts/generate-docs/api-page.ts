import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BLOCK_REASONS } from '../../src/api/block-reasons.ts';
import { CONDITION_MEANINGS } from '../../src/api/conditions.ts';
import { REASONS } from '../../src/api/reasons.ts';
import { API_VERSION, BALANCE_POLICY, GROUP, PVE_CLUSTER } from '../../src/api/resource.ts';
import type { GeneratedFile } from '../generate/generated-file.ts';
import { type KindDefinition, kindSection } from './kind-section.ts';
import { ANNOTATIONS, SECRET_KEYS, SECRET_RULES, TAGS } from './other-names.ts';
import { code, table } from './table.ts';

const PATH = 'docs/api.md';

const INTRODUCTION = `<!-- Generated from crds/ and src/api/ by \`npm run generate\`. Do not edit. -->

# The API: \`${API_VERSION}\`

Every field of the two kinds, and every word that their status uses. [policy.md](policy.md) explains what a policy does,
[connection.md](connection.md) how a cluster is connected.

A field \`list[]\` is an entry of \`list\`. A duration is written as numbers with units, \`ms\`, \`s\`, \`m\` or \`h\`. Times are
RFC 3339, in UTC. What is not allowed the API server refuses, with the sentence that is given here.`;

export function generateDocs(root: URL): GeneratedFile {
  const text = [
    INTRODUCTION,
    ...[PVE_CLUSTER, BALANCE_POLICY].map(({ kind, plural }) =>
      kindSection(readDefinition(root, plural), CONDITION_MEANINGS[kind]),
    ),
    '## Reasons of conditions',
    table(['Reason', 'What it means'], wordRows(REASONS)),
    '## Reasons why guests stay',
    'As `status.plan.blocked` of a BalancePolicy counts them.',
    table(['Reason', 'What it means'], wordRows(BLOCK_REASONS)),
    '## Annotations of a BalancePolicy',
    table(['Annotation', 'What it does'], wordRows(ANNOTATIONS)),
    '## Tags of guests',
    table(['Tag in Proxmox VE', 'What it does'], wordRows(TAGS)),
    '## The Secret with the credentials',
    SECRET_RULES,
    table(['Key', 'What it holds'], wordRows(SECRET_KEYS)),
  ].join('\n\n');
  return { path: PATH, text: `${text}\n` };
}

function readDefinition(root: URL, plural: string): KindDefinition {
  const crd = parse(readFileSync(new URL(`crds/${GROUP}_${plural}.yaml`, root), 'utf8'));
  const { names, versions } = crd.spec;
  return {
    kind: names.kind,
    plural: names.plural,
    shortNames: names.shortNames,
    columns: versions[0].additionalPrinterColumns,
    schema: versions[0].schema.openAPIV3Schema,
  };
}

function wordRows(words: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(words).map(([word, meaning]) => [code(word), meaning]);
}
