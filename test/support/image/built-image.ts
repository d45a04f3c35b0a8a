import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReaper } from '../reaper.ts';
import { createBuildah } from './buildah.ts';
import type { UnpackedImage } from './container.ts';
import { npmAccess } from './machine-npm.ts';
import { buildStandInImages, type StandInImages } from './stand-in-images.ts';

/** The image of this checkout. */
export interface BuiltImage extends UnpackedImage {
  /** What buildah tells of it: configuration, history, everything. */
  readonly description: string;
  /** What went into the build and must not be in the image. */
  readonly secret: string;
  readonly standIns: StandInImages;
  /** Has buildah run a command in its files, to which that adds `/run`, as its user; gives what the command wrote to stdout. */
  run(command: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

const NAME = 'localhost/pve-cslb-operator:test';
const CONTEXT = fileURLToPath(new URL('../../../', import.meta.url));

/** What a release gives besides; the version is the Dockerfile's own. */
export const BUILD_ARGUMENTS = { REVISION: '0123456789abcdef', CREATED: '2026-01-02T03:04:05Z' } as const;

/** Takes a minute or two, most of it for npm. */
export async function buildImage(): Promise<BuiltImage> {
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-image-'));
  const reaper = createReaper(directory);
  try {
    return await buildIn(directory, () => reaper.reap());
  } catch (error) {
    await reaper.reap();
    throw error;
  }
}

async function buildIn(directory: string, remove: () => Promise<void>): Promise<BuiltImage> {
  const buildah = createBuildah(directory);
  const standIns = await buildStandInImages(buildah, join(directory, 'roots'));
  const npm = await npmAccess(directory);
  const buildArguments = Object.entries({
    BUILD_IMAGE: standIns.build,
    BASE_IMAGE: standIns.base,
    ...BUILD_ARGUMENTS,
  }).map(([name, value]) => `--build-arg=${name}=${value}`);
  const volumes = npm.volumes.map(({ source, target }) => `--volume=${source}:${target}`);
  await buildah([
    'build',
    '--pull-never',
    `--secret=id=npmrc,src=${npm.npmrc}`,
    ...volumes,
    ...buildArguments,
    `--tag=${NAME}`,
    CONTEXT,
  ]);
  const description = await buildah(['inspect', '--type', 'image', NAME]);
  const container = (await buildah(['from', '--pull-never', NAME])).trim();
  const root = (await buildah(['mount', container])).trim();
  return {
    root,
    config: JSON.parse(description).OCIv1.config,
    description,
    secret: npm.secret,
    standIns,
    run: (command) => buildah(['run', container, '--', ...command]),
    remove,
  };
}
