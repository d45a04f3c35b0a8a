import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { BLOCK_REASONS } from '../../../src/api/block-reasons.ts';
import { OUTCOMES } from '../../../src/controllers/balance-policy/settlement.ts';

const ROOT = new URL('../../../', import.meta.url);
const PAGES = readdirSync(new URL('docs/', ROOT))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

function read(page: string): string {
  return readFileSync(new URL(page, ROOT), 'utf8');
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = '' }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function deadLinksOf(page: string): readonly string[] {
  const base = new URL(page, ROOT);
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ 1: link = '' }) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const url = new URL(link, base);
      const anchor = url.hash.slice(1);
      url.hash = '';
      if (!existsSync(url)) return true;
      return anchor !== '' && !anchorsOf(readFileSync(url, 'utf8')).includes(anchor);
    });
}

describe('the documentation', () => {
  for (const page of ['README.md', ...PAGES]) {
    it(`has no dead link: ${page}`, () => {
      expect(deadLinksOf(page)).to.deep.equal([]);
    });
  }

  it('has only YAML that can be read', () => {
    const blocks = ['README.md', ...PAGES].flatMap((page) =>
      [...read(page).matchAll(/^```yaml[^\n]*\n(.*?)^```$/gms)].map(({ 1: text = '' }) => ({ page, text })),
    );
    expect(blocks).to.not.be.empty;
    for (const { page, text } of blocks) {
      const problems = parseAllDocuments(text).flatMap(({ errors, warnings }) => [...errors, ...warnings]);
      expect(problems.map(String), `${page}:\n${text}`).to.deep.equal([]);
    }
  });

  it('can be found from the README', () => {
    const readme = read('README.md');
    expect(PAGES.filter((page) => !readme.includes(`(${page})`))).to.deep.equal([]);
  });
});

describe('docs/policy.md', () => {
  const page = read('docs/policy.md');

  it('says for each reason why guests stay what can be done about it', () => {
    const table = page.split('| Reasons | What you can do |')[1]?.split('\n\n')[0] ?? '';
    const reasons = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(({ 1: cell = '' }) =>
      [...cell.matchAll(/`(\w+)`/g)].map(({ 1: word }) => word),
    );
    expect(reasons.toSorted()).to.deep.equal(Object.keys(BLOCK_REASONS).toSorted());
  });

  it('names the Event of each outcome', () => {
    for (const outcome of OUTCOMES) expect(page).to.include(`\`Migration${outcome}\``);
  });
});
