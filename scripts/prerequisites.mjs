import { spawnSync } from 'node:child_process';

/** Something the machine lacks. Its message is the one line that a person reads; it carries no stack worth showing. */
export class PrerequisiteError extends Error {}

/**
 * @param {string} version such as `20.11.1`
 * @throws {PrerequisiteError} where it is too old to run the bootstrap
 */
export function requireNode(version) {
  if (Number.parseInt(version, 10) >= 20) return;
  throw new PrerequisiteError(
    `Node 20 or newer is needed and this is ${version}: install it from https://nodejs.org (the project then brings its own Node 24).`,
  );
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @throws {PrerequisiteError} where npm is not on the PATH
 */
export function requireNpm(environment) {
  if (run('npm', ['--version'], environment) !== undefined) return;
  throw new PrerequisiteError(
    'npm is not on the PATH and is needed to install the locked packages: install it (it comes with Node, https://nodejs.org).',
  );
}

/**
 * @param {{ needed: string, remedy: string }} reason what has to be built, and how to do without Go
 * @param {string} moduleDirectory where the build will run, since `go` picks its toolchain by the module it is in
 * @param {NodeJS.ProcessEnv} environment
 * @throws {PrerequisiteError} where Go is not on the PATH or older than 1.26
 */
export function requireGo({ needed, remedy }, moduleDirectory, environment) {
  const remedies = `install it from https://go.dev/dl or ${remedy}`;
  const answer = run('go', ['version'], environment, moduleDirectory);
  if (answer === undefined) {
    throw new PrerequisiteError(
      `Go 1.26 or newer is not on the PATH and is needed to build ${needed}: ${remedies}.`,
    );
  }
  if (isGoRecentEnough(answer)) return;
  throw new PrerequisiteError(
    `Go 1.26 or newer is needed to build ${needed}, and this is "${answer.trim()}": ${remedies}.`,
  );
}

/** @param {string} goVersionOutput what `go version` printed, such as `go version go1.26.8 linux/amd64` */
export function isGoRecentEnough(goVersionOutput) {
  const match = /\bgo(\d+)\.(\d+)/.exec(goVersionOutput);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 1 || (major === 1 && minor >= 26);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} [directory]
 * @returns {string | undefined} its standard output, or undefined where it could not be run to success
 */
function run(command, args, environment, directory) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: environment,
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  return result.error === undefined && result.status === 0 ? result.stdout : undefined;
}
