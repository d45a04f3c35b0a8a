import { isRecord, type StructuralSchema } from './structural-schema.ts';

/**
 * A copy of the value with the defaults of the schema filled in, as the API server does it: a default is filled in where
 * a field is absent, or null although it may not be, and defaults within defaults count.
 */
export function withDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => withDefaults(items, item)) : value;
  }
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const present = result[key] ?? structuredClone(property.default);
    if (present !== undefined) result[key] = withDefaults(property, present);
  }
  return result;
}
