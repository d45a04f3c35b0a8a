import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { withLock } from './lock.mjs';
import { PrerequisiteError, requireGo } from './prerequisites.mjs';

const PROGRESS_MS = 10_000;

/**
 * One binary, built from the package of a Go module.
 *
 * @typedef {object} GoTool
 * @property {string} name of the binary
 * @property {string} package that is built
 * @property {string} module whose version the linker is told
 * @property {(version: string) => string} linkerFlags
 */

/**
 * Binaries that belong together: built from one Go module of ours, whose go.mod alone pins their versions.
 *
 * @typedef {object} GoToolSet
 * @property {string} title as a sentence names it, such as `the control plane`
 * @property {string} purpose what needs it
 * @property {string} directory of the Go module
 * @property {string} variable that names a folder with the binaries, where a person has them already
 * @property {string} cache the folder in the project's cache
 * @property {string} duration of a first build
 * @property {readonly string[]} versions the modules whose versions name the build, most telling first
 * @property {readonly GoTool[]} tools in the order they are built: the quick ones first
 */

/**
 * The folder that holds the tools of a set: the one its variable names where set, otherwise a cache outside the
 * checkout, into which the missing ones are built. Several processes may call this at once.
 *
 * @param {GoToolSet} set
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>}
 * @throws {PrerequisiteError} where a binary is missing and cannot be built
 */
export async function ensureGoTools(set, environment) {
  requireGoTools(set, environment);
  const directory = toolDirectory(set, environment);
  if (missingTools(set, directory).length === 0) return directory;
  await withLock(
    join(directory, 'build.lock'),
    () => buildMissing(set, directory, environment),
    () => console.error(`Waiting for another run that is building ${set.title} ...`),
  );
  return directory;
}

/**
 * Fails early: checks that the tools are there or can be built, without building them.
 *
 * @param {GoToolSet} set
 * @param {NodeJS.ProcessEnv} environment
 * @throws {PrerequisiteError}
 */
export function requireGoTools(set, environment) {
  const missing = missingTools(set, toolDirectory(set, environment));
  if (missing.length === 0) return;
  const folder = `a folder with ${inWords(set.tools)}`;
  const given = environment[set.variable];
  if (given) {
    throw new PrerequisiteError(
      `${set.variable} is ${given}, which has no ${missing.map(({ name }) => name).join(', no ')}: point it at ${folder}, or unset it to have them built.`,
    );
  }
  requireGo(
    { needed: `${set.title} of ${set.purpose}`, remedy: `set ${set.variable} to ${folder}` },
    set.directory,
    goEnvironment(environment),
  );
}

/**
 * @param {GoToolSet} set
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string}
 */
function toolDirectory(set, environment) {
  const given = environment[set.variable];
  if (given) return given;
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  const versions = pinnedVersions(set);
  return join(
    cache,
    'pve-cslb-operator',
    set.cache,
    cacheKey(
      set.versions.map((module) => String(versions.get(module))),
      process.platform,
      process.arch,
    ),
  );
}

/** @param {GoToolSet} set */
function pinnedVersions(set) {
  const goMod = readFileSync(join(set.directory, 'go.mod'), 'utf8');
  return new Map(set.versions.map((module) => [module, pinnedVersion(goMod, module)]));
}

/**
 * @param {string} goMod text of a go.mod
 * @param {string} module
 * @returns {string} the version that is required there, such as `v1.36.3`
 */
export function pinnedVersion(goMod, module) {
  for (const line of goMod.split('\n')) {
    const [name, version] = line
      .replace(/^\s*require\s/, '')
      .trim()
      .split(/\s+/);
    if (name === module && version !== undefined && /^v\d/.test(version)) return version;
  }
  throw new Error(`go.mod requires no ${module}`);
}

/**
 * @param {readonly string[]} versions
 * @param {string} platform as Node names it
 * @param {string} architecture as Node names it
 */
export function cacheKey(versions, platform, architecture) {
  return [...versions, platform, goArchitecture(architecture)].join('-');
}

/** @param {string} architecture */
function goArchitecture(architecture) {
  return architecture === 'x64' ? 'amd64' : architecture;
}

/**
 * @param {GoToolSet} set
 * @param {string} directory
 */
function missingTools(set, directory) {
  return set.tools.filter(({ name }) => !existsSync(join(directory, name)));
}

/** @param {readonly GoTool[]} tools */
function inWords(tools) {
  const names = tools.map(({ name }) => name);
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');
}

/**
 * @param {GoToolSet} set
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} environment
 */
async function buildMissing(set, directory, environment) {
  const missing = missingTools(set, directory);
  if (missing.length === 0) return;
  const versions = pinnedVersions(set);
  const named = [...versions].map(([module, version]) => `${module} ${version}`).join(', ');
  console.error(`Building ${set.title} (${named}) into ${directory}: once, ${set.duration}.`);
  mkdirSync(directory, { recursive: true });
  // In the same folder, so that the finished file is renamed into place whole or not at all.
  const scratch = mkdtempSync(join(directory, '.build-'));
  try {
    for (const [index, tool] of missing.entries()) {
      const target = join(scratch, tool.name);
      const label = `${tool.name} (${index + 1} of ${missing.length})`;
      const flags = tool.linkerFlags(String(versions.get(tool.module)));
      await goBuild(set.directory, tool.package, target, label, flags, environment);
      renameSync(target, join(directory, tool.name));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} moduleDirectory
 * @param {string} goPackage
 * @param {string} target
 * @param {string} label
 * @param {string} flags
 * @param {NodeJS.ProcessEnv} environment
 */
async function goBuild(moduleDirectory, goPackage, target, label, flags, environment) {
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
    cwd: moduleDirectory,
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
