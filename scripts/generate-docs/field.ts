import { stringify } from 'yaml';
import { allowedBy } from '../../src/api/validation/allowed.ts';
import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';

/** A field of a kind as its documentation shows it. */
export interface Field {
  /** `spec.endpoints[]` is an entry of the list `spec.endpoints`. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  /** As one would write it in a manifest. */
  readonly default: string | undefined;
  /** Sentence parts; empty where anything of the type is allowed. */
  readonly allowed: readonly string[];
  readonly description: string;
}

/** The field and all in it, in the order of the schema. */
export function fieldsOf(schema: StructuralSchema, path: string, required = false): readonly Field[] {
  const { items, properties = {} } = schema;
  const field = {
    path,
    type: typeOf(schema),
    required: required && schema.default === undefined,
    default: schema.default === undefined ? undefined : inline(schema.default),
    allowed: allowedWords(schema),
    description: schema.description ?? '',
  };
  return [
    field,
    ...(items ? fieldsOf(items, `${path}[]`) : []),
    ...Object.entries(properties).flatMap(([key, property]) =>
      fieldsOf(property, `${path}.${key}`, schema.required?.includes(key)),
    ),
  ];
}

function typeOf({ type, items, format }: StructuralSchema): string {
  if (type === 'array') return `list of ${items ? `${typeOf(items)}s` : 'anything'}`;
  return format === 'date-time' ? 'time' : type;
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

/** What its bounds and the messages of its rules say, without what goes without saying beside the type. */
function allowedWords(schema: StructuralSchema): readonly string[] {
  const { type, 'x-kubernetes-validations': rules = [] } = schema;
  const messages = rules.map(({ message }) => message);
  const bounds = type === 'object' || type === 'boolean' ? [] : [allowedBy(schema)];
  return [...new Set([...bounds, ...messages])].map((text) =>
    text.replace(/^must be (an? (string of|integer|list of) )?/, ''),
  );
}
