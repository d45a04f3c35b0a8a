import { expect } from 'chai';
import { readConnection } from '../../../../src/controllers/pve-cluster/credentials.ts';
import type { StoredCluster } from '../../../../src/controllers/resources.ts';
import { createFakeApiClient } from '../../../support/fake-api-client.ts';
import { operatorError } from '../../../support/proxmox-client.ts';
import { credentialsSecret, storedCluster } from '../../../support/stored-cluster.ts';

const TOKEN = { tokenId: 'balancer@pve!operator', tokenSecret: '6e4b7a52-0000-4c1d-9f3e-0123456789ab' };
const LOGIN = { username: 'balancer@pve', password: 'hunter2hunter2' };
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const signal = new AbortController().signal;

describe('the connection of a PveCluster', () => {
  function read(secret: Readonly<Record<string, string>>, spec: Partial<StoredCluster['spec']> = {}) {
    const client = createFakeApiClient();
    client.put(credentialsSecret('lab-pve', secret));
    return readConnection(client, storedCluster(spec), signal);
  }

  it('is made of a token', async () => {
    expect((await read(TOKEN)).credentials).to.deep.equal({
      kind: 'Token',
      id: TOKEN.tokenId,
      secret: TOKEN.tokenSecret,
    });
  });

  it('is made of a user and a password', async () => {
    expect((await read(LOGIN)).credentials).to.deep.equal({ kind: 'Password', ...LOGIN });
  });

  it('takes line breaks at the end for those of files, and leaves blanks in a password', async () => {
    expect(
      (await read({ tokenId: `${TOKEN.tokenId}\n`, tokenSecret: ` ${TOKEN.tokenSecret}\n` })).credentials,
    )
      .to.have.property('secret')
      .that.equals(TOKEN.tokenSecret);
    expect(
      (await read({ username: 'balancer@pve\n', password: ' two words \r\n' })).credentials,
    ).to.deep.equal({
      kind: 'Password',
      username: 'balancer@pve',
      password: ' two words ',
    });
  });

  const refused: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['nothing', {}, ['lacks `tokenId` and `tokenSecret`', '`username`', '`password`']],
    ['a token without its secret', { tokenId: TOKEN.tokenId }, ['lacks `tokenSecret`']],
    ['a secret without its token', { tokenSecret: TOKEN.tokenSecret }, ['lacks `tokenId`']],
    ['an empty secret', { ...TOKEN, tokenSecret: '\n' }, ['lacks `tokenSecret`']],
    ['a user without a password', { username: LOGIN.username }, ['lacks `password`']],
    ['a password without a user', { password: LOGIN.password }, ['lacks `username`']],
    ['an empty password', { ...LOGIN, password: '' }, ['lacks `password`']],
    ['both', { ...TOKEN, ...LOGIN }, ['either', 'remove the other']],
    ['a token and half a login', { ...TOKEN, username: 'x@pve' }, ['either', 'remove the other']],
  ];
  for (const [what, secret, words] of refused) {
    it(`is refused where the Secret holds ${what}, without showing any of it`, async () => {
      const error = await operatorError(read(secret));

      expect(error.code).to.equal('CredentialsInvalid');
      for (const word of ["Secret 'default/lab-pve'", ...words]) expect(error.message).to.contain(word);
      for (const secretText of [TOKEN.tokenSecret, LOGIN.password])
        expect(error.message).not.to.contain(secretText);
    });
  }

  for (const secret of [TOKEN, LOGIN]) {
    it(`goes nowhere but where the Secret with a ${Object.keys(secret)[1]} allows`, async () => {
      const bound = { ...secret, endpoints: 'https://pve1.example:8006\nhttps://pve2.example:8006/\n' };
      const allowed = ['https://pve1.example:8006', 'https://pve2.example:8006'];
      const strayed = ['https://pve1.example:8006', 'https://evil.example:8006'];

      expect((await read(bound, { endpoints: allowed })).endpoints).to.deep.equal(allowed);
      const error = await operatorError(read(bound, { endpoints: strayed }));
      expect(error.code).to.equal('CredentialsInvalid');
      expect(error.message).to.contain('https://evil.example:8006');
    });
  }

  it('takes over how certificates are verified', async () => {
    const pinned = await read(TOKEN, { tls: { fingerprints: [FINGERPRINT], insecureSkipVerify: false } });
    const unverified = await read(TOKEN, { tls: { insecureSkipVerify: true } });

    expect(pinned).to.deep.include({ fingerprints: [FINGERPRINT], insecureSkipVerify: false });
    expect(unverified).to.deep.include({ fingerprints: undefined, insecureSkipVerify: true });
  });
});
