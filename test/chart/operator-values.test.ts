import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { chartFolder } from '../support/chart/helm.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const FOLDER = chartFolder('pve-cslb-operator');
const SCHEMA: Schema = JSON.parse(readFileSync(join(FOLDER, 'values.schema.json'), 'utf8'));
const VALUES: object = parse(readFileSync(join(FOLDER, 'values.yaml'), 'utf8'));

/**
 * Objects of Kubernetes that are handed on as they are: the API server knows their fields and they grow with its versions.
 * A key that it does not know it refuses, or helm says so.
 */
const HANDED_ON = [
  'affinity/nodeAffinity',
  'affinity/podAffinity',
  'affinity/podAntiAffinity',
  'envFrom/*/configMapRef',
  'envFrom/*/secretRef',
  'extraContainers/*',
  'extraEnv/*/valueFrom',
  'extraInitContainers/*',
  'extraObjects/*',
  'extraVolumeMounts/*',
  'extraVolumes/*',
  'global',
  'networkPolicy/*/ports/*',
  'podSecurityContext',
  'resources/claims/*',
  'securityContext',
  'topologySpreadConstraints/*/labelSelector',
  'peers/*/namespaceSelector',
  'peers/*/podSelector',
];

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '');
  return name === undefined ? schema : (SCHEMA.$defs?.[name] ?? {});
}

/** Every schema in it with its path, entries of lists as `*`. */
function* walk(schema: Schema, path: readonly string[]): Generator<readonly [string, Schema]> {
  const resolved = resolve(schema);
  yield [path.join('/'), resolved];
  for (const [key, child] of Object.entries(resolved.properties ?? {})) yield* walk(child, [...path, key]);
  if (resolved.items) yield* walk(resolved.items, [...path, '*']);
  for (const child of resolved.anyOf ?? []) yield* walk(child, path);
}

function isOpen({ type, additionalProperties }: Schema): boolean {
  if (!(type === 'object' || (Array.isArray(type) && type.includes('object')))) return false;
  return additionalProperties === undefined || additionalProperties === true;
}

/** Peers and rules of NetworkPolicies are in several places. */
function inOnePlace(path: string): string {
  return path
    .replace(/^.*\/(to|from)\/\*\/(namespaceSelector|podSelector)$/, 'peers/*/$2')
    .replace(/^networkPolicy\/(extraIngress|extraEgress)\/\*\/ports/, 'networkPolicy/*/ports');
}

describe('the schema of the values of the operator chart', () => {
  it('refuses unknown keys everywhere but in what is handed on to Kubernetes', () => {
    const open = [...walk(SCHEMA, [])]
      .filter(([, schema]) => isOpen(schema))
      .map(([path]) => inOnePlace(path));
    expect([...new Set(open)].toSorted()).to.deep.equal(HANDED_ON.toSorted());
  });

  it('takes values.yaml, and has every key of it', () => {
    const takes = new Ajv({ strict: false }).compile(SCHEMA);
    expect(takes(VALUES), JSON.stringify(takes.errors)).to.equal(true);
  });

  it('has no key that values.yaml does not show', () => {
    const missing = [...walk(SCHEMA, [])]
      .filter(([path, { properties }]) => properties !== undefined && !path.includes('*'))
      .flatMap(([path, { properties = {} }]) => {
        const keys = path === '' ? [] : path.split('/');
        const value = keys.reduce<unknown>((parent, key) => child(parent, key), VALUES);
        // Empty, it stands for an object of Kubernetes whose fields nobody has to be told.
        if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [];
        return Object.keys(properties)
          .filter((key) => !(key in value))
          .map((key) => [...keys, key].join('/'));
      });
    expect(missing).to.deep.equal([
      'resources/claims',
      'livenessProbe/successThreshold',
      'livenessProbe/terminationGracePeriodSeconds',
      'readinessProbe/successThreshold',
      'readinessProbe/terminationGracePeriodSeconds',
    ]);
  });
});

function child(parent: unknown, key: string): unknown {
  return typeof parent === 'object' && parent !== null && key in parent
    ? (parent as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
