import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BALANCE_POLICY, GROUP, PVE_CLUSTER } from '../../src/api/resource.ts';
import type { StructuralSchema } from '../../src/api/validation/structural-schema.ts';
import type { GeneratedFile } from '../generate/generated-file.ts';
import { type JsonSchema, valuesSchema, withoutField } from './values-schema.ts';

const PATH = 'helm/pve-cslb-policies/values.schema.json';

/** Of Secrets and ConfigMaps. Names of clusters and policies the chart itself judges: helm misplaces its `propertyNames`. */
const NAME = { pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 };

/** The values of the chart that declares clusters and policies: what they are made of comes from the CRDs. */
export function generatePoliciesSchema(root: URL): GeneratedFile {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart pve-cslb-policies',
    $comment: 'Generated from crds/ by `npm run generate`. Do not edit.',
    ...closed({
      clusters: named('A PveCluster for each entry, named by its key.', cluster(readSpec(root, PVE_CLUSTER))),
      policies: named(
        'A BalancePolicy for each entry, named by its key.',
        policy(readSpec(root, BALANCE_POLICY)),
      ),
      namespaceOverride: text('The namespace of everything; that of the release when empty.'),
      commonLabels: texts('Labels for every object, besides the recommended ones.'),
      commonAnnotations: texts('Annotations for every object.'),
      enabled: { type: 'boolean', description: 'For a chart that depends on this one.' },
      global: { type: 'object', description: 'What helm hands to a chart that another one depends on.' },
    }),
  };
  return { path: PATH, text: `${JSON.stringify(schema, undefined, 2)}\n` };
}

function cluster(spec: StructuralSchema): JsonSchema {
  const { tls } = spec.properties ?? {};
  if (!tls) throw new Error('The spec of a PveCluster has no tls.');
  const rest = withoutField(
    { ...spec, properties: { ...spec.properties, tls: withoutField(tls, 'caRef') } },
    'credentialsSecretRef',
  );
  return closed(
    {
      labels: texts('Labels of the PveCluster.'),
      annotations: texts('Annotations of the PveCluster.'),
      credentials: credentials(),
      ca: authority(),
      spec: {
        ...valuesSchema(rest),
        description: 'The spec of the PveCluster without credentialsSecretRef and tls.caRef.',
      },
    },
    ['credentials', 'spec'],
  );
}

function credentials(): JsonSchema {
  return {
    description: 'A Secret that exists, or what is put into one of the type pve-cslb.io/credentials.',
    ...closed({
      existingSecret: { ...text('The name of a Secret that exists, with this type.'), ...NAME },
      tokenId: text('The id of an API token, such as balancer@pve!operator.'),
      tokenSecret: text('Its secret.'),
      username: text('A user with realm, such as balancer@pve, where no token can be used.'),
      password: text('The password of the user.'),
      bindEndpoints: {
        type: 'boolean',
        default: true,
        description: 'Whether the credentials in the values are sent to the endpoints of this cluster alone.',
      },
    }),
  };
}

function authority(): JsonSchema {
  return {
    description: 'The CA that signed the certificates of the endpoints: one of the three.',
    ...closed({
      certificate: {
        ...text('The certificate, in PEM form.'),
        pattern: '-----BEGIN CERTIFICATE-----',
      },
      existingConfigMap: { ...text('The name of a ConfigMap that exists and holds it.'), ...NAME },
      existingSecret: { ...text('The name of a Secret that exists and holds it.'), ...NAME },
      key: {
        ...text('The key under which it is found.'),
        default: 'ca.crt',
        pattern: '^[-._a-zA-Z0-9]+$',
        maxLength: 253,
      },
    }),
  };
}

function policy(spec: StructuralSchema): JsonSchema {
  return closed(
    {
      labels: texts('Labels of the BalancePolicy.'),
      annotations: texts('Annotations of the BalancePolicy.'),
      spec: valuesSchema(spec),
    },
    ['spec'],
  );
}

function named(description: string, entry: JsonSchema): JsonSchema {
  // Null takes an entry away that an earlier file of values gives.
  return { type: 'object', description, additionalProperties: { ...entry, type: ['object', 'null'] } };
}

function closed(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []) {
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required.length > 0 ? { required } : {}),
  };
}

function text(description: string): JsonSchema {
  return { type: 'string', description };
}

function texts(description: string): JsonSchema {
  return { type: 'object', description, additionalProperties: { type: 'string' } };
}

function readSpec(root: URL, { plural }: { readonly plural: string }): StructuralSchema {
  const crd = parse(readFileSync(new URL(`crds/${GROUP}_${plural}.yaml`, root), 'utf8'));
  const spec: StructuralSchema | undefined = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec;
  if (!spec) throw new Error(`The CRD of ${plural} has no spec.`);
  return spec;
}
