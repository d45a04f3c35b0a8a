import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface AuditFiles {
  readonly policy: string;
  readonly log: string;
}

/** A request as kube-apiserver judged it: what RBAC looks at, and the answer. */
export interface AuditedRequest {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With its subresource, such as `balancepolicies/status`; for what is no resource its path, such as `/api`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

/** ServiceAccounts alone: what administrators and the API server itself do would fill the log. */
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

/** Writes the audit policy of a kube-apiserver. */
export async function writeAuditPolicy(directory: string): Promise<AuditFiles> {
  const files = { policy: join(directory, 'audit-policy.json'), log: join(directory, 'audit.log') };
  await writeFile(files.policy, JSON.stringify(POLICY));
  // kube-apiserver writes it with the first request that matters.
  await writeFile(files.log, '');
  return files;
}

/** A watch is there twice, when it begins and when it has ended. */
export function readAuditLog(path: string, user: string): readonly AuditedRequest[] {
  return (
    readFileSync(path, 'utf8')
      .split('\n')
      // The last one may be about to be written.
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter((event) => event.user.username === user)
      .map(({ verb, requestURI, objectRef = {}, responseStatus }) => ({
        verb,
        group: objectRef.apiGroup ?? '',
        resource: objectRef.resource
          ? [objectRef.resource, objectRef.subresource].filter(Boolean).join('/')
          : requestURI.split('?')[0],
        namespace: objectRef.namespace ?? '',
        name: objectRef.name ?? '',
        code: responseStatus?.code ?? 0,
      }))
  );
}
