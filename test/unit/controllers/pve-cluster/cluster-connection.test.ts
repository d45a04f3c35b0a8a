import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { createClusterDirectory } from '../../../../src/controllers/cluster-directory.ts';
import { reconcileCluster } from '../../../../src/controllers/pve-cluster/cluster-reconciler.ts';
import { createConnections } from '../../../../src/controllers/pve-cluster/connections.ts';
import type { StoredCluster } from '../../../../src/controllers/resources.ts';
import type { ObjectEvent } from '../../../../src/kubernetes/event-object.ts';
import { createProxmoxClient } from '../../../../src/proxmox/client.ts';
import { createProxmoxCluster } from '../../../../src/proxmox/proxmox-cluster.ts';
import { createFakeApiClient } from '../../../support/fake-api-client.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../support/loopback-server.ts';
import { impatientClock, LOGIN, TOKEN } from '../../../support/proxmox-client.ts';
import { fixtureData } from '../../../support/proxmox-fixture.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';
import { credentialsSecret, storedCluster } from '../../../support/stored-cluster.ts';

const TICKET = 'PVE:balancer@pve:6921A596::c2lnbmF0dXJl+/aGVyZQ==';
const CSRF = '6921A596:Y3NyZi10b2tlbi1oZXJl';
const OTHER = Array.from({ length: 32 }, () => 'AB').join(':');
const HEADERS = { Server: 'pve-api-daemon/3.0', 'Content-Type': 'application/json;charset=UTF-8' };

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/version': { version: '9.1.2' },
  '/access/permissions': fixtureData('9.1/GET_access_permissions'),
  '/access/ticket': { username: LOGIN.username, ticket: TICKET, CSRFPreventionToken: CSRF },
  '/cluster/status': fixtureData('9.1/GET_cluster_status'),
  '/cluster/resources': fixtureData('9.1/GET_cluster_resources'),
  '/nodes/localhost/certificates/info': [],
  '/nodes': fixtureData('9.1/GET_nodes'),
};

const TOKEN_SECRET = { tokenId: TOKEN.id, tokenSecret: TOKEN.secret };

