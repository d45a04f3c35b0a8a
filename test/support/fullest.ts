import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';

const LONGEST_TIME = '2026-12-31T23:59:59.999999999+00:00';
// As we write times: to the second.
const TIME = '2026-12-31T23:59:59Z';

/**
 * The largest value that a schema takes: every field there, every list at its maximum, every string as long as may be,
 * every number as large. A string that a rule binds to a form has its default, is an https URL or a fingerprint where
 * the rule wants one, or else the example of the rule's message.
 */
export function fullest(schema: StructuralSchema, index = 0): unknown {
  switch (schema.type) {
    case 'boolean':
      return false;
    case 'integer':
      return schema.maximum;
    case 'string':
      return longest(schema);
    case 'array':
      return fullList(schema);
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, property]) => [key, fullest(property, index)]),
      );
  }
}

function longest(schema: StructuralSchema): string {
  if (schema.enum) return schema.enum.reduce((best, word) => (word.length > best.length ? word : best));
  if (schema.format === 'date-time')
    return (schema.maxLength ?? 0) < LONGEST_TIME.length ? TIME : LONGEST_TIME;
  if (typeof schema.default === 'string') return schema.default;
  const wants = (part: string) =>
    schema['x-kubernetes-validations']?.some(({ rule }) => rule.includes(part)) ?? false;
  if (wants('([0-9A-F]{2}:){31}')) return Array.from({ length: 32 }, () => 'AB').join(':');
  if (wants('^https://')) return 'https://'.padEnd(schema.maxLength ?? 0, 'x');
  return exampleOf(schema) ?? ''.padEnd(schema.maxLength ?? 0, 'x');
}

/** The messages of our rules give one. */
function exampleOf(schema: StructuralSchema): string | undefined {
  const [rule] = schema['x-kubernetes-validations'] ?? [];
  return rule && /such as '([^']+)'/.exec(rule.message)?.[1];
}

function fullList(schema: StructuralSchema): readonly unknown[] {
  const { items, maxItems = 0 } = schema;
  if (!items) return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return Array.from({ length: maxItems }, (_, index) => {
    const item = fullest(items);
    if (keys.length === 0 || typeof item !== 'object' || item === null) return item;
    // The keys of a keyed list have to differ.
    const unique = keys.map((key) => [
      key,
      `${index}`.padStart(items.properties?.[key]?.maxLength ?? 1, 'x'),
    ]);
    return { ...item, ...Object.fromEntries(unique) };
  });
}

const COMPANIONS_SUM = /has\(each\.companions\) \? size\(each\.companions\) : 0\)\.sum\(\) <= (\d+)/;

/**
 * The fullest value, with no more `companions` in the entries of a list than its rule lets them have together, spread as they
 * take most room: over as many entries as there are.
 */
export function withinSums(schema: StructuralSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    const [rule] = schema['x-kubernetes-validations'] ?? [];
    const most = Number(COMPANIONS_SUM.exec(rule?.rule ?? '')?.[1] ?? Number.NaN);
    if (items === undefined || Number.isNaN(most)) return value;
    return value.map((entry, index) => withCompanions(entry, Math.ceil((most - index) / value.length)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const property = schema.properties?.[key];
      return [key, property === undefined ? part : withinSums(property, part)];
    }),
  );
}

function withCompanions(entry: object, count: number): object {
  if (!('companions' in entry) || !Array.isArray(entry.companions)) return entry;
  const { companions, ...rest } = entry;
  return count > 0 ? { ...rest, companions: companions.slice(0, count) } : rest;
}
