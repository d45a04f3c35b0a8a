import { globSync, readFileSync } from 'node:fs';
import type { GeneratedFile } from '../generate/generated-file.ts';

/** A version that stands in a file which is otherwise written by hand. */
interface Stamp {
  /** Its first group is the text before the version, its second the version. */
  readonly place: RegExp;
  readonly version: string;
}

interface Package {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What gets its versions from `package.json`: the Dockerfile, the charts and what users copy. */
export function stampedFiles(root: URL): readonly GeneratedFile[] {
  const { version, devDependencies }: Package = JSON.parse(read(root, 'package.json'));
  const node = devDependencies.node ?? '';
  const stamps: readonly (readonly [path: string, ...Stamp[]])[] = [
    [
      'Dockerfile',
      { place: /^(ARG VERSION=)(.*)$/m, version },
      { place: /^(ARG BUILD_IMAGE=\S+\/node:)([\d.]+)/m, version: node },
    ],
    ['docs/verify.md', { place: /^(VERSION=)(.*)$/m, version }],
    ...globSync('helm/*/Chart.yaml', { cwd: root }).map(
      (path) => [path, ...chartStamps(path, version)] as const,
    ),
  ];
  return stamps.map(([path, ...given]) => ({ path, text: stamped(path, read(root, path), given) }));
}

function chartStamps(path: string, version: string): readonly Stamp[] {
  return [
    { place: /^(version: )(.*)$/m, version },
    { place: /^(appVersion: )(.*)$/m, version },
    // The annotation with which a catalogue of charts finds the image.
    ...(path.includes('operator') ? [{ place: /^( +image: \S+:)(\S+)$/m, version }] : []),
  ];
}

/** @throws Error where a place is not in the text */
export function stamped(path: string, text: string, stamps: readonly Stamp[]): string {
  return stamps.reduce((current, { place, version }) => {
    if (!place.test(current)) throw new Error(`${path} has no version at ${place.source}.`);
    return current.replace(place, (_, before: string) => `${before}${version}`);
  }, text);
}

function read(root: URL, path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}