describe('the connection that a PveCluster asks for', () => {
  let server: LoopbackServer;
  let handler: (request: IncomingMessage, response: ServerResponse) => void;

  before(async () => {
    server = await startLoopbackServer({ handler: (request, response) => handler(request, response) });
  });
  after(() => server.close());
  beforeEach(() => {
    handler = answer;
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const data = ANSWERS[(request.url ?? '').replace('/api2/json', '')];
    response.writeHead(data === undefined ? 501 : 200, HEADERS);
    response.end(JSON.stringify({ data: data ?? null }));
  }

  function world(
    tls: StoredCluster['spec']['tls'],
    content: Readonly<Record<string, string>> = TOKEN_SECRET,
  ) {
    const client = createFakeApiClient();
    const logger = createRecordingLogger();
    const events: ObjectEvent[] = [];
    const clock = impatientClock();
    const key = 'default/lab';
    client.put(credentialsSecret('lab-pve', content));
    client.put(storedCluster({ endpoints: [server.url], ...(tls ? { tls } : {}) }));
    const options = {
      client,
      clock,
      random: () => 0.5,
      events: {
        record: (_object: object, event: ObjectEvent) => void events.push(event),
        stop: async () => {},
      },
      connections: createConnections((connection) =>
        createProxmoxCluster(createProxmoxClient({ ...connection, clock, logger })),
      ),
      directory: createClusterDirectory(),
      clusters: () => [],
    };
    const stored = () => client.read<StoredCluster>('PveCluster', key);
    return {
      clock,
      events,
      logger,
      stored,
      condition: (type: string) => stored()?.status?.conditions?.find((condition) => condition.type === type),
      reconcile: () =>
        reconcileCluster(key, { signal: new AbortController().signal, logger, reconcileId: 'r' }, options),
      close: () => options.connections.closeAll(),
    };
  }

  it('that is not verified is Ready, with a warning where people look, given once', async () => {
    const { condition, events, logger, reconcile, close } = world({ insecureSkipVerify: true });
    await reconcile();
    await reconcile();
    await close();

    expect(condition('Ready')).to.include({ status: 'True' });
    expect(condition('Reachable')).to.include({ status: 'True', reason: 'CertificateUnverified' });
    expect(condition('Reachable')?.message).to.contain('WARNING').and.to.contain('spec.tls.fingerprints');
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal([
      'Warning CertificateUnverified',
      'Normal Ready',
    ]);
    expect(logger.lines.filter(({ level }) => level === 'warn')).to.have.lengthOf(1);
  });

  it('that is not verified is warned of also where the credentials do not suffice', async () => {
    handler = (_request, response) => {
      response.writeHead(401, 'invalid token value!', { Server: HEADERS.Server });
      response.end();
    };
    const { condition, reconcile, close } = world({ insecureSkipVerify: true });
    await reconcile();
    await close();

    expect(condition('Ready')).to.include({ status: 'False', reason: 'Unauthorized' });
    expect(condition('Reachable')).to.include({ status: 'True', reason: 'CertificateUnverified' });
  });

  it('by a pin is Ready, without a warning', async () => {
    const { condition, events, reconcile, close } = world({
      fingerprints: [OTHER, server.fingerprint],
      insecureSkipVerify: false,
    });
    await reconcile();
    await close();

    expect(condition('Ready')).to.include({ status: 'True' });
    expect(condition('Reachable')).to.include({ status: 'True', reason: 'Reachable' });
    expect(events.map(({ type }) => type)).to.deep.equal(['Normal']);
  });

  it('with a certificate that is not pinned waits for a person, and tells which it found', async () => {
    const { condition, reconcile, close } = world({ fingerprints: [OTHER], insecureSkipVerify: false });
    await reconcile();
    await close();

    for (const type of ['Ready', 'Reachable']) {
      expect(condition(type)).to.include({ status: 'False', reason: 'CertificateUntrusted' });
      expect(condition(type)?.message).to.contain(server.fingerprint);
    }
    expect(condition('Stalled')).to.include({ status: 'True' });
  });

  it('by user and password is Ready', async () => {
    const { condition, reconcile, close } = world({ insecureSkipVerify: true }, LOGIN);
    await reconcile();
    await close();

    expect(condition('Ready')).to.include({ status: 'True' });
    expect(condition('Authorized')).to.include({ status: 'True' });
  });

  it('by a user with a second factor is Unauthorized, and a token recommended', async () => {
    handler = (_request, response) => {
      response.writeHead(200, HEADERS);
      const data = { username: LOGIN.username, ticket: 'PVE:!tfa!x:6921A596::c2ln', NeedTFA: 1 };
      response.end(JSON.stringify({ data }));
    };
    const { condition, reconcile, close } = world({ insecureSkipVerify: true }, LOGIN);
    await reconcile();
    await close();

    expect(condition('Authorized')).to.include({ status: 'False', reason: 'Unauthorized' });
    expect(condition('Ready')?.message).to.contain('API token');
    expect(condition('Stalled')).to.include({ status: 'True' });
  });

  for (const content of [TOKEN_SECRET, LOGIN]) {
    it(`shows no secret in condition, event or log, whatever is sent back to a ${Object.keys(content)[1]}`, async () => {
      const shown: unknown[] = [];
      for (const tls of [
        { insecureSkipVerify: true },
        { fingerprints: [OTHER], insecureSkipVerify: false },
      ]) {
        const { clock, events, logger, stored, reconcile, close } = world(tls, content);
        for (const status of [200, 400, 401, 403, 500, 501, 502, 595]) {
          handler = (request, response) => void echo(request, response, status);
          await reconcile();
          shown.push(stored());
          // When a login is tried again, and a ticket renewed.
          clock.advance(3_700_000);
          handler = answer;
          await reconcile();
          shown.push(stored());
        }
        await close();
        expect(events).not.to.deep.equal([]);
        shown.push(events, logger.lines);
      }

      const text = inspect(shown, {
        depth: Number.POSITIVE_INFINITY,
        showHidden: true,
        maxStringLength: null,
      });
      expect(text).to.contain('Unauthorized').and.to.contain('CertificateUntrusted');
      for (const secret of [TOKEN.secret, LOGIN.password, TICKET, CSRF]) {
        expect(text).not.to.contain(secret).and.not.to.contain(encodeURIComponent(secret));
      }
    });
  }

  async function echo(request: IncomingMessage, response: ServerResponse, status: number): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = Buffer.concat(chunks).toString();
    const { authorization = '', cookie = '' } = request.headers;
    const { password = '' } = Object.fromEntries(new URLSearchParams(form));
    const sent = [form, password, authorization, cookie, decodeURIComponent(cookie)].join(' ');
    response.writeHead(status, 'no', HEADERS);
    response.end(JSON.stringify({ data: { [sent]: sent }, message: sent, errors: { [sent]: sent } }));
  }
});
