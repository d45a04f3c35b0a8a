import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { generateDocs } from '../../../scripts/generate-docs/api-page.ts';
import { fieldsOf } from '../../../scripts/generate-docs/field.ts';
import { kindSection } from '../../../scripts/generate-docs/kind-section.ts';
import { SECRET_KEYS } from '../../../scripts/generate-docs/other-names.ts';
import { code, table } from '../../../scripts/generate-docs/table.ts';
import { BLOCK_REASONS } from '../../../src/api/block-reasons.ts';
import { CONDITION, CONDITION_MEANINGS } from '../../../src/api/conditions.ts';
import { REASONS } from '../../../src/api/reasons.ts';
import type { StructuralSchema } from '../../../src/api/validation/structural-schema.ts';
import { credentialsIn } from '../../../src/controllers/pve-cluster/secret-data.ts';
import { CRD_FILES } from '../../support/crd-files.ts';

const ROOT = new URL('../../../', import.meta.url);

/** Leaf by leaf, by another way than the generator's. */
function pathsOf(schema: StructuralSchema, path: string): readonly string[] {
  const inside: readonly [string, StructuralSchema][] = [
    ...(schema.items ? [[`${path}[]`, schema.items] as [string, StructuralSchema]] : []),
    ...Object.entries(schema.properties ?? {}).map(([key, property]): [string, StructuralSchema] => [
      path ? `${path}.${key}` : key,
      property,
    ]),
  ];
  return inside.flatMap(([each, property]) => [each, ...pathsOf(property, each)]);
}

function section(text: string, heading: string): string {
  const [, after = ''] = text.split(`\n## ${heading}\n`);
  return after.split('\n## ')[0] ?? '';
}

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('docs/api.md', () => {
  const { path, text } = generateDocs(ROOT);

  it('is what the CRDs and the reasons say', () => {
    const committed = readFileSync(new URL(path, ROOT), 'utf8');
    expect(committed === text, `${path} is out of date: run \`npm run generate\``).to.equal(true);
  });

  for (const { kind, schema } of CRD_FILES) {
    it(`has every field of ${kind} once, with what it is`, () => {
      const rows = rowsOf(section(text, kind)).filter((row) => row.length !== 3);
      const expected = pathsOf(schema, '').filter((each) => each !== 'metadata');
      expect(rows.map(([name]) => name)).to.deep.equal(expected.map(code));
      for (const row of rows) expect(row.at(-1), row[0]).to.match(/^[A-Z].*\.$/);
    });
  }

  it('has every reason, and every reason why guests stay', () => {
    for (const [heading, words] of [
      ['Reasons of conditions', REASONS],
      ['Reasons why guests stay', BLOCK_REASONS],
    ] as const) {
      const rows = rowsOf(section(text, heading));
      expect(rows.map(([name]) => name)).to.deep.equal(Object.keys(words).map(code));
    }
  });

  it('has every condition, and what each of its statuses means', () => {
    const types = Object.values(CONDITION_MEANINGS).flatMap((meanings) => Object.keys(meanings));
    expect([...new Set(types)].sort()).to.deep.equal(Object.keys(CONDITION).sort());
    for (const [kind, meanings] of Object.entries(CONDITION_MEANINGS)) {
      for (const [type, statuses] of Object.entries(meanings)) {
        // These two are there only while they are True.
        const momentary = type === 'Reconciling' || type === 'Stalled';
        expect(Object.keys(statuses)).to.deep.equal(momentary ? ['True'] : ['True', 'False', 'Unknown']);
        for (const [status, meaning] of Object.entries(statuses)) {
          expect(section(text, kind)).to.include(`| \`${type}\` | ${status} | ${meaning} |`);
        }
      }
    }
  });

  it('names the keys that a Secret is read by', () => {
    const data = (keys: readonly string[]) =>
      Object.fromEntries(keys.map((key) => [key, Buffer.from('value').toString('base64')]));
    const [tokenId = '', tokenSecret = '', username = '', password = ''] = Object.keys(SECRET_KEYS);
    expect(credentialsIn(data([tokenId, tokenSecret]), 'it').kind).to.equal('Token');
    expect(credentialsIn(data([username, password]), 'it').kind).to.equal('Password');
  });
});

describe('the documentation of a field', () => {
  const schema: StructuralSchema = {
    type: 'object',
    required: ['name', 'mode'],
    description: 'All of it.',
    properties: {
      name: { type: 'string', maxLength: 8, description: 'Its name.' },
      mode: { type: 'string', enum: ['On', 'Off'], default: 'On', description: 'How.' },
      limits: {
        type: 'array',
        maxItems: 3,
        items: { type: 'integer', minimum: 1, maximum: 9 },
        default: [1, 2],
      },
      share: {
        type: 'object',
        default: { cpu: 4 },
        'x-kubernetes-validations': [
          { rule: 'has(self.cpu)', message: 'must have `cpu`' },
          { rule: 'self.cpu > 0', message: 'must be above 0' },
        ],
      },
    },
  };
  const fields = fieldsOf(schema, 'spec');

  it('is found by path, entries of lists included', () => {
    expect(fields.map(({ path }) => path)).to.deep.equal([
      'spec',
      'spec.name',
      'spec.mode',
      'spec.limits',
      'spec.limits[]',
      'spec.share',
    ]);
  });

  it('says what a manifest has to have: with a default it needs nothing', () => {
    expect(fields.filter(({ required }) => required).map(({ path }) => path)).to.deep.equal(['spec.name']);
    expect(fields.flatMap((field) => field.default ?? [])).to.deep.equal(['On', '[ 1, 2 ]', '{ cpu: 4 }']);
  });

  it('says what is allowed by bounds, words and the messages of rules', () => {
    expect(fields.map(({ allowed }) => allowed)).to.deep.equal([
      [],
      ['at most 8 characters'],
      ["'On' or 'Off'"],
      ['at most 3 items'],
      ['from 1 to 9'],
      ['must have `cpu`', 'above 0'],
    ]);
    expect(fields.map(({ type }) => type)).to.deep.equal([
      'object',
      'string',
      'string',
      'list of integers',
      'integer',
      'object',
    ]);
  });

  it('stays in its cell', () => {
    expect(table(['A', 'B'], [['one | two', 'three\nfour']])).to.equal(
      '| A | B |\n| --- | --- |\n| one \\| two | three four |',
    );
  });

  it('is not made up for a CRD without spec or status', () => {
    const definition = { kind: 'Widget', plural: 'widgets', shortNames: [], columns: [], schema };
    expect(() => kindSection(definition, {})).to.throw('Widget');
  });
});
