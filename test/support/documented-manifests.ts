import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** A fenced block of YAML in one of the pages: what a reader would copy and apply. */
export interface DocumentedManifest {
  /** `docs/policy.md, line 12` */
  readonly place: string;
  /** Its documents. */
  readonly objects: readonly unknown[];
}

const PAGES = ['docs/connection.md', 'docs/gitops.md', 'docs/policy.md', 'docs/proxmox.md'];

export const DOCUMENTED_MANIFESTS: readonly DocumentedManifest[] = PAGES.flatMap(manifestsOf);

function manifestsOf(page: string): readonly DocumentedManifest[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(({ index, 1: block = '' }) => ({
    place: `${page}, line ${text.slice(0, index).split('\n').length}`,
    objects: parseAllDocuments(block).map((document) => {
      if (document.errors.length > 0) throw new Error(`${page}: ${document.errors.join(', ')}`);
      return document.toJS();
    }),
  }));
}
