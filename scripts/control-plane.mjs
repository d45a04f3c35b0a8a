import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { PrerequisiteError, requireGo } from './prerequisites.mjs';

const MODULE_DIRECTORY = fileURLToPath(new URL('../test/control-plane', import.meta.url));
const PROGRESS_MS = 10_000;

/** In the order they are built: the quick ones first. */
const BINARIES = [
  { name: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kubectl', package: 'k8s.io/kubernetes/cmd/kubectl' },
  { name: 'kube-apiserver', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
];

/** @typedef {{ kubernetes: string, etcd: string }} Versions such as `v1.36.3` */

/**
 * The folder that holds etcd, kube-apiserver and kubectl: `KUBEBUILDER_ASSETS` where set, otherwise a cache
 * outside the checkout, into which the missing ones are built. Several processes may call this at once.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>}
 * @throws {PrerequisiteError} where a binary is missing and cannot be built
 */
export async function ensureControlPlane(environment) {
  requireControlPlane(environment);
  const directory = controlPlaneDirectory(environment);
  if (missingBinaries(directory).length === 0) return directory;
  await withLock(
    join(directory, 'build.lock'),
    () => buildMissing(directory, environment),
    () => console.error('Waiting for another run that is building the control plane ...'),
  );
  return directory;
}

/**
 * Fails early: checks that the control plane is there or can be built, without building it.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @throws {PrerequisiteError}
 */
export function requireControlPlane(environment) {
  const missing = missingBinaries(controlPlaneDirectory(environment));
  if (missing.length === 0) return;
  if (environment.KUBEBUILDER_ASSETS) {
    throw new PrerequisiteError(
      `KUBEBUILDER_ASSETS is ${environment.KUBEBUILDER_ASSETS}, which has no ${missing.map(({ name }) => name).join(', no ')}: point it at a folder with etcd, kube-apiserver and kubectl, or unset it to have them built.`,
    );
  }
  requireGo(MODULE_DIRECTORY, goEnvironment(environment));
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string}
 */
function controlPlaneDirectory(environment) {
  const given = environment.KUBEBUILDER_ASSETS;
  if (given) return given;
  const versions = pinnedVersions(readFileSync(join(MODULE_DIRECTORY, 'go.mod'), 'utf8'));
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(
    cache,
    'pve-cslb-operator',
    'control-plane',
    cacheKey(versions, process.platform, process.arch),
  );
}

/**
 * @param {string} goMod text of the module's go.mod, which alone pins the versions
 * @returns {Versions}
 */
export function pinnedVersions(goMod) {
  return {
    kubernetes: pinnedVersion(goMod, 'k8s.io/kubernetes'),
    etcd: pinnedVersion(goMod, 'go.etcd.io/etcd/server/v3'),
  };
}

/**
 * @param {string} goMod
 * @param {string} module
 */
function pinnedVersion(goMod, module) {
  for (const line of goMod.split('\n')) {
    const [name, version] = line
      .replace(/^\s*require\s/, '')
      .trim()
      .split(/\s+/);
    if (name === module && version !== undefined && /^v\d/.test(version)) return version;
  }
  throw new Error(`test/control-plane/go.mod requires no ${module}`);
}

/**
 * @param {Versions} versions
 * @param {string} platform as Node names it
 * @param {string} architecture as Node names it
 */
export function cacheKey(versions, platform, architecture) {
  return `${versions.kubernetes}-${versions.etcd}-${platform}-${goArchitecture(architecture)}`;
}

/** @param {string} architecture */
function goArchitecture(architecture) {
  return architecture === 'x64' ? 'amd64' : architecture;
}

/**
 * Flags for the linker: no symbol tables (they double the size), and the version, which a build from the module
 * cache cannot take from git.
 *
 * @param {string} kubernetesVersion
 */
export function linkerFlags(kubernetesVersion) {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const settings = packages.flatMap((name) =>
    Object.entries(values).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
  return ['-s', '-w', ...settings].join(' ');
}

/** @param {string} directory */
function missingBinaries(directory) {
  return BINARIES.filter(({ name }) => !existsSync(join(directory, name)));
}

/**
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} environment
 */
async function buildMissing(directory, environment) {
  const missing = missingBinaries(directory);
  if (missing.length === 0) return;
  const versions = pinnedVersions(readFileSync(join(MODULE_DIRECTORY, 'go.mod'), 'utf8'));
  console.error(
    `Building the control plane (Kubernetes ${versions.kubernetes}, etcd ${versions.etcd}) into ${directory}: once, 5 to 8 minutes on 2 cores.`,
  );
  mkdirSync(directory, { recursive: true });
  // In the same folder, so that the finished file is renamed into place whole or not at all.
  const scratch = mkdtempSync(join(directory, '.build-'));
  try {
    for (const [index, binary] of missing.entries()) {
      const target = join(scratch, binary.name);
      const label = `${binary.name} (${index + 1} of ${missing.length})`;
      await goBuild(binary.package, target, label, linkerFlags(versions.kubernetes), environment);
      renameSync(target, join(directory, binary.name));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} goPackage
 * @param {string} target
 * @param {string} label
 * @param {string} flags
 * @param {NodeJS.ProcessEnv} environment
 */
async function goBuild(goPackage, target, label, flags, environment) {
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  console.error(`  ${label} ...`);
  const progress = setInterval(() => console.error(`  ${label} ... ${elapsed()}`), PROGRESS_MS);
  const args = [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    flags,
    '-o',
    target,
    goPackage,
  ];
  const child = spawn('go', args, {
    cwd: MODULE_DIRECTORY,
    env: goEnvironment(environment),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  try {
    // Shown only where it matters: hundreds of lines of downloads would hide the progress.
    const [output, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    if (code !== 0) {
      console.error(output.replaceAll(/^go: downloading .*\n/gm, ''));
      throw new PrerequisiteError(
        `${label} could not be built: go build ended with ${signal ?? `exit code ${code}`}; its output above says why (the first build needs the Go module proxy).`,
      );
    }
  } finally {
    clearInterval(progress);
    process.off('SIGTERM', stop);
  }
  console.error(`  ${label} built in ${elapsed()}`);
}

/**
 * The person's Go settings (proxy, caches, toolchain) without those that would change what is built.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
function goEnvironment(environment) {
  return {
    ...environment,
    CGO_ENABLED: '0',
    GOFLAGS: '',
    GOWORK: 'off',
    GOOS: process.platform,
    GOARCH: goArchitecture(process.arch),
  };
}
