import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** Runs buildah on a storage of its own; gives what it wrote to stdout, throws where it fails. */
export type Buildah = (args: readonly string[]) => Promise<string>;

const LINES_SHOWN = 40;

/**
 * What works as root without any privilege of a container engine: files are copied from layer to layer (vfs), and commands run
 * under chroot.
 *
 * @param directory for everything that it keeps
 */
export function createBuildah(directory: string): Buildah {
  const scratch = join(directory, 'scratch');
  mkdirSync(scratch, { recursive: true });
  const storage = [
    '--root',
    join(directory, 'storage'),
    '--runroot',
    join(directory, 'run'),
    '--storage-driver',
    'vfs',
  ];
  const environment = { ...process.env, BUILDAH_ISOLATION: 'chroot', TMPDIR: scratch };
  return async (args) => {
    const result = await runCommand('buildah', [...storage, ...args], environment);
    if (result.code === 0) return result.stdout;
    const output = `${result.stdout}${result.stderr}`.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
    throw new Error(`buildah ${args[0]} failed:\n${output}`);
  };
}
