import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { generateTypes } from '../../../scripts/generate-types/generated-files.ts';

const ROOT = new URL('../../../', import.meta.url);

describe('the generated types', () => {
  it('are those of the CRDs', async () => {
    for (const { path, text } of await generateTypes(ROOT)) {
      const committed = await readFile(new URL(path, ROOT), 'utf8');
      expect(committed === text, `${path} differs from crds/: run \`npm run generate\``).to.equal(true);
    }
  });

  it('have as present what a default or a rule makes sure of, and as absent what may be', async () => {
    const files = await generateTypes(ROOT);
    const policy = files.find(({ path }) => path.endsWith('balance-policy.ts'))?.text;
    for (const line of [
      'readonly interval: string;',
      'readonly cpu: number;',
      'readonly vmids: readonly number[];',
      "readonly types: readonly ('qemu' | 'lxc')[];",
      'readonly status?: BalancePolicyStatus;',
      'readonly upid?: string;',
    ]) {
      expect(policy).to.include(`  ${line}\n`);
    }
  });
});
