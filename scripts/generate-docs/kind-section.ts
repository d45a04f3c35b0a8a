import type { ConditionMeanings } from '../../src/api/conditions.ts';
import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';
import { type Field, fieldsOf } from './field.ts';
import { code, table } from './table.ts';

/** What is read of a CRD. */
export interface KindDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly Column[];
  readonly schema: StructuralSchema;
}

export interface Column {
  readonly name: string;
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with `--output wide`. */
  readonly priority?: number;
}

/** Everything about one kind, as Markdown. */
export function kindSection(definition: KindDefinition, conditions: ConditionMeanings): string {
  const { kind, plural, shortNames, columns, schema } = definition;
  const { apiVersion, kind: kindField, spec, status } = schema.properties ?? {};
  if (!apiVersion || !kindField || !spec || !status) throw new Error(`The CRD of ${kind} lacks a field.`);
  const envelope = [
    ...fieldsOf(apiVersion, 'apiVersion', true),
    ...fieldsOf(kindField, 'kind', true),
    ...fieldsOf(spec, 'spec', true),
  ];
  return [
    `## ${kind}`,
    schema.description ?? '',
    `Namespaced; \`kubectl get ${[plural, ...shortNames].join('`, `kubectl get ')}\`. It shows these columns:`,
    columnTable(columns),
    `### ${kind}: fields`,
    specTable(envelope),
    `### ${kind}: status`,
    'Only the operator writes it.',
    statusTable(fieldsOf(status, 'status')),
    `### ${kind}: conditions`,
    conditionTable(conditions),
  ].join('\n\n');
}

function columnTable(columns: readonly Column[]): string {
  return table(
    ['Column', 'Field', 'What it shows'],
    columns.map(
      ({ name, jsonPath, description = 'When the object was created, as its age.', priority = 0 }) => [
        name.toUpperCase(),
        code(jsonPath),
        priority > 0 ? `${description} Only with \`--output wide\`.` : description,
      ],
    ),
  );
}

function specTable(fields: readonly Field[]): string {
  return table(
    ['Field', 'Type', 'Default', 'Allowed', 'What it is'],
    fields.map((field) => [
      code(field.path),
      field.type,
      defaultOf(field),
      allowed(field),
      field.description,
    ]),
  );
}

function defaultOf(field: Field): string {
  if (field.required) return 'required';
  return field.default === undefined ? '' : code(field.default);
}

function statusTable(fields: readonly Field[]): string {
  return table(
    ['Field', 'Type', 'Allowed', 'What it is'],
    fields.map((field) => [code(field.path), field.type, allowed(field), field.description]),
  );
}

function allowed(field: Field): string {
  return field.allowed.join('; ');
}

function conditionTable(conditions: ConditionMeanings): string {
  const rows = Object.entries(conditions).flatMap(([type, statuses]) =>
    Object.entries(statuses).map(([status, meaning]) => [code(type), status, meaning]),
  );
  return table(['Condition', 'Status', 'What it means'], rows);
}
