// x509's dependency injection needs the Reflect polyfill to be there first (docs/decisions/x509.md).
import 'reflect-metadata';

import { createHash, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What makes a cluster recognisable over restarts: its CA and its nodes' certificates. */
export interface ClusterIdentity {
  readonly authority: KeyPair;
  readonly nodes: Readonly<Record<string, KeyPair>>;
}

export interface CertificateInformation {
  readonly authority: string;
  /** PEM of a node's certificate. */
  ofNode(node: string): string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/**
 * A CA and one certificate per node, valid around `now` and around the real present, since whoever connects judges
 * by its own clock. Keys are ECDSA where PVE has RSA: they take no noticeable time to make.
 */
export async function createIdentity(
  clusterName: string,
  nodes: readonly { readonly name: string; readonly addresses: readonly string[] }[],
  now: number,
): Promise<ClusterIdentity> {
  const earliest = Math.min(now, Date.now()) - DAY_MS;
  const latest = Math.max(now, Date.now());
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [
      { CN: ['Proxmox Virtual Environment'] },
      { OU: [webcrypto.randomUUID()] },
      { O: [`PVE Cluster ${clusterName}`] },
    ],
    notBefore: new Date(earliest),
    notAfter: new Date(latest + 3650 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certificates: Record<string, KeyPair> = {};
  for (const node of nodes) {
    const nodeKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const names = ['127.0.0.1', '::1', 'localhost', ...node.addresses, node.name, `${node.name}.example`];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [
        { CN: [`${node.name}.example`] },
        { OU: ['PVE Cluster Node'] },
        { O: ['Proxmox Virtual Environment'] },
      ],
      issuer: authority.subjectName,
      notBefore: new Date(earliest),
      notAfter: new Date(latest + 730 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: nodeKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          [...new Set(names)].map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    certificates[node.name] = { certificate: certificate.toString('pem'), key: await privateKey(nodeKeys) };
  }
  return {
    authority: { certificate: authority.toString('pem'), key: await privateKey(keys) },
    nodes: certificates,
  };
}

/** SHA-256, upper-case hexadecimal with colons (docs/proxmox-api.md §1.17). */
export function fingerprintOf(pem: string): string {
  const digest = createHash('sha256').update(new NodeCertificate(pem).raw).digest('hex').toUpperCase();
  return digest.replaceAll(/(..)(?=.)/g, '$1:');
}

async function privateKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag);
}

// Positive and never the same for two certificates of one CA.
function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString('hex')
    .padStart(32, '01');
}
