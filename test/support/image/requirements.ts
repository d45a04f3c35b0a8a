import { spawnSync } from 'node:child_process';
import { BASE_PACKAGES, BUILD_PACKAGES } from './stand-in-images.ts';

/** What this machine lacks to build and run the image, as a sentence; undefined where it has everything. */
export function missingForImage(): string | undefined {
  if (process.platform !== 'linux') return 'The image is built and run on Linux only.';
  if (!runs('buildah', ['--version'])) return "buildah is missing: install Debian's package buildah.";
  if (process.getuid?.() !== 0) return 'The image is built and run as root only (sudo).';
  const packages = [...BASE_PACKAGES, ...BUILD_PACKAGES];
  const missing = packages.filter((name) => !runs('dpkg-query', ['--listfiles', name]));
  if (missing.length > 0)
    return `The base image is made from Debian's packages, of which ${missing.join(', ')} must be installed.`;
  if (!runs('unshare', ['--mount', 'true']))
    return 'The image needs a mount namespace of its own, which this machine does not allow.';
  return undefined;
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
