import { X509Certificate } from 'node:crypto';
import { OperatorError } from '../lib/errors.ts';

/** `https://host:8006` without a trailing slash. Throws `InvalidSpec`. */
export function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const complaint = !url
    ? 'it is not a URL'
    : url.protocol !== 'https:'
      ? 'only https is spoken'
      : url.username || url.password || url.search || url.hash
        ? 'it must not carry credentials, a query or a fragment'
        : undefined;
  if (!url || complaint) {
    const shown = url ? `${url.protocol}//${url.host}` : 'The endpoint';
    throw new OperatorError(
      'InvalidSpec',
      `${shown} cannot be used: ${complaint}. Write it like https://pve1.example:8006.`,
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Throws `CertificateUntrusted` when a PEM bundle holds no usable certificate. */
export function checkCaCertificates(pem: string): void {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (certificates.length === 0) throw new Error('none');
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    throw new OperatorError(
      'CertificateUntrusted',
      'The CA given in spec.tls.caRef is not a PEM certificate. Put the content of /etc/pve/pve-root-ca.pem there.',
    );
  }
}
