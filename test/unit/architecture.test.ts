import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/**
 * What each part of src may import of the others (docs/architecture.md). biome.json says the same to the editor;
 * this table is the truth, and the last test holds biome.json to it.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  api: [],
  balancing: ['lib'],
  proxmox: ['lib', 'balancing'],
  kubernetes: ['lib'],
  controllers: ['api', 'lib', 'balancing', 'proxmox', 'kubernetes'],
  metrics: ['api', 'lib', 'balancing', 'proxmox', 'kubernetes', 'controllers'],
  simulator: ['lib'],
};
/** These wire everything together. */
const UNRESTRICTED = ['commands', 'main.ts'];
const PARTS = [...Object.keys(MAY_IMPORT), ...UNRESTRICTED];
const MAX_LINES = 400;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SRC = join(ROOT, 'src');

interface Import {
  readonly from: string;
  readonly specifier: string;
}

/** Static, side-effect, dynamic and type imports and re-exports, of our own files only. */
function importsOf(file: string): Import[] {
  const patterns = [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/gm,
  ];
  const text = readFileSync(join(SRC, file), 'utf8');
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({ from: file, specifier: match[1] ?? '' }))
    .filter(({ specifier }) => specifier.startsWith('.'));
}

/** The part of src that a path, relative to src, belongs to; '..' where it lies outside. */
function partOf(path: string): string {
  return path.split(sep)[0] ?? '';
}

function targetOf({ from, specifier }: Import): string {
  return normalize(join(dirname(from), specifier));
}

function isAllowed(found: Import): boolean {
  const [from, to] = [partOf(found.from), partOf(targetOf(found))];
  if (from === to) return true;
  if (!PARTS.includes(to)) return false;
  return UNRESTRICTED.includes(from) || (MAY_IMPORT[from] ?? []).includes(to);
}

interface BiomeOverride {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly level: string;
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

/** What biome.json forbids each part to import, as an error. */
function forbiddenByBiome(): Record<string, readonly string[]> {
  const config: { overrides: readonly BiomeOverride[] } = JSON.parse(
    readFileSync(join(ROOT, 'biome.json'), 'utf8'),
  );
  const rules = config.overrides.flatMap(({ includes, linter }) => {
    const rule = linter.rules.style?.noRestrictedImports;
    if (rule?.level !== 'error') return [];
    const groups = rule.options.patterns.flatMap(({ group }) => group);
    return includes.map((include) => [include, groups.toSorted()] as const);
  });
  return Object.fromEntries(rules);
}

function forbiddenByTable(): Record<string, readonly string[]> {
  const rules = Object.entries(MAY_IMPORT).map(([part, allowed]) => {
    const forbidden = PARTS.filter((other) => other !== part && !allowed.includes(other));
    const groups = forbidden.map((other) => (other === 'main.ts' ? '**/main.ts' : `**/${other}/**`));
    return [`src/${part}/**`, groups.toSorted()] as const;
  });
  return Object.fromEntries(rules);
}

describe('the architecture', () => {
  const files = globSync('**/*.ts', { cwd: SRC });
  const imports = files.flatMap(importsOf);

  it('is judged by files and imports that are really there', () => {
    expect(files).to.include('main.ts');
    expect(new Set(files.map(partOf)))
      .to.include('lib')
      .and.to.include('balancing');
    expect(imports.map(({ from }) => from)).to.include('main.ts');
    for (const found of imports) expect(files, `${found.from} imports`).to.include(targetOf(found));
  });

  it('knows every part of src', () => {
    expect(PARTS).to.include.members(files.map(partOf));
  });

  it('has imports in one direction only', () => {
    const wrong = imports.filter((found) => !isAllowed(found));
    expect(wrong.map(({ from, specifier }) => `${from} imports ${specifier}`)).to.deep.equal([]);
  });

  it('speaks of metrics to their library in one part only', () => {
    const users = files.filter((file) => /from\s*'prom-client'/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(new Set(users.map(partOf))).to.deep.equal(new Set(['metrics']));
  });

  it('has no file over 400 lines but those that are generated, nor have tests, scripts and benchmarks', () => {
    const all = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
      globSync(`${folder}/**/*.{ts,mjs}`, { cwd: ROOT }),
    );
    const written = all.filter((file) => !file.startsWith(join('src', 'api', 'generated')));
    const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
    expect(written.filter((file) => lines(file) > MAX_LINES)).to.deep.equal([]);
  });

  it('is what biome.json says, too', () => {
    expect(forbiddenByBiome()).to.deep.equal(forbiddenByTable());
  });
});
