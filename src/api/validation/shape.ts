import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { allowedBy } from './allowed.ts';
import { shown } from './shown.ts';
import { formatPath, isRecord, type Problem, type StructuralSchema } from './structural-schema.ts';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  formats: { 'date-time': (text: string) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)) },
});
const validators = new WeakMap<StructuralSchema, ValidateFunction>();

/** What of a value has the wrong shape (everything but the rules), unknown fields included. */
export function wrongShapes(schema: StructuralSchema, value: unknown): readonly Problem[] {
  const validate = validators.get(schema) ?? ajv.compile(jsonSchema(schema));
  validators.set(schema, validate);
  if (validate(value)) return [];
  const problems = (validate.errors ?? []).map((error) => problemOf(error, schema, value));
  // One field can break several keywords; what is allowed is told once.
  return [...new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem])).values()];
}

/** The same as JSON Schema, in which unknown fields are refused only when it says so. */
function jsonSchema(schema: StructuralSchema): object {
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(items && { items: jsonSchema(items) }),
    ...(additionalProperties && { additionalProperties: jsonSchema(additionalProperties) }),
    ...(properties && {
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, property]) => [key, jsonSchema(property)]),
      ),
    }),
  };
}

function problemOf(error: ErrorObject, root: StructuralSchema, document: unknown): Problem {
  const { steps, schema, value } = locate(error.instancePath, root, document);
  if (error.keyword === 'additionalProperties') {
    const fields = Object.keys(schema.properties ?? {}).join(', ');
    return {
      path: formatPath([...steps, String(error.params.additionalProperty)]),
      message: `is not a known field; known here are ${fields}`,
    };
  }
  if (error.keyword === 'required') {
    const key = String(error.params.missingProperty);
    const property = schema.properties?.[key];
    const allowed = property ? `: it ${allowedBy(property)}` : '';
    return { path: formatPath([...steps, key]), message: `is required${allowed}` };
  }
  return { path: formatPath(steps), message: `${allowedBy(schema)}; it is ${shown(value)}` };
}

/** Walks an RFC 6901 pointer (`/spec/endpoints/0`) through schema and document at once. */
function locate(pointer: string, root: StructuralSchema, document: unknown) {
  const steps: (string | number)[] = [];
  let schema = root;
  let value = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) {
      steps.push(Number(key));
      value = value[Number(key)];
      schema = schema.items ?? schema;
    } else {
      steps.push(key);
      value = isRecord(value) ? value[key] : undefined;
      schema = schema.properties?.[key] ?? schema.additionalProperties ?? schema;
    }
  }
  return { steps, schema, value };
}
