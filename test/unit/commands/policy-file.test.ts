import { expect } from 'chai';
import { readPolicyFile } from '../../../src/commands/policy-file.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';
import { recordedIo } from '../../support/command-io.ts';
import { clusterManifest, policyManifest } from '../../support/manifests.ts';

describe('readPolicyFile', () => {
  async function refusal(stdin: string): Promise<string> {
    try {
      await readPolicyFile('-', recordedIo({ stdin }));
    } catch (error) {
      if (isOperatorError(error, 'InvalidInput')) return error.message;
      throw error;
    }
    throw new Error('The file was taken.');
  }

  it('gives the one policy of a file, with its defaults', async () => {
    const stdin = `${clusterManifest({})}\n---\n${policyManifest({ tolerance: '7%' })}\n`;
    const policy = await readPolicyFile('-', recordedIo({ stdin }));
    expect(policy.spec).to.include({ tolerance: '7%', interval: '5m' });
  });

  it('refuses a file with no policy or with several', async () => {
    expect(await refusal(clusterManifest({}))).to.equal(
      'standard input: has no BalancePolicy; exactly one is needed.',
    );
    expect(await refusal(`${policyManifest({})}\n---\n${policyManifest({})}`)).to.equal(
      'standard input: has 2 BalancePolicies; exactly one is needed.',
    );
  });

  it('refuses a policy that is not valid, with every problem', async () => {
    const message = await refusal(policyManifest({ maxMigrations: 0, tolerance: '120%' }));
    expect(message).to.include(
      'standard input: spec.maxMigrations must be an integer from 1 to 1000; it is 0. ',
    );
    expect(message).to.include('spec.tolerance must be a percentage');
  });
});
