import { expect } from 'chai';

import { type Caller, createPermissions } from '../../../src/simulator/access/permissions.ts';
import type { UserDocument } from '../../../src/simulator/scenario/document.ts';

const SECRET = '11111111-2222-3333-4444-555555555555';

function callerOf(id: string): Caller {
  const [user = '', token] = id.split('!');
  return { user, token, id };
}

function permissionsOf(users: readonly UserDocument[]) {
  return createPermissions(users, (vmid) => (vmid === 100 ? 'prod' : undefined));
}

describe('simulated privileges', () => {
  it('hold below their path where they propagate, and only there where not', () => {
    const permissions = permissionsOf([
      {
        name: 'u@pve',
        acl: [
          { path: '/vms', privileges: ['VM.Audit'] },
          { path: '/nodes', privileges: ['Sys.Audit'], propagate: false },
        ],
      },
    ]);
    const has = (path: string, privilege: string) => permissions.has(callerOf('u@pve'), path, [privilege]);
    expect(has('/vms/100', 'VM.Audit')).to.equal(true);
    expect(has('/', 'VM.Audit')).to.equal(false);
    expect(has('/nodes', 'Sys.Audit')).to.equal(true);
    expect(has('/nodes/pve1', 'Sys.Audit')).to.equal(false);
  });

  it('given deeper replace those from above; those on a pool hold for its guests', () => {
    const permissions = permissionsOf([
      {
        name: 'u@pve',
        acl: [
          { path: '/', privileges: ['VM.Audit', 'VM.Migrate'] },
          { path: '/vms/101', privileges: ['VM.Audit'] },
        ],
      },
      { name: 'p@pve', acl: [{ path: '/pool/prod', privileges: ['VM.Audit'] }] },
    ]);
    const may = (user: string, path: string, privilege: string) =>
      permissions.has(callerOf(user), path, [privilege]);
    expect(may('u@pve', '/vms/100', 'VM.Migrate')).to.equal(true);
    expect(may('u@pve', '/vms/101', 'VM.Migrate')).to.equal(false);
    expect(may('p@pve', '/vms/100', 'VM.Audit')).to.equal(true);
    expect(may('p@pve', '/vms/101', 'VM.Audit')).to.equal(false);
  });

  it('of a token with privilege separation are those that both it and its user have', () => {
    const acl = [{ path: '/', privileges: ['VM.Audit', 'VM.Migrate'] }];
    const permissions = permissionsOf([
      {
        name: 'u@pve',
        acl,
        tokens: [
          { id: 'separated', secret: SECRET, acl: [{ path: '/', privileges: ['VM.Audit', 'Sys.Audit'] }] },
          { id: 'bare', secret: SECRET },
          { id: 'full', secret: SECRET, privsep: false },
        ],
      },
    ]);
    const of = (token: string) => [...permissions.on(callerOf(`u@pve!${token}`), '/vms/1').keys()];
    expect(of('separated')).to.deep.equal(['VM.Audit']);
    expect(of('bare')).to.deep.equal([]);
    expect(of('full')).to.deep.equal(['VM.Audit', 'VM.Migrate']);
  });

  it('root@pam has them all, and through a separated token none that the token was not given', () => {
    const permissions = permissionsOf([{ name: 'root@pam', tokens: [{ id: 't', secret: SECRET }] }]);
    expect(permissions.has(callerOf('root@pam'), '/vms/1', ['VM.Migrate'])).to.equal(true);
    expect(permissions.has(callerOf('root@pam!t'), '/vms/1', ['VM.Migrate'])).to.equal(false);
  });
});
