// Runs a command of this project on any machine with Node 20 and npm, right after `git clone`:
//
//   node scripts/bootstrap.mjs [--control-plane] [--chart-tools] COMMAND [ARGUMENT ...]
//
// It installs the locked packages when they are missing or stale, puts their commands first on the PATH (and so
// Node 24, which the `node` package brings), with --control-plane sees to etcd, kube-apiserver and kubectl, with
// --chart-tools to helm and kubeconform (their folders are in KUBEBUILDER_ASSETS and CHART_TOOLS), and runs COMMAND.
// It must work before anything is installed: plain JavaScript, nothing imported but Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHART_TOOLS } from './chart-tools.mjs';
import { CONTROL_PLANE } from './control-plane.mjs';
import { ensureGoTools, requireGoTools } from './go-tools.mjs';
import { withLock } from './lock.mjs';
import {
  installPackages,
  packagesAreCurrent,
  withoutPackageCommands,
  withProjectCommands,
} from './packages.mjs';
import { PrerequisiteError, requireNode, requireNpm } from './prerequisites.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @type {ReadonlyMap<string, import('./go-tools.mjs').GoToolSet>} */
const TOOL_SETS = new Map([
  ['--control-plane', CONTROL_PLANE],
  ['--chart-tools', CHART_TOOLS],
]);

/** @param {readonly string[]} args */
async function bootstrap(args) {
  const firstWord = args.findIndex((arg) => !TOOL_SETS.has(arg));
  const options = firstWord === -1 ? args : args.slice(0, firstWord);
  const [command, ...rest] = args.slice(options.length);
  const toolSets = options.flatMap((option) => TOOL_SETS.get(option) ?? []);
  if (command === undefined)
    throw new PrerequisiteError('Name the command to run: node scripts/bootstrap.mjs COMMAND.');

  requireNode(process.versions.node);
  const path = process.env.PATH ?? '';
  /** @type {NodeJS.ProcessEnv} */
  const machine = { ...process.env, PATH: withoutPackageCommands(path) };
  for (const set of toolSets) requireGoTools(set, machine);
  await ensurePackages(machine);

  /** @type {NodeJS.ProcessEnv} */
  const project = { ...process.env, PATH: withProjectCommands(ROOT, path) };
  for (const set of toolSets) project[set.variable] = await ensureGoTools(set, machine);
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
