// Runs a command of this project on any machine with Node 20 and npm, right after `git clone`:
//
//   node scripts/bootstrap.mjs [--control-plane] COMMAND [ARGUMENT ...]
//
// It installs the locked packages when they are missing or stale, puts their commands first on the PATH (and so
// Node 24, which the `node` package brings), with --control-plane sees to etcd, kube-apiserver and kubectl, and
// runs COMMAND. It must work before anything is installed: plain JavaScript, nothing imported but Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureControlPlane, requireControlPlane } from './control-plane.mjs';
import { withLock } from './lock.mjs';
import {
  installPackages,
  packagesAreCurrent,
  withoutPackageCommands,
  withProjectCommands,
} from './packages.mjs';
import { PrerequisiteError, requireNode, requireNpm } from './prerequisites.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @param {readonly string[]} args */
async function bootstrap(args) {
  const wantsControlPlane = args[0] === '--control-plane';
  const [command, ...rest] = wantsControlPlane ? args.slice(1) : args;
  if (command === undefined)
    throw new PrerequisiteError('Name the command to run: node scripts/bootstrap.mjs COMMAND.');

  requireNode(process.versions.node);
  const path = process.env.PATH ?? '';
  /** @type {NodeJS.ProcessEnv} */
  const machine = { ...process.env, PATH: withoutPackageCommands(path) };
  if (wantsControlPlane) requireControlPlane(machine);
  await ensurePackages(machine);

  /** @type {NodeJS.ProcessEnv} */
  const project = { ...process.env, PATH: withProjectCommands(ROOT, path) };
  if (wantsControlPlane) project.KUBEBUILDER_ASSETS = await ensureControlPlane(machine);
  return run(command, rest, project);
}

/** @param {NodeJS.ProcessEnv} environment */
async function ensurePackages(environment) {
  if (packagesAreCurrent(ROOT)) return;
  requireNpm(environment);
  await withLock(
    join(ROOT, '.cache', 'install.lock'),
    async () => {
      if (!packagesAreCurrent(ROOT)) await installPackages(ROOT, environment);
    },
    () => console.error('Waiting for another run that is installing the packages ...'),
  );
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<number>} its exit code, as a shell gives it
 */
async function run(command, args, environment) {
  const child = spawn(command, args, { env: environment, stdio: 'inherit' });
  // Ctrl-C reaches the child too, being in the same process group: wait for what it makes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code, signal] = await once(child, 'exit');
  return code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
}

try {
  process.exitCode = await bootstrap(process.argv.slice(2));
} catch (error) {
  if (error instanceof PrerequisiteError) console.error(error.message);
  else console.error(error);
  process.exitCode = 1;
}
