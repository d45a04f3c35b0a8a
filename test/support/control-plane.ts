import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureControlPlane } from '../../scripts/control-plane.mjs';
import { type AuditedRequest, readAuditLog, writeAuditPolicy } from './audit-log.ts';
import { apiServerArguments, etcdArguments, tokenAuthFile } from './control-plane-arguments.ts';
import { freePort } from './free-port.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { createReaper, type Reaper } from './reaper.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { writeServiceAccountKeys } from './service-account-keys.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** Who a kubeconfig speaks for: a user named in `startControlPlane`, or a ServiceAccount that exists. */
export type Subject = { readonly user: string } | { readonly serviceAccount: ServiceAccountName };

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** etcd and kube-apiserver on loopback: no controllers, so nothing collects garbage or finishes deleting a namespace. */
export interface ControlPlane {
  /** Path of a kubeconfig in group `system:masters`. */
  readonly adminKubeconfig: string;
  readonly serverUrl: string;
  /** Path of the PEM file by which the API server is known. */
  readonly certificateAuthority: string;
  /** What a ServiceAccount asked the API server so far, and what it was answered. */
  requestsOf(account: ServiceAccountName): readonly AuditedRequest[];
  /** Runs kubectl as the administrator, `input` on its standard input. Resolves whatever its exit code. */
  kubectl(args: readonly string[], input?: string): Promise<CommandResult>;
  /** Path of a new kubeconfig that speaks for `subject` and nobody else; a ServiceAccount's token lasts a day. */
  kubeconfigFor(subject: Subject): Promise<string>;
  /** With SIGKILL: clients see connections reset, then refused. etcd and so every object stays. */
  killApiServer(): Promise<void>;
  /** Starts a killed kube-apiserver on its old port, with its old certificate; resolves when it is ready. */
  restartApiServer(): Promise<void>;
  /** Kills both and removes their files. Happens by itself when this process ends, however it ends. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Users without any right, for `kubeconfigFor`. */
  readonly users?: readonly string[];
  /** Aborted while it starts, it is given up; afterwards there is `stop`. */
  readonly signal?: AbortSignal;
}

/**
 * Builds the control plane first where it is neither in the cache nor in `KUBEBUILDER_ASSETS`; then takes about 3 s.
 *
 * Everything is killed with SIGKILL: after SIGTERM a kube-apiserver goes on serving open watches, and without its
 * etcd it does not exit at all.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureControlPlane(process.env);
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-control-plane-'));
  const reaper = createReaper(directory);
  try {
    return await startIn(directory, binaries, options, reaper);
  } catch (error) {
    await reaper.reap();
    throw error;
  }
}

async function startIn(
  directory: string,
  binaries: string,
  { users = [], signal }: ControlPlaneOptions,
  reaper: Reaper,
): Promise<ControlPlane> {
  const tokens = new Map(['admin', ...users].map((name) => [name, randomBytes(24).toString('hex')]));
  const adminToken = tokenOf('admin');
  const files = {
    tokens: join(directory, 'tokens.csv'),
    certificates: join(directory, 'certificates'),
    audit: await writeAuditPolicy(directory),
    ...(await writeServiceAccountKeys(directory)),
  };
  await writeFile(files.tokens, tokenAuthFile(tokens), { mode: 0o600 });

  const etcdPort = await freePort();
  const etcd = startServerProcess({
    name: 'etcd',
    binary: join(binaries, 'etcd'),
    args: etcdArguments({
      clientPort: etcdPort,
      peerPort: await freePort(),
      dataDirectory: join(directory, 'etcd'),
    }),
    directory,
    reaper,
  });

  const port = await freePort();
  const serverUrl = `https://127.0.0.1:${port}`;
  const certificateAuthority = join(files.certificates, 'apiserver.crt');
  let apiServer = await startApiServer();
  let kubeconfigs = 0;
  const adminKubeconfig = await writeKubeconfig(adminToken);

  async function startApiServer(): Promise<ServerProcess> {
    const started = startServerProcess({
      name: 'kube-apiserver',
      binary: join(binaries, 'kube-apiserver'),
      args: apiServerArguments({ port, etcdPort, files }),
      directory,
      reaper,
    });
    await waitUntilReady({
      url: `${serverUrl}/readyz`,
      token: adminToken,
      processes: [etcd, started],
      signal,
    });
    return started;
  }

  function tokenOf(user: string): string {
    const token = tokens.get(user);
    if (token !== undefined) return token;
    throw new Error(
      `No user ${user} in this control plane: name it in startControlPlane({ users: ['${user}'] }).`,
    );
  }

  async function writeKubeconfig(token: string): Promise<string> {
    kubeconfigs += 1;
    const path = join(directory, `kubeconfig-${kubeconfigs}.yaml`);
    await writeFile(path, await kubeconfigText({ serverUrl, certificateAuthority, token }), { mode: 0o600 });
    return path;
  }

  function kubectl(args: readonly string[], input?: string): Promise<CommandResult> {
    const common = ['--kubeconfig', adminKubeconfig, '--cache-dir', join(directory, 'kubectl-cache')];
    // A person's own kuberc must not change what a test's kubectl does.
    const environment = { ...process.env, KUBERC: 'off' };
    return runCommand(join(binaries, 'kubectl'), [...common, ...args], environment, input);
  }

  return {
    adminKubeconfig,
    serverUrl,
    certificateAuthority,
    requestsOf: ({ namespace, name }) =>
      readAuditLog(files.audit.log, `system:serviceaccount:${namespace}:${name}`),
    kubectl,
    async kubeconfigFor(subject) {
      if ('user' in subject) return writeKubeconfig(tokenOf(subject.user));
      const { namespace, name } = subject.serviceAccount;
      const result = await kubectl(['create', 'token', name, '--namespace', namespace, '--duration', '24h']);
      if (result.code !== 0)
        throw new Error(`No token for ServiceAccount ${namespace}/${name}: ${result.stderr}`);
      return writeKubeconfig(result.stdout.trim());
    },
    async killApiServer() {
      await apiServer.kill();
    },
    async restartApiServer() {
      await apiServer.kill();
      apiServer = await startApiServer();
    },
    async stop() {
      await Promise.all([apiServer.kill(), etcd.kill()]);
      await reaper.reap();
    },
  };
}
