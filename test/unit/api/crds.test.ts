import { expect } from 'chai';
import type { StructuralSchema } from '../../../src/api/validation/structural-schema.ts';
import { CRD_FILES } from '../../support/crd-files.ts';

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function fieldsOf(schema: StructuralSchema, path: string): readonly Field[] {
  // The API server knows metadata by itself.
  const properties = Object.entries(schema.properties ?? {}).filter(([key]) => key !== 'metadata');
  return [
    { path, schema },
    ...(schema.items ? fieldsOf(schema.items, `${path}[]`) : []),
    ...properties.flatMap(([key, property]) => fieldsOf(property, `${path}.${key}`)),
  ];
}

const FIELDS = CRD_FILES.flatMap(({ name, schema }) => fieldsOf(schema, name));

function offenders(isFine: (field: Field) => boolean): readonly string[] {
  return FIELDS.filter((field) => !isFine(field)).map(({ path }) => path);
}

describe('the CRDs', () => {
  it('describe every field in sentences', () => {
    const isDescribed = ({ schema }: Field) => /^[A-Z].*\.$/s.test(schema.description ?? '');
    expect(offenders(isDescribed)).to.deep.equal([]);
  });

  it('bound every string, list and number', () => {
    const isBound = ({ schema }: Field) => {
      if (schema.type === 'string') return schema.maxLength !== undefined;
      if (schema.type === 'integer') return schema.minimum !== undefined && schema.maximum !== undefined;
      return schema.type !== 'array' || schema.maxItems !== undefined;
    };
    expect(offenders(isBound)).to.deep.equal([]);
  });

  it('key only the list of conditions: every other list has one writer', () => {
    const lists = FIELDS.filter(({ schema }) => schema.type === 'array');
    for (const { path, schema } of lists) {
      const type = path.endsWith('.status.conditions') ? 'map' : 'atomic';
      expect(schema['x-kubernetes-list-type'], path).to.equal(type);
    }
  });

  it('say with every rule what is allowed, by an example or plainly', () => {
    const rules = FIELDS.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []);
    expect(rules).to.not.be.empty;
    for (const { rule, message } of rules)
      expect(message, rule).to.match(/^must .*such as|^cannot be changed/);
  });

  it('give every default to a field that may be left out', () => {
    for (const { path, schema } of FIELDS) {
      for (const key of schema.required ?? []) {
        expect(schema.properties?.[key]?.default, `${path}.${key}`).to.equal(undefined);
      }
    }
  });
});
