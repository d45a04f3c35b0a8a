import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Paths of those that are not on disk as they should be. */
export function staleFiles(root: URL, files: readonly GeneratedFile[]): readonly string[] {
  return files
    .filter(({ path, text }) => readIfPresent(new URL(path, root)) !== text)
    .map(({ path }) => path);
}

export function writeFiles(root: URL, files: readonly GeneratedFile[]): void {
  for (const { path, text } of files) {
    const url = new URL(path, root);
    mkdirSync(new URL('./', url), { recursive: true });
    writeFileSync(url, text);
  }
}

function readIfPresent(url: URL): string | undefined {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return undefined;
  }
}
