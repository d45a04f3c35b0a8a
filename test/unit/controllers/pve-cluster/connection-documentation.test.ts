import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { REASONS } from '../../../../src/api/reasons.ts';
import { validateManifest } from '../../../../src/api/validation/validate-manifest.ts';
import { readConnection } from '../../../../src/controllers/pve-cluster/credentials.ts';
import { createFakeApiClient } from '../../../support/fake-api-client.ts';
import { credentialsSecret, storedCluster } from '../../../support/stored-cluster.ts';

const TEXT = readFileSync(new URL('../../../../docs/connection.md', import.meta.url), 'utf8');

const documents = [...TEXT.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, yaml = '']) =>
  parseAllDocuments(yaml).map((document) => document.toJS()),
);

function ofKind(kind: string) {
  return documents.filter((document) => document.kind === kind);
}

describe('docs/connection.md', () => {
  it('has examples of each kind', () => {
    expect(ofKind('PveCluster')).to.have.lengthOf(4);
    expect(ofKind('Secret')).to.have.lengthOf(3);
    expect(documents).to.have.lengthOf(8);
  });

  for (const [index, cluster] of ofKind('PveCluster').entries()) {
    it(`shows a PveCluster that is valid: ${index + 1}`, () => {
      expect(validateManifest(cluster)).to.have.property('kind', 'Valid');
    });
  }

  for (const [index, { metadata, type, stringData }] of ofKind('Secret').entries()) {
    it(`shows a Secret that is accepted: ${index + 1}`, async () => {
      const client = createFakeApiClient();
      client.put({ ...credentialsSecret(metadata.name, stringData), type });

      const { credentials } = await readConnection(client, storedCluster(), new AbortController().signal);

      expect(Object.values(credentials)).to.include.oneOf([stringData.tokenSecret, stringData.password]);
    });
  }

  it('names only reasons that there are', () => {
    const named = [...TEXT.matchAll(/^\| `([A-Z][A-Za-z]+)` \|/gm)].map(([, reason]) => reason);
    expect(named).to.not.be.empty;
    expect(Object.keys(REASONS)).to.include.members(named);
  });
});
