import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { API_VERSION } from '../../../src/api/resource.ts';
import { isRecord } from '../../../src/api/validation/structural-schema.ts';
import { DOCUMENTED_MANIFESTS } from '../../support/documented-manifests.ts';

const SCHEMA = new URL('../../../helm/pve-cslb-policies/values.schema.json', import.meta.url);
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

/** Values of the chart that declare this object, but for what they say in another way. */
function valuesOf(object: Record<string, unknown>): object {
  const { kind, spec } = object;
  if (!isRecord(spec)) throw new Error(`A documented ${kind} has no spec.`);
  if (kind === 'BalancePolicy') return { policies: { lab: { spec } } };
  const { credentialsSecretRef, tls, ...rest } = spec;
  const { caRef, ...otherTls } = isRecord(tls) ? tls : {};
  const credentials = { existingSecret: isRecord(credentialsSecretRef) ? credentialsSecretRef.name : '' };
  return { clusters: { lab: { credentials, spec: { ...rest, tls: otherTls } } } };
}

describe('the schema of the values of clusters and policies', () => {
  for (const { place, objects } of DOCUMENTED_MANIFESTS) {
    const ours = objects.filter(isRecord).filter(({ apiVersion }) => apiVersion === API_VERSION);
    if (ours.length === 0) continue;
    it(`takes the specs of ${place}`, () => {
      for (const object of ours)
        expect(validate(valuesOf(object)), JSON.stringify(validate.errors)).to.equal(true);
    });
  }

  it('refuses what no CRD has, however deep', () => {
    const spec = { clusterRef: { name: 'lab' }, mode: 'Approve', exclusions: { guests: [] } };
    expect(validate({ policies: { lab: { spec } } })).to.equal(false);
    expect(validate.errors?.map(({ instancePath, params }) => ({ instancePath, ...params }))).to.deep.equal([
      { instancePath: '/policies/lab/spec/exclusions', additionalProperty: 'guests' },
    ]);
  });
});
