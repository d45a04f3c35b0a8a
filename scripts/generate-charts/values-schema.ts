import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';

/** JSON Schema, draft 7, as helm and editors read it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const KEPT = [
  'type',
  'description',
  'default',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'required',
] as const;

/**
 * What a CRD's schema says without its rules in CEL, which the API server judges: unlike there, an unknown key is refused, not
 * dropped.
 */
export function valuesSchema(schema: StructuralSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...Object.fromEntries(
      KEPT.filter((keyword) => schema[keyword] !== undefined).map((key) => [key, schema[key]]),
    ),
    ...(schema.type === 'object'
      ? { additionalProperties: additionalProperties ? valuesSchema(additionalProperties) : false }
      : {}),
    ...(properties ? { properties: mapValues(properties, valuesSchema) } : {}),
    ...(items ? { items: valuesSchema(items) } : {}),
  };
}

/** @throws Error where there is no such field */
export function withoutField(schema: StructuralSchema, field: string): StructuralSchema {
  const { [field]: removed, ...properties } = schema.properties ?? {};
  if (!removed) throw new Error(`The schema has no field ${field}.`);
  return { ...schema, properties, required: (schema.required ?? []).filter((key) => key !== field) };
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
