import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  LAB,
  NAMESPACE,
  operatorValues,
  policiesValues,
  valuesPath,
} from '../../../../scripts/demo/values.ts';

const CONNECTION = {
  endpoint: 'https://127.0.0.1:12345',
  tokenId: 'someone@pve!token',
  tokenSecret: '11111111-2222-3333-4444-555555555555',
  caCertificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
};
const PORTS = { health: 21_001, metrics: 21_002 };

describe("the demo's values", () => {
  it('have the connection filled in and are otherwise as written', () => {
    const written = parse(readFileSync(valuesPath('pve-cslb-policies'), 'utf8'));
    written.clusters[LAB].credentials = {
      tokenId: CONNECTION.tokenId,
      tokenSecret: CONNECTION.tokenSecret,
    };
    written.clusters[LAB].ca.certificate = CONNECTION.caCertificate;
    written.clusters[LAB].spec.endpoints = [CONNECTION.endpoint];
    expect(parse(policiesValues(CONNECTION))).to.deep.equal(written);
  });

  it('have the ports filled in, that of the Service too', () => {
    const written = parse(readFileSync(valuesPath('pve-cslb-operator'), 'utf8'));
    written.health.port = PORTS.health;
    written.metrics.port = PORTS.metrics;
    written.metrics.service.port = PORTS.metrics;
    expect(parse(operatorValues(PORTS))).to.deep.equal(written);
  });

  it('fit each other: namespace, references, and rights to read just what there is', () => {
    const operator = parse(operatorValues(PORTS));
    const { policies } = parse(policiesValues(CONNECTION));
    expect(operator.watchNamespaces).to.deep.equal([NAMESPACE]);
    expect(operator.rbac).to.deep.equal({ secretNames: [`${LAB}-pve`], configMapNames: [`${LAB}-ca`] });
    expect(policies[LAB].spec.clusterRef.name).to.equal(LAB);
  });
});
