import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { withoutPackageCommands } from '../../../scripts/packages.mjs';
import { runCommand } from '../run-command.ts';

/** What lets npm reach its registry from within a build, which sees nothing of this machine. */
export interface NpmAccess {
  /** A file of npm's settings, as they are on this machine. */
  readonly npmrc: string;
  /** A word that is in that file and must be nowhere else. */
  readonly secret: string;
  /** Files and folders that the settings name, to be mounted where they are. */
  readonly volumes: readonly { readonly source: string; readonly target: string }[];
}

/** This machine's npm runs on its own Node, since npm takes some of its settings from beside that. */
const PATH = withoutPackageCommands(process.env.PATH ?? '');

/** The folder of the package npm. */
export function machineNpm(): string {
  const command = PATH.split(delimiter)
    .map((folder) => join(folder, 'npm'))
    .find(isExecutable);
  if (command === undefined) throw new Error('npm is not on the PATH.');
  return join(dirname(realpathSync(command)), '..');
}

/** @param directory for the file of settings */
export async function npmAccess(directory: string): Promise<NpmAccess> {
  const files = [await setting('globalconfig'), await setting('userconfig')].filter(existsSync);
  const authorities = (await setting('cafile')) || process.env.NODE_EXTRA_CA_CERTS;
  const secret = randomBytes(16).toString('hex');
  const npmrc = join(directory, 'npmrc');
  const lines = [
    ...files.map((file) => readFileSync(file, 'utf8')),
    `registry=${await setting('registry')}`,
    ...(authorities ? [`cafile=${authorities}`] : []),
    // What this machine has downloaded already is not asked for again; the lock file's hashes hold for it, too.
    'prefer-offline=true',
    `//registry.invalid/:_authToken=${secret}`,
  ];
  writeFileSync(npmrc, `${lines.join('\n')}\n`, { mode: 0o600 });
  const cache = await setting('cache');
  return {
    npmrc,
    secret,
    volumes: [
      ...(authorities ? [{ source: authorities, target: authorities }] : []),
      ...(isOurs(cache) ? [{ source: cache, target: '/root/.npm' }] : []),
    ],
  };
}

async function setting(name: string): Promise<string> {
  const { stdout, stderr, code } = await runCommand('npm', ['config', 'get', name], { ...process.env, PATH });
  if (code !== 0) throw new Error(`npm does not tell its setting ${name}: ${stderr}`);
  const value = stdout.trim();
  return value === 'null' || value === 'undefined' ? '' : value;
}

/** Into a person's own folder root must write nothing. */
function isOurs(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
