import { chmod, copyFile, cp, lstat, mkdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.ts';
import type { Buildah } from './buildah.ts';
import { machineNpm } from './machine-npm.ts';

/**
 * Images that stand in for those of the Dockerfile, so that no container registry is needed: made from packages of Debian that
 * are installed here, the locked `node`, and this machine's npm.
 */
export interface StandInImages {
  /** For BUILD_IMAGE: Node, npm and a shell. */
  readonly build: string;
  /** For BASE_IMAGE: the libraries that Node needs. */
  readonly base: string;
}

export const BASE_PACKAGES: readonly string[] = ['libc6', 'libgcc-s1', 'libstdc++6'];
export const BUILD_PACKAGES: readonly string[] = ['busybox-static'];

const NODE = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const MERGED_FOLDERS = ['bin', 'sbin', 'lib', 'lib64'];
const MOUNT_POINTS = ['proc', 'dev', 'sys', 'tmp'];
const USERS = `root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
`;

const IMAGE = `FROM scratch
COPY . /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;

/** @param directory that does not exist yet */
export async function buildStandInImages(buildah: Buildah, directory: string): Promise<StandInImages> {
  const base = join(directory, 'base');
  await writeBaseRoot(base);
  const build = join(directory, 'build');
  await cp(base, build, { recursive: true, verbatimSymlinks: true });
  await addBuildTools(build);
  return {
    base: await buildImage(buildah, 'localhost/stand-in-base:test', base),
    build: await buildImage(buildah, 'localhost/stand-in-build:test', build),
  };
}

async function writeBaseRoot(root: string): Promise<void> {
  for (const name of MERGED_FOLDERS) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(join('usr', name), join(root, name));
  }
  for (const name of MOUNT_POINTS) await mkdir(join(root, name));
  await chmod(join(root, 'tmp'), 0o1777);
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'etc', 'passwd'), USERS);
  const libraries = (await filesOf(BASE_PACKAGES)).filter((path) => /\.so(\.|$)/.test(path));
  for (const path of libraries) await copyInto(root, path);
}

async function addBuildTools(root: string): Promise<void> {
  const commands = await runCommand('busybox', ['--list'], process.env);
  await copyInto(root, '/bin/busybox');
  for (const name of commands.stdout.trim().split('\n')) {
    if (name !== 'busybox') await symlink('/bin/busybox', join(root, 'bin', name));
  }
  const local = join(root, 'usr', 'local');
  await mkdir(join(local, 'bin'), { recursive: true });
  await copyFile(NODE, join(local, 'bin', 'node'));
  await cp(machineNpm(), join(local, 'lib', 'node_modules', 'npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
  await mkdir(join(root, 'root'));
}

async function filesOf(packages: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, code } = await runCommand('dpkg-query', ['--listfiles', ...packages], process.env);
  if (code !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line.startsWith('/'));
}

/** To its place under `root`; a folder stays out. */
async function copyInto(root: string, path: string): Promise<void> {
  const kind = await lstat(path);
  if (kind.isDirectory()) return;
  const place = join(root, path);
  await mkdir(dirname(place), { recursive: true });
  if (kind.isSymbolicLink()) await symlink(await readlink(path), place);
  else await copyFile(path, place);
}

async function buildImage(buildah: Buildah, name: string, root: string): Promise<string> {
  const file = `${root}.Dockerfile`;
  await writeFile(file, IMAGE);
  await buildah(['build', '--file', file, '--tag', name, root]);
  return name;
}
