import { basename } from 'node:path';
import type { CslbProgram } from '../cslb-program.ts';
import { type CommandResult, runCommand } from '../run-command.ts';

/** The part of an image's configuration that decides how a container of it is run. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
}

/** An image's files, unpacked to a folder, with its configuration. */
export interface UnpackedImage {
  readonly root: string;
  readonly config: ImageConfig;
}

/**
 * Enters the image as a kubelet lets a container start under a restricted security context: the root is read-only, the user is
 * the image's numeric one without other groups, nothing gains privileges, and no file can be written; those that it is given are in
 * `/tmp`. It becomes the program, so that signals reach it, and takes its mounts with it when it ends.
 *
 * Not as in a cluster: it shares network, processes and IPC with this machine, and there is no seccomp.
 */
const ENTER = `
set -e
root=$1 user=$2 files=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
while [ "$files" -gt 0 ]; do
  cp "$1" "$root/tmp/$files-\${1##*/}"
  chown "$user" "$root/tmp/$files-\${1##*/}"
  files=$((files - 1))
  shift
done
mount -o remount,ro "$root/tmp"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" "$@"
`;

/** Its entrypoint as a container runs it. */
export function containerProgram(image: UnpackedImage, files: readonly string[] = []): CslbProgram {
  const program = enter(image, files);
  return { ...program, args: [...program.args, ...image.config.Entrypoint] };
}

/** Runs Node's `code` in place of the entrypoint. */
export function runNodeIn(image: UnpackedImage, code: string): Promise<CommandResult> {
  const { binary, args, environment } = enter(image, []);
  return runCommand(binary, [...args, 'node', '--eval', code], environment);
}

function enter({ root, config }: UnpackedImage, files: readonly string[]): CslbProgram {
  return {
    binary: 'unshare',
    args: ['--mount', 'sh', '-c', ENTER, 'enter', root, config.User, String(files.length), ...files],
    environment: Object.fromEntries(config.Env.map(variable)),
    files: files.map((path, index) => `/tmp/${files.length - index}-${basename(path)}`),
  };
}

function variable(text: string): [string, string] {
  const end = text.indexOf('=');
  return [text.slice(0, end), text.slice(end + 1)];
}
