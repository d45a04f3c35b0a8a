import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';
import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';
import type { GeneratedFile } from '../generate/generated-file.ts';
import { type TypeSchema, typeSchema } from './type-schema.ts';

interface Kind {
  readonly crd: string;
  readonly kind: string;
  readonly path: string;
  /** Names for the types inside, by the path of the field. */
  readonly names: Readonly<Record<string, string>>;
}

const KINDS: readonly Kind[] = [
  {
    crd: 'crds/pve-cslb.io_pveclusters.yaml',
    kind: 'PveCluster',
    path: 'src/api/generated/pve-cluster.ts',
    names: { 'spec.tls.caRef': 'CertificateAuthorityRef' },
  },
  {
    crd: 'crds/pve-cslb.io_balancepolicies.yaml',
    kind: 'BalancePolicy',
    path: 'src/api/generated/balance-policy.ts',
    names: {
      'spec.exclusions': 'PolicyExclusions',
      'spec.migration': 'MigrationSettings',
      'status.imbalance': 'ImbalanceStatus',
      'status.nodes[]': 'NodeEntry',
      'status.plan': 'PlanStatus',
      'status.plan.migrations[]': 'PlanEntry',
      'spec.stabilization': 'Stabilization',
      'spec.windows[]': 'MigrationWindow',
      'status.cooldowns[]': 'CooldownEntry',
      'status.plan.blocked[]': 'BlockedEntry',
      'status.migrations[]': 'MigrationEntry',
      'status.migrations[].state': 'MigrationState',
      'status.history[]': 'HistoryEntry',
      'status.history[].outcome': 'MigrationOutcome',
    },
  },
];
const CONDITION_PATH = 'src/api/generated/condition.ts';
const BANNER = '// Generated from crds/ by `npm run generate`. Do not edit.';

export async function generateTypes(root: URL): Promise<readonly GeneratedFile[]> {
  const schemas = KINDS.map((kind) => ({ kind, schema: readSchema(new URL(kind.crd, root)) }));
  const conditions = schemas.map(({ schema }) => conditionSchema(schema));
  if (conditions.some((condition) => !isDeepStrictEqual(condition, conditions[0]))) {
    throw new Error('The conditions of the CRDs differ; they share one type, so make them equal.');
  }
  const files: GeneratedFile[] = [];
  for (const condition of conditions.slice(0, 1)) {
    files.push({
      path: CONDITION_PATH,
      text: await toTypeScript(typeSchema(condition, { '': 'Condition' }), 'Condition', []),
    });
  }
  for (const { kind, schema } of schemas) {
    const names = { spec: `${kind.kind}Spec`, status: `${kind.kind}Status`, ...kind.names };
    const imports = [
      "import type { ObjectMetadata } from '../metadata.ts';",
      "import type { Condition } from './condition.ts';",
    ];
    files.push({
      path: kind.path,
      text: await toTypeScript(asObject(typeSchema(schema, names), kind.kind), kind.kind, imports),
    });
  }
  return files;
}

function readSchema(crd: URL): StructuralSchema {
  return parse(readFileSync(crd, 'utf8')).spec.versions[0].schema.openAPIV3Schema;
}

function conditionSchema(schema: StructuralSchema): StructuralSchema {
  const condition = schema.properties?.status?.properties?.conditions?.items;
  if (!condition) throw new Error('A CRD has no status.conditions.');
  return condition;
}

/** The schema of an object as the API server gives it: with its apiVersion, kind and metadata. */
function asObject(schema: TypeSchema, kind: string): TypeSchema {
  const { status, ...properties } = schema.properties ?? {};
  if (!status) throw new Error(`The CRD of ${kind} has no status.`);
  const conditions = { ...status.properties?.conditions, tsType: 'readonly Condition[]' };
  return {
    ...schema,
    required: ['apiVersion', 'kind', 'metadata', ...(schema.required ?? [])],
    properties: {
      ...properties,
      apiVersion: { ...properties.apiVersion, tsType: "'pve-cslb.io/v1alpha1'" },
      kind: { ...properties.kind, tsType: `'${kind}'` },
      metadata: { ...properties.metadata, tsType: 'ObjectMetadata' },
      status: { ...status, properties: { ...status.properties, conditions } },
    },
  };
}

async function toTypeScript(schema: TypeSchema, name: string, imports: readonly string[]): Promise<string> {
  const banner = [BANNER, ...imports].join('\n');
  const text = await compile(schema as JSONSchema, name, {
    bannerComment: banner,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110, bracketSpacing: true },
  });
  return readonlyThroughout(text);
}

// json-schema-to-typescript has no option for it; its output is regular enough to be edited by line.
function readonlyThroughout(text: string): string {
  return text
    .replaceAll(/^( +)([\w$]+\??: )/gm, '$1readonly $2')
    .replaceAll(/: (\([^()\n]+\)|\w+)\[\];/g, ': readonly $1[];');
}
