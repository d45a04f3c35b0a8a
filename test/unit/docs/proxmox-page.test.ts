import { expect } from 'chai';
import { NEEDED_PRIVILEGES, nameOf } from '../../../src/proxmox/missing-privileges.ts';
import { DOCUMENTED_PRIVILEGES, documentedAccess } from '../../support/documented-access.ts';

describe('docs/proxmox.md', () => {
  it('says of each privilege what the condition of a PveCluster says', () => {
    const needed = NEEDED_PRIVILEGES.map((each) => ({ name: nameOf(each), purpose: each.purpose }));
    expect(DOCUMENTED_PRIVILEGES).to.deep.equal(needed);
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
