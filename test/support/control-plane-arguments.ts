import type { AuditFiles } from './audit-log.ts';
import type { ServiceAccountKeyFiles } from './service-account-keys.ts';

export interface ApiServerFiles extends ServiceAccountKeyFiles {
  readonly tokens: string;
  /** Folder in which kube-apiserver leaves its self-signed `apiserver.crt`. */
  readonly certificates: string;
  /** Which requests are recorded, and where. */
  readonly audit: AuditFiles;
}

export function etcdArguments(etcd: {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDirectory: string;
}): string[] {
  const clientUrl = `http://127.0.0.1:${etcd.clientPort}`;
  const peerUrl = `http://127.0.0.1:${etcd.peerPort}`;
  return [
    '--name=test',
    `--data-dir=${etcd.dataDirectory}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=test=${peerUrl}`,
    // The data lives as long as the test run: waiting for the disk would only slow every write.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export function apiServerArguments(server: {
  readonly port: number;
  readonly etcdPort: number;
  readonly files: ApiServerFiles;
}): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${server.etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${server.port}`,
    `--cert-dir=${server.files.certificates}`,
    `--token-auth-file=${server.files.tokens}`,
    '--authorization-mode=RBAC',
    // It would want a token controller, which is not there.
    '--disable-admission-plugins=ServiceAccount',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${server.files.privateKey}`,
    `--service-account-key-file=${server.files.publicKey}`,
    `--audit-policy-file=${server.files.audit.policy}`,
    `--audit-log-path=${server.files.audit.log}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // A loopback address is refused as an endpoint of the service `kubernetes`, which nobody here uses.
    '--endpoint-reconciler-type=none',
    '--profiling=false',
  ];
}

/** kube-apiserver's static token file: token, user, uid, groups. The user `admin` may do everything. */
export function tokenAuthFile(tokens: ReadonlyMap<string, string>): string {
  return [...tokens]
    .map(([user, token]) => `${token},${user},${user},"${user === 'admin' ? 'system:masters' : ''}"\n`)
    .join('');
}
