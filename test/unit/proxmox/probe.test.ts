import { expect } from 'chai';
import { missingPrivileges } from '../../../src/proxmox/missing-privileges.ts';
import { probe } from '../../../src/proxmox/probe.ts';
import { fakeReader, fixtureError, PROXMOX_TIME } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const FINGERPRINT =
  'A1:31:56:7B:A0:C5:EA:0F:34:59:7E:A3:C8:ED:12:37:5C:81:A6:CB:F0:15:3A:5F:84:A9:CE:F3:18:3D:62:87';
const CERTIFICATES = '/nodes/localhost/certificates/info';

function answers(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    '/version': fixtureData('9.1/GET_version'),
    '/access/permissions': fixtureData('9.1/GET_access_permissions'),
    '/cluster/status': fixtureData('9.1/GET_cluster_status'),
    '/cluster/resources': fixtureData('9.1/GET_cluster_resources'),
    [CERTIFICATES]: [{ filename: 'pve-root-ca.pem', fingerprint: FINGERPRINT }, { filename: 'pve-ssl.pem' }],
    '/nodes': fixtureData('9.1/GET_nodes'),
    ...change,
  };
}

function run(change: Record<string, unknown> = {}) {
  return probe(fakeReader(answers(change)), signal);
}

describe('probe', () => {
  it('says who and how the cluster is', async () => {
    expect(await run()).to.deep.equal({
      version: '9.1.2',
      identity: `lab/${FINGERPRINT}`,
      quorate: true,
      nodes: { total: 3, online: 3 },
      guests: { total: 10, running: 7 },
      missingPrivileges: [],
      proxmoxTime: PROXMOX_TIME,
    });
  });

  it('of a degraded cluster', async () => {
    const found = await run({ '/cluster/status': fixtureData('degraded-9.1/GET_cluster_status_no_quorum') });

    expect(found).to.deep.include({ quorate: false, nodes: { total: 3, online: 1 } });
  });

  it('of a standalone host is named after it', async () => {
    const found = await run({ '/cluster/status': fixtureData('9.1/GET_cluster_status_standalone') });

    expect(found).to.deep.include({ quorate: true, identity: `solo/${FINGERPRINT}` });
  });

  it('without the root CA falls back on the fingerprints of the nodes, in any order', async () => {
    const nodes = fixtureData('9.1/GET_nodes');
    const first = await run({ [CERTIFICATES]: fixtureError('501_not_implemented') });
    const second = await run({
      [CERTIFICATES]: fixtureError('403_permission_node'),
      '/nodes': nodes.toReversed(),
    });
    const third = await run({ [CERTIFICATES]: [{ filename: 'pve-ssl.pem' }] });
    const other = await run({ [CERTIFICATES]: [], '/nodes': nodes.slice(1) });

    expect(first.identity).to.match(/^lab\/sha256:[0-9a-f]{64}$/);
    expect([second.identity, third.identity]).to.deep.equal([first.identity, first.identity]);
    expect(other.identity).not.to.equal(first.identity);
  });

  it('does not take a cluster it cannot reach for another one', async () => {
    const error = await operatorError(run({ [CERTIFICATES]: fixtureError('595_node_unreachable_refused') }));

    expect(error.code).to.equal('NodeUnreachable');
  });

  it('names all missing privileges when they do not suffice to look', async () => {
    const error = await operatorError(
      run({
        '/access/permissions': fixtureData('9.1/GET_access_permissions_none'),
        '/cluster/status': fixtureError('403_permission_node'),
      }),
    );

    expect(error.code).to.equal('Forbidden');
    expect(error.message).to.contain('Sys.Audit on /').and.to.contain('VM.Migrate on /vms');
  });

  it('of a wrong shape names the path', async () => {
    const error = await operatorError(run({ '/version': { version: 9 } }));

    expect(error.code).to.equal('UnexpectedAnswer');
    expect(error.message).to.contain('/version');
  });
});

describe('missing privileges', () => {
  const all = {
    'Sys.Audit': 1,
    'VM.Audit': 1,
    'VM.Migrate': 1,
    'Datastore.Audit': 1,
    'Pool.Audit': 1,
  } as const;

  it('none with all of them on /', () => {
    expect(missingPrivileges({ '/': all })).to.deep.equal([]);
  });

  it('all without any', () => {
    expect(missingPrivileges({})).to.deep.equal([
      'Sys.Audit on /',
      'VM.Audit on /vms',
      'VM.Migrate on /vms',
      'Datastore.Audit on /storage',
      'Pool.Audit on /pool',
    ]);
  });

  it('what does not propagate from / reaches nothing below', () => {
    const here = {
      'Sys.Audit': 0,
      'VM.Audit': 0,
      'VM.Migrate': 1,
      'Datastore.Audit': 1,
      'Pool.Audit': 1,
    } as const;

    expect(missingPrivileges({ '/': here })).to.deep.equal(['Sys.Audit on /nodes', 'VM.Audit on /vms']);
  });

  it('a token may be for some guests or pools only', () => {
    const found = missingPrivileges({
      '/': { 'Sys.Audit': 1, 'Datastore.Audit': 1 },
      '/pool/prod': { 'VM.Audit': 1, 'VM.Migrate': 0, 'Pool.Audit': 1 },
    });

    expect(found).to.deep.equal([]);
  });

  it('a path that only looks alike does not count', () => {
    expect(
      missingPrivileges({ '/': { ...all, 'VM.Migrate': 0 }, '/vmsx': { 'VM.Migrate': 1 } }),
    ).to.deep.equal(['VM.Migrate on /vms']);
  });
});
