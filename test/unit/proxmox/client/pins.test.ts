import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { eventually } from '../../../support/eventually.ts';
import {
  type LoopbackOptions,
  type LoopbackServer,
  startLoopbackServer,
} from '../../../support/loopback-server.ts';
import { LOGIN, operatorError, testClient } from '../../../support/proxmox-client.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';

const OTHER = Array.from({ length: 32 }, () => 'AB').join(':');

function answerOk(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { Server: 'pve-api-daemon/3.0' });
  response.end('{"data":1}');
}

describe('Proxmox client: pinned certificates', () => {
  const closing: (() => Promise<void>)[] = [];

  async function start(options: Partial<LoopbackOptions> = {}): Promise<LoopbackServer> {
    const server = await startLoopbackServer({ handler: answerOk, ...options });
    closing.push(() => server.close());
    return server;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  for (const maxTlsVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`takes a pinned certificate, whoever signed it, on every new connection: ${maxTlsVersion}`, async () => {
      const server = await start({ maxTlsVersion, expired: true, certificateName: 'pve9.example' });
      const client = testClient([server.url], { fingerprints: [OTHER, server.fingerprint] });

      // Each POST has a connection of its own; none may resume a session, which would show no certificate.
      for (let count = 0; count < 4; count += 1) {
        expect((await client.post('/x', {})).kind).to.equal('Done');
        expect((await client.get('/version')).data).to.equal(1);
      }
      expect(server.connections).to.have.lengthOf(5);
    });

    it(`refuses another certificate before a byte is sent: ${maxTlsVersion}`, async () => {
      const { url, caCertificate, received } = await startListener(maxTlsVersion);

      for (let count = 0; count < 5; count += 1) {
        const client = testClient([url], { fingerprints: [OTHER] });
        const error = await operatorError(client.get('/version'));
        const outcome = await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

        expect(error.code).to.equal('CertificateUntrusted');
        expect(outcome.kind).to.equal('Unknown');
      }
      expect(received()).to.equal(0);
      // The same request does arrive where the certificate is taken, so the count counts.
      const taking = testClient([url], { caCertificates: caCertificate });
      const unanswered = operatorError(taking.get('/version'));
      await eventually(() => received() > 0);
      await taking.close();
      expect((await unanswered).code).to.equal('Unreachable');
    });
  }

  /** A server that speaks TLS and counts what is sent to it. */
  async function startListener(maxVersion: 'TLSv1.2' | 'TLSv1.3') {
    const { certificate, key, caCertificate, fingerprint } = await start();
    let bytes = 0;
    const sockets = new Set<TLSSocket>();
    const server = createServer({ cert: certificate, key, maxVersion }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return { url: `https://127.0.0.1:${address.port}`, caCertificate, fingerprint, received: () => bytes };
  }

  it('names the fingerprint it found, and where to compare it', async () => {
    const server = await start();

    const { message } = await operatorError(
      testClient([server.url], { fingerprints: [OTHER] }).get('/version'),
    );

    expect(message)
      .to.contain(server.fingerprint)
      .and.to.contain('spec.tls.fingerprints')
      .and.to.contain('pvenode cert info');
  });

  it('does not log in by password to another certificate', async () => {
    const server = await start();
    const credentials = { kind: 'Password', ...LOGIN } as const;

    const error = await operatorError(
      testClient([server.url], { fingerprints: [OTHER], credentials }).get('/version'),
    );

    expect(error.code).to.equal('CertificateUntrusted');
    expect(server.requests).to.deep.equal([]);
  });

  it('with a CA and pins wants both', async () => {
    const [server, other] = [await start(), await start()];
    const { caCertificate: caCertificates, fingerprint } = server;
    const code = async (trust: object) =>
      await testClient([server.url], trust)
        .get('/version')
        .then(
          () => 'taken',
          (error: unknown) => Object(error).code,
        );

    expect(await code({ caCertificates, fingerprints: [fingerprint] })).to.equal('taken');
    expect(await code({ caCertificates, fingerprints: [OTHER] })).to.equal('CertificateUntrusted');
    expect(await code({ caCertificates: other.caCertificate, fingerprints: [fingerprint] })).to.equal(
      'CertificateUntrusted',
    );
  });

  describe('insecureSkipVerify', () => {
    it('takes any certificate, and says so in the log', async () => {
      const server = await start({ expired: true, certificateName: 'pve9.example' });
      const logger = createRecordingLogger();
      const client = testClient([server.url], { insecureSkipVerify: true, logger });

      expect((await client.get('/version')).data).to.equal(1);
      expect(logger.lines.filter(({ level }) => level === 'warn')).to.deep.equal([
        {
          level: 'warn',
          fields: { endpoints: [server.url] },
          message: 'Does not verify the certificates of endpoints',
        },
      ]);
    });

    it('does not weaken a CA or a pin', async () => {
      const [server, other] = [await start(), await start()];
      for (const trust of [{ caCertificates: other.caCertificate }, { fingerprints: [OTHER] }]) {
        const logger = createRecordingLogger();
        const client = testClient([server.url], { ...trust, insecureSkipVerify: true, logger });

        expect((await operatorError(client.get('/version'))).code).to.equal('CertificateUntrusted');
        expect(logger.lines.filter(({ message }) => message.includes('not verify'))).to.deep.equal([]);
      }
      expect(server.requests).to.deep.equal([]);
    });
  });
});
