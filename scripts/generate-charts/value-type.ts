interface ValueSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly anyOf?: readonly ValueSchema[];
}

/** A chart's values.schema.json. */
export interface ValuesSchema extends ValueSchema {
  readonly $defs?: Readonly<Record<string, ValueSchema>>;
}

/**
 * The type of a key, in words.
 *
 * @param key as helm's `--set` names it
 * @throws Error where the schema does not have it
 */
export function valueType(schema: ValuesSchema, key: string): string {
  const found = key
    .split('.')
    .reduce<ValueSchema | undefined>((parent, name) => resolve(schema, parent)?.properties?.[name], schema);
  const type = typeInWords(schema, found);
  if (type !== '') return type;
  throw new Error(`values.schema.json has no type for ${key}.`);
}

function resolve(schema: ValuesSchema, node: ValueSchema | undefined): ValueSchema | undefined {
  const name = node?.$ref?.replace('#/$defs/', '');
  return name === undefined ? node : schema.$defs?.[name];
}

function typeInWords(schema: ValuesSchema, node: ValueSchema | undefined): string {
  const found = resolve(schema, node);
  if (found === undefined) return '';
  const types =
    found.anyOf?.map((option) => typeInWords(schema, option)) ??
    found.enum?.map((value) => typeof value) ??
    [found.type ?? []].flat();
  return [...new Set(types)].join(' or ');
}
