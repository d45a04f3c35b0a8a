import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';

/** JSON Schema as json-schema-to-typescript reads it: `title` names a type, `tsType` stands for one. */
export interface TypeSchema {
  readonly title?: string;
  readonly tsType?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, TypeSchema>>;
  readonly items?: TypeSchema;
}

/**
 * What is left for the type: names, descriptions and shapes. A field with a default is required, since
 * the API server has filled it in before anyone reads it, and so is one that a rule requires. The status is not: what is
 * read from a file or made to be applied has none.
 * @param names type names by path (`status.nodes[]`); the path of the schema itself is ''.
 */
export function typeSchema(
  schema: StructuralSchema,
  names: Readonly<Record<string, string>>,
  path = '',
): TypeSchema {
  const { type, description, items } = schema;
  const name = names[path];
  const properties = Object.entries(schema.properties ?? {});
  return {
    ...(name && { title: name }),
    type,
    ...(description && { description }),
    ...(schema.enum && { enum: schema.enum }),
    ...(items && { items: typeSchema(items, names, `${path}[]`) }),
    ...(properties.length > 0 && {
      properties: Object.fromEntries(
        properties.map(([key, value]) => [key, typeSchema(value, names, path ? `${path}.${key}` : key)]),
      ),
      required: properties.map(([key]) => key).filter((key) => isAlwaysPresent(schema, key)),
    }),
  };
}

function isAlwaysPresent(schema: StructuralSchema, key: string): boolean {
  if (schema.required?.includes(key)) return true;
  if (key !== 'status' && schema.properties?.[key]?.default !== undefined) return true;
  return (schema['x-kubernetes-validations'] ?? []).some(({ rule }) => requiredByRule(rule).includes(key));
}

/** `[cpu, memory]` of `has(self.cpu) && has(self.memory)`: such a rule says it better than `required` can. */
function requiredByRule(rule: string): readonly string[] {
  const keys = rule.split('&&').map((term) => /^\s*has\(self\.(\w+)\)\s*$/.exec(term)?.[1]);
  return keys.every((key) => key !== undefined) ? keys : [];
}
