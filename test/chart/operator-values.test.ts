import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type DocumentedValue, documentedValues } from '../../scripts/generate-charts/documented-values.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { kubeconformProblems } from '../support/chart/kubeconform.ts';
import { helmTemplate, refusal } from '../support/chart/render-chart.ts';
import { EVERYTHING_ON } from '../support/chart/workload.ts';

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

/** Paths of all maps in the values that are made of documented keys. */
function sectionsOf(documented: readonly DocumentedValue[]): readonly string[] {
  const parents = documented.flatMap(({ key }) => {
    const names = key.split('.').slice(0, -1);
    return names.map((_, index) => names.slice(0, index + 1).join('.'));
  });
  return [...new Set(parents)];
}

function withNull(key: string): object {
  return key.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), null) as object;
}

describe('null among the values of the operator chart', () => {
  const documented = documentedValues(readFileSync(join(FOLDER, 'values.yaml'), 'utf8')).flatMap(
    ({ values }) => values,
  );

  it('takes away any list or map, and what is left is what Kubernetes takes', async () => {
    const lists = documented.filter(({ default: value }) => typeof value === 'object');
    expect(lists.length).to.be.greaterThan(40);
    // Ports of a NetworkPolicy are needed.
    const optional = lists.filter(({ key }) => !key.endsWith('.ports'));
    const values = optional.map(({ key }) => withNull(key)).reduce(merged, EVERYTHING_ON);
    const { code, stdout, stderr } = await helmTemplate({ chart: 'pve-cslb-operator', values });
    expect(code, stderr).to.equal(0);
    expect(await kubeconformProblems(stdout)).to.deep.equal([]);
  });

  it('is refused for a number, a word, a switch, and the ports of a NetworkPolicy', async () => {
    const needed = documented.filter(
      ({ key, default: value }) => (typeof value !== 'object' && value !== '') || key.endsWith('.ports'),
    );
    // Without it the repository alone names the image.
    const keys = needed.map(({ key }) => key).filter((key) => key !== 'image.registry');
    expect(keys.length).to.be.greaterThan(30);
    const values = keys.map(withNull).reduce(merged, {});
    const said = await refusal({ chart: 'pve-cslb-operator', values });
    const refused = [...said.matchAll(/at '\/?(.*?)': missing propert(?:y|ies) (.*)$/gm)].flatMap(
      ({ 1: section = '', 2: names = '' }) =>
        [...names.matchAll(/'(\w+)'/g)].map(({ 1: name = '' }) =>
          [...section.split('/'), name].filter(Boolean).join('.'),
        ),
    );
    expect(refused).to.have.members(keys);
  });

  it('is refused, with a sentence, for whole sections', async () => {
    for (const section of sectionsOf(documented)) {
      const said = await refusal({ chart: 'pve-cslb-operator', values: withNull(section) });
      expect(said, section).to.include(
        `${section} is null: leave it out to have its defaults, or set its keys.`,
      );
    }
  });
});

function merged(one: object, other: object): object {
  const result: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = result[key];
    const both = isObject(before) && isObject(value);
    result[key] = both ? merged(before, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
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
