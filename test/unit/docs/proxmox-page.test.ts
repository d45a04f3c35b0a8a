import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isRecord } from '../../../src/api/validation/structural-schema.ts';
import { NEEDED_PRIVILEGES, nameOf } from '../../../src/proxmox/missing-privileges.ts';
import { DOCUMENTED_PRIVILEGES, documentedAccess } from '../../support/documented-access.ts';
import { DOCUMENTED_MANIFESTS } from '../../support/documented-manifests.ts';

const PAGE = readFileSync(new URL('../../../docs/proxmox.md', import.meta.url), 'utf8');

describe('docs/proxmox.md', () => {
  it('says of each privilege what the condition of a PveCluster says', () => {
    const needed = NEEDED_PRIVILEGES.map((each) => ({ name: nameOf(each), purpose: each.purpose }));
    expect(DOCUMENTED_PRIVILEGES).to.deep.equal(needed);
  });

  it('puts everything into one namespace, which it creates first', () => {
    const [creates, ...others] = PAGE.match(/^kubectl .*/gm) ?? [];
    const [, namespace = ''] = /^kubectl create namespace (\S+)$/.exec(creates ?? '') ?? [];
    expect(others).to.not.be.empty;
    for (const command of others) expect(command).to.include(` --namespace ${namespace} `);
    const objects = DOCUMENTED_MANIFESTS.filter(({ place }) => place.startsWith('docs/proxmox.md'))
      .flatMap((manifest) => manifest.objects)
      .filter(isRecord);
    expect(objects).to.not.be.empty;
    for (const { metadata } of objects) expect(metadata).to.have.property('namespace', namespace);
  });

  it('gives the role these privileges, and no other', () => {
    const { tokenAcl, userAcl } = documentedAccess(['Role, user and token']);
    const needed = [...new Set(NEEDED_PRIVILEGES.map(({ privilege }) => privilege))];
    expect(tokenAcl).to.have.lengthOf(1);
    expect(tokenAcl[0]?.path).to.equal('/');
    expect(tokenAcl[0]?.privileges).to.have.members(needed);
    expect(userAcl).to.deep.equal(tokenAcl);
  });
});
