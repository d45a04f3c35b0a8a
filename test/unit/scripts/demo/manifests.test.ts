import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import {
  filledManifest,
  LAB,
  type ManifestName,
  manifestPath,
  NAMESPACE,
  SERVICE_ACCOUNT,
} from '../../../../scripts/demo/manifests.ts';
import { validateManifest } from '../../../../src/api/validation/validate-manifest.ts';

const NAMES: readonly ManifestName[] = ['namespace', 'rbac', 'credentials', 'pve-cluster', 'balance-policy'];
const CONNECTION = {
  endpoint: 'https://127.0.0.1:12345',
  tokenId: 'someone@pve!token',
  tokenSecret: '11111111-2222-3333-4444-555555555555',
  caCertificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
};

function objects(text: string) {
  return parseAllDocuments(text).map((document) => document.toJS());
}

function filled(kind: string) {
  const all = NAMES.flatMap((name) => objects(filledManifest(name, CONNECTION)));
  const found = all.filter((object) => object.kind === kind);
  expect(found, kind).to.have.lengthOf(1);
  return found[0];
}

describe("the demo's manifests", () => {
  it('are valid as they are and filled in', () => {
    for (const name of ['pve-cluster', 'balance-policy'] as const) {
      for (const text of [readFileSync(manifestPath(name), 'utf8'), filledManifest(name, CONNECTION)]) {
        const [object] = objects(text);
        expect(validateManifest(object)).to.have.property('kind', 'Valid');
      }
    }
  });

  it('have the connection filled in and are otherwise as written', () => {
    expect(filled('PveCluster').spec.endpoints).to.deep.equal([CONNECTION.endpoint]);
    expect(filled('ConfigMap').data).to.deep.equal({ 'ca.crt': CONNECTION.caCertificate });
    expect(filled('Secret').stringData).to.deep.equal({
      tokenId: CONNECTION.tokenId,
      tokenSecret: CONNECTION.tokenSecret,
    });
    for (const name of ['namespace', 'rbac', 'balance-policy'] as const) {
      expect(objects(filledManifest(name, CONNECTION))).to.deep.equal(
        objects(readFileSync(manifestPath(name), 'utf8')),
      );
    }
  });

  it('fit each other: names, references, and rights to read just what is referred to', () => {
    const cluster = filled('PveCluster');
    expect(filled('Namespace').metadata.name).to.equal(NAMESPACE);
    expect(filled('ServiceAccount').metadata).to.deep.equal({ name: SERVICE_ACCOUNT, namespace: NAMESPACE });
    expect(cluster.metadata).to.deep.equal({ name: LAB, namespace: NAMESPACE });
    expect(filled('BalancePolicy').metadata).to.deep.equal({ name: LAB, namespace: NAMESPACE });
    expect(filled('BalancePolicy').spec.clusterRef.name).to.equal(LAB);
    expect(cluster.spec.credentialsSecretRef.name).to.equal(filled('Secret').metadata.name);
    expect(cluster.spec.tls.caRef.name).to.equal(filled('ConfigMap').metadata.name);
    expect(
      filled('Role').rules.filter((rule: { resourceNames?: unknown }) => rule.resourceNames),
    ).to.deep.equal([
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['lab-pve'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['lab-ca'], verbs: ['get'] },
    ]);
  });
});
