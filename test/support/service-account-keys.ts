import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ServiceAccountKeyFiles {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Writes the key pair with which kube-apiserver signs and checks ServiceAccount tokens; returns their paths. */
export async function writeServiceAccountKeys(directory: string): Promise<ServiceAccountKeyFiles> {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const files = {
    privateKey: join(directory, 'service-account.key'),
    publicKey: join(directory, 'service-account.pub'),
  };
  await writeFile(files.privateKey, pair.privateKey, { mode: 0o600 });
  await writeFile(files.publicKey, pair.publicKey);
  return files;
}
