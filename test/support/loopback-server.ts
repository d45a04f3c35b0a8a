// x509's dependency injection needs the Reflect polyfill to be there first.
import 'reflect-metadata';

import { randomUUID, webcrypto, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import * as x509 from '@peculiar/x509';

export interface LoopbackServer {
  readonly url: string;
  /** PEM of the CA that signed its certificate. */
  readonly caCertificate: string;
  /** PEM of its own certificate and its key. */
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of its own certificate. */
  readonly fingerprint: string;
  /** `GET /api2/json/version`, in the order of arrival. */
  readonly requests: readonly string[];
  /** TCP connections accepted so far. */
  readonly connections: readonly Socket[];
  /** Most requests that were unanswered at once. */
  busiest(): number;
  close(): Promise<void>;
}

export interface LoopbackOptions {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** What the certificate is for; 127.0.0.1 when absent. */
  readonly certificateName?: string;
  readonly expired?: boolean;
  readonly maxTlsVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** An HTTPS server on 127.0.0.1 with a CA of its own, for what nock cannot show: TLS, connections, timeouts. */
export async function startLoopbackServer(options: LoopbackOptions): Promise<LoopbackServer> {
  const { authority, certificate, key } = await certificates(options);
  const requests: string[] = [];
  const connections: Socket[] = [];
  let open = 0;
  let busiest = 0;
  const tls = { cert: certificate, key, maxVersion: options.maxTlsVersion ?? 'TLSv1.3' } as const;
  const server = createServer({ ...tls, keepAliveTimeout: 600_000 }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    open += 1;
    busiest = Math.max(busiest, open);
    response.once('close', () => {
      open -= 1;
    });
    options.handler(request, response);
  });
  server.on('connection', (socket: Socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    caCertificate: authority,
    certificate,
    key,
    fingerprint: new X509Certificate(certificate).fingerprint256,
    requests,
    connections,
    busiest: () => busiest,
    async close() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

async function certificates({ certificateName = '127.0.0.1', expired = false }: LoopbackOptions) {
  const now = Date.now();
  const validity = {
    notBefore: new Date(now - 2 * DAY_MS),
    notAfter: new Date(now + (expired ? -DAY_MS : DAY_MS)),
  };
  const authorityKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    // Of its own, so that a bundle of several is not ambiguous.
    name: `CN=Test CA ${randomUUID()}`,
    notBefore: validity.notBefore,
    notAfter: new Date(now + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys: authorityKeys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=pve1',
    issuer: authority.subject,
    ...validity,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: /^[\d.]+$/.test(certificateName) ? 'ip' : 'dns', value: certificateName },
      ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    authority: authority.toString('pem'),
    certificate: certificate.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag),
  };
}
