import { Environment } from '@marcbachmann/cel-js';
import { shown } from './shown.ts';
import { formatPath, isRecord, type Problem, type Rule, type StructuralSchema } from './structural-schema.ts';

const environment = new Environment().registerVariable('self', 'dyn');

type Program = ReturnType<typeof environment.parse>;
const programs = new Map<string, Program>();

/**
 * Evaluates the CEL rules of a schema on a value with defaults. Rules about a change (`oldSelf`) do not apply to
 * a manifest by itself. A rule takes the shape of its value for granted, so where that is wrong it is not evaluated.
 */
export function violatedRules(
  schema: StructuralSchema,
  value: unknown,
  wrongShapes: readonly Problem[],
  steps: readonly (string | number)[] = [],
): readonly Problem[] {
  const path = formatPath(steps);
  const own = wrongShapes.some((wrong) => isWithin(wrong.path, path))
    ? []
    : (schema['x-kubernetes-validations'] ?? []);
  const problems: Problem[] = own
    .filter((rule) => !holds(rule, toCel(schema, value)))
    .map(({ message }) => ({
      path,
      message: isRecord(value) ? message : `${message}; it is ${shown(value)}`,
    }));
  for (const [step, child, part] of children(schema, value)) {
    problems.push(...violatedRules(child, part, wrongShapes, [...steps, step]));
  }
  return problems;
}

function holds({ rule }: Rule, self: unknown): boolean {
  if (/\boldSelf\b/.test(rule)) return true;
  const program = programs.get(rule) ?? environment.parse(rule);
  programs.set(rule, program);
  return program({ self }) === true;
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}.`) || path.startsWith(`${ancestor}[`);
}

type Child = readonly [step: string | number, schema: StructuralSchema, value: unknown];

function children(schema: StructuralSchema, value: unknown): readonly Child[] {
  const { items, properties = {} } = schema;
  if (Array.isArray(value)) {
    return items ? value.map((item, index): Child => [index, items, item]) : [];
  }
  if (!isRecord(value)) return [];
  return Object.entries(properties)
    .filter(([key]) => value[key] !== undefined && value[key] !== null)
    .map(([key, property]): Child => [key, property, value[key]]);
}

// In CEL an integer is of another type than a number with a fraction; JavaScript's numbers are taken for the latter.
function toCel(schema: StructuralSchema, value: unknown): unknown {
  if (schema.type === 'integer') return Number.isInteger(value) ? BigInt(Number(value)) : value;
  if (Array.isArray(value)) return children(schema, value).map(([, item, part]) => toCel(item, part));
  if (!isRecord(value)) return value;
  return Object.fromEntries(children(schema, value).map(([key, child, part]) => [key, toCel(child, part)]));
}
