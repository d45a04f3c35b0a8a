import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { withHeldTimers } from '../../../support/held-timers.ts';
import {
  type LoopbackOptions,
  type LoopbackServer,
  startLoopbackServer,
} from '../../../support/loopback-server.ts';
import {
  impatientClock,
  operatorError,
  REQUEST_TIMEOUT_MS,
  testClient,
} from '../../../support/proxmox-client.ts';

const HEADERS = { Server: 'pve-api-daemon/3.0', 'Content-Type': 'application/json;charset=UTF-8' };

function answerOk(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, HEADERS);
  response.end('{"data":1}');
}

describe('Proxmox client: connections', () => {
  const servers: LoopbackServer[] = [];

  async function start(options: Partial<LoopbackOptions> = {}): Promise<LoopbackServer> {
    const server = await startLoopbackServer({ handler: answerOk, ...options });
    servers.push(server);
    return server;
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  describe('TLS', () => {
    it('trusts the CA it is given', async () => {
      const server = await start();

      const answer = await testClient([server.url], { caCertificates: server.caCertificate }).get('/version');

      expect(answer.data).to.equal(1);
    });

    it('refuses a certificate of another CA before anything is sent', async () => {
      const server = await start();
      const other = await start();
      const client = testClient([server.url], { caCertificates: other.caCertificate });

      const error = await operatorError(client.get('/version'));
      const outcome = await client.post('/nodes/pve1/qemu/102/migrate', { target: 'pve2' });

      expect(error.code).to.equal('CertificateUntrusted');
      expect(error.message).to.contain(server.url).and.to.contain('spec.tls.caRef');
      expect(outcome.kind).to.equal('Unknown');
      expect(server.requests).to.deep.equal([]);
    });

    it('without a CA of its own trusts only those of the system', async () => {
      const server = await start();

      expect((await operatorError(testClient([server.url]).get('/version'))).code).to.equal(
        'CertificateUntrusted',
      );
    });

    it('verifies even where the environment says not to', async () => {
      const server = await start();
      const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      try {
        expect((await operatorError(testClient([server.url]).get('/version'))).code).to.equal(
          'CertificateUntrusted',
        );
      } finally {
        if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      }
    });

    it('refuses a certificate for another name', async () => {
      const server = await start({ certificateName: 'pve9.example' });

      const error = await operatorError(
        testClient([server.url], { caCertificates: server.caCertificate }).get('/version'),
      );

      expect(error.code).to.equal('CertificateUntrusted');
      expect(error.message).to.contain('other names');
    });

    it('refuses an expired certificate', async () => {
      const server = await start({ expired: true });

      const error = await operatorError(
        testClient([server.url], { caCertificates: server.caCertificate }).get('/version'),
      );

      expect(error.code).to.equal('CertificateUntrusted');
      expect(error.message).to.contain('expired');
    });

    it('goes to the next endpoint past one it does not trust', async () => {
      const untrusted = await start();
      const server = await start();
      const client = testClient([untrusted.url, server.url], { caCertificates: server.caCertificate });

      expect((await client.get('/version')).data).to.equal(1);
      expect(client.activeEndpoint).to.equal(server.url);
    });

    it('refuses a CA that is none', () => {
      for (const caCertificates of [
        '',
        'not PEM',
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      ]) {
        expect(() => testClient(['https://pve1.example:8006'], { caCertificates }))
          .to.throw()
          .with.property('code', 'CertificateUntrusted');
      }
    });
  });

  it('reads over one connection, one call after the other', async () => {
    const server = await start();
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    for (let count = 0; count < 5; count += 1) await client.get('/version');

    expect(server.connections).to.have.lengthOf(1);
  });

  it('uses a connection for a hundred requests, as many as PVE answers', async () => {
    const server = await start();
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    for (let count = 0; count < 101; count += 1) await client.get('/version');

    expect(server.connections).to.have.lengthOf(2);
  });

  it('asks again at once, over a new connection, where the server has given up the old ones', async () => {
    const served = new WeakMap<object, number>();
    const server = await start({
      handler(request, response) {
        const count = served.get(request.socket) ?? 0;
        served.set(request.socket, count + 1);
        // A worker that ends takes its connections with it.
        if (count > 0) request.socket.destroy();
        else answerOk(request, response);
      },
    });
    const clock = impatientClock();
    const client = testClient([server.url], { caCertificates: server.caCertificate, clock });
    await Promise.all(Array.from({ length: 3 }, () => client.get('/version')));

    const answers = await Promise.all(Array.from({ length: 3 }, () => client.get('/version')));

    expect(answers.map(({ data }) => data)).to.deep.equal([1, 1, 1]);
    expect(clock.slept).to.deep.equal([]);
  });

  it('drops a connection that is idle', async () => {
    const server = await start();
    const client = testClient([server.url], { caCertificates: server.caCertificate, idleSocketMs: 50 });

    await client.get('/version');
    const [connection] = server.connections;

    if (connection && !connection.destroyed) await once(connection, 'close');
    expect(connection?.destroyed).to.equal(true);
  });

  it('posts over a connection of its own', async () => {
    const server = await start();
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    await client.get('/version');
    await client.post('/nodes/pve1/qemu/102/migrate', { target: 'pve2' });

    expect(server.connections).to.have.lengthOf(2);
  });

  it('keeps three calls in flight at most', async () => {
    const held: ServerResponse[] = [];
    const server = await start({
      handler(request, response) {
        held.push(response);
        // The first three wait for each other, so that all of them are seen at once.
        if (held.length >= 3) for (const each of held.splice(0)) answerOk(request, each);
      },
    });
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    await Promise.all(Array.from({ length: 12 }, () => client.get('/version')));

    expect(server.busiest()).to.equal(3);
    expect(server.requests).to.have.lengthOf(12);
  });

  it('does not wait for ever', () =>
    withHeldTimers(async (pass) => {
      const server = await start({ handler: () => pass(REQUEST_TIMEOUT_MS) });
      const client = testClient([server.url], { caCertificates: server.caCertificate });

      const error = await operatorError(client.get('/version'));
      const before = server.requests.length;
      const outcome = await client.post('/nodes/pve1/qemu/102/migrate', { target: 'pve2' });

      expect(error.code).to.equal('Unreachable');
      expect(error.message).to.contain('no answer in time');
      expect(outcome.kind).to.equal('Unknown');
      expect(server.requests).to.have.lengthOf(before + 1);
    }));

  it('a body that stops halfway is no answer', async () => {
    const server = await start({
      handler(_request, response) {
        response.writeHead(200, { ...HEADERS, 'Content-Length': '100' });
        response.write('{"data":', () => response.destroy());
      },
    });
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    expect((await operatorError(client.get('/version'))).code).to.equal('Unreachable');
    expect((await client.post('/x', {})).kind).to.equal('Unknown');
  });

  it('ends what is in flight when it is closed', async () => {
    let asked = () => undefined as undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = () => void resolve();
    });
    const server = await start({ handler: () => asked() });
    const client = testClient([server.url], { caCertificates: server.caCertificate });

    const call = operatorError(client.get('/version'));
    await arrived;
    await client.close();

    expect((await call).message).to.contain('closed');
  });

  describe('options', () => {
    for (const endpoint of [
      'pve1.example',
      'http://pve1.example:8006',
      'https://root:pw@pve1.example:8006',
    ]) {
      it(`refuses the endpoint ${endpoint}`, () => {
        expect(() => testClient([endpoint]))
          .to.throw()
          .with.property('code', 'InvalidSpec');
      });
    }

    it('never shows a password in an endpoint', () => {
      expect(() => testClient(['https://root:hunter2@pve1.example:8006']))
        .to.throw()
        .with.property('message')
        .that.does.not.contain('hunter2');
    });

    for (const token of [
      { id: 'balancer@pve', secret: 'x' },
      { id: 'balancer@pve!operator', secret: '' },
      { id: 'balancer@pve!operator', secret: 'two\nlines' },
    ]) {
      it(`refuses the token ${JSON.stringify(token)}`, () => {
        expect(() => testClient(['https://pve1.example:8006'], { credentials: { kind: 'Token', ...token } }))
          .to.throw()
          .with.property('code', 'CredentialsInvalid');
      });
    }
  });
});
