import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PrerequisiteError } from './prerequisites.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} LockFile
 */

/**
 * True where every locked package is installed in its locked version. Compares package-lock.json with the
 * record that npm itself keeps of what it installed, which it writes last: a broken-off install counts as none.
 * Optional packages may be absent (they are for other platforms).
 *
 * @param {LockFile} locked
 * @param {LockFile} installed
 */
export function matchesLock(locked, installed) {
  return Object.entries(locked.packages ?? {}).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed.packages?.[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * @param {string} root the checkout
 * @returns {boolean} whether the locked packages are installed, with the Node that runs everything
 */
export function packagesAreCurrent(root) {
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath) || !nodeIsInstalled(root)) return false;
  return matchesLock(readLock(join(root, 'package-lock.json')), readLock(recordPath));
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @throws {PrerequisiteError} where npm fails
 */
export async function installPackages(root, environment) {
  console.error('Installing the locked packages (npm ci) ...');
  const startedAt = Date.now();
  // Development packages are wanted whatever NODE_ENV says. Below errors npm warns about packages that ask for
  // a newer Node than the one that runs npm, which is not the one that will run them.
  await runToSuccess('npm', ['ci', '--include=dev', '--loglevel=error'], root, environment);
  // A person's npm may be set to run no install scripts: then the `node` package has not fetched its Node yet.
  if (!nodeIsInstalled(root)) {
    const nodePackage = join(root, 'node_modules', 'node');
    await runToSuccess(process.execPath, ['installArchSpecificPackage.js'], nodePackage, {
      ...environment,
      npm_config_loglevel: 'error',
    });
  }
  if (!nodeIsInstalled(root)) {
    throw new PrerequisiteError(
      `npm installed no Node 24 for ${process.platform} ${process.arch} (node_modules/node/bin/node is missing): see npm's output above.`,
    );
  }
  console.error(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/**
 * The PATH with the checkout's own commands in front, before them Node 24 itself: npm puts no link to it among the
 * commands where it ran no install scripts.
 *
 * @param {string} root
 * @param {string} path
 */
export function withProjectCommands(root, path) {
  const packages = join(root, 'node_modules');
  return [join(packages, 'node', 'bin'), join(packages, '.bin'), withoutPackageCommands(path)].join(
    delimiter,
  );
}

/**
 * The PATH without any commands of packages: npm itself must run on the machine's own Node, since installing
 * replaces the one in `node_modules` under its feet.
 *
 * @param {string} path
 */
export function withoutPackageCommands(path) {
  return path
    .split(delimiter)
    .filter((folder) => !/[/\\]node_modules[/\\](\.bin|node[/\\]bin)[/\\]?$/.test(folder))
    .join(delimiter);
}

/** @param {string} root */
function nodeIsInstalled(root) {
  return existsSync(join(root, 'node_modules', 'node', 'bin', 'node'));
}

/**
 * @param {string} path
 * @returns {LockFile}
 */
function readLock(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} environment
 */
async function runToSuccess(command, args, directory, environment) {
  // Its output goes to standard error: standard output belongs to the command that was asked for.
  const child = spawn(command, args, { cwd: directory, env: environment, stdio: ['ignore', 2, 2] });
  const [code, signal] = await once(child, 'exit');
  if (code === 0) return;
  throw new PrerequisiteError(
    `The packages could not be installed: ${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}; its output above says why.`,
  );
}
