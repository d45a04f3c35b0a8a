import type { StructuralSchema } from './structural-schema.ts';

/** What a schema allows, to be read after the field's name: `must be an integer from 1 to 1000`. */
export function allowedBy(schema: StructuralSchema): string {
  switch (schema.type) {
    case 'boolean':
      return 'must be true or false';
    case 'integer':
      return `must be an integer${numberBounds(schema)}`;
    case 'string':
      return allowedString(schema);
    case 'array':
      return `must be a list${itemBounds(schema)}`;
    case 'object':
      return allowedObject(schema);
  }
}

function allowedString(schema: StructuralSchema): string {
  const rule = schema['x-kubernetes-validations']?.[0];
  if (rule) return rule.message;
  if (schema.enum) return `must be ${listOf(schema.enum.map((word) => `'${word}'`))}`;
  if (schema.format === 'date-time') return "must be a time such as '2026-01-31T12:00:00Z'";
  const { minLength = 0, maxLength } = schema;
  const least = minLength > 0 ? `at least ${minLength}` : '';
  const most = maxLength === undefined ? '' : `at most ${maxLength}`;
  const bounds = [least, most].filter(Boolean).join(' and ');
  return bounds ? `must be a string of ${bounds} characters` : 'must be a string';
}

function allowedObject(schema: StructuralSchema): string {
  const { properties, additionalProperties } = schema;
  if (properties) return `must be an object (fields: ${Object.keys(properties).join(', ')})`;
  return additionalProperties?.type === 'string' ? 'must be an object of strings' : 'must be an object';
}

function numberBounds({ minimum, maximum }: StructuralSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

function itemBounds({ minItems, maxItems }: StructuralSchema): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} items`;
  return maxItems === undefined ? '' : ` of at most ${maxItems} items`;
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
