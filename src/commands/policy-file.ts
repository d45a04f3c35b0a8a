import type { BalancePolicy } from '../api/generated/balance-policy.ts';
import { validatePolicy } from '../api/validation/validate-manifest.ts';
import { OperatorError } from '../lib/errors.ts';
import type { CommandIo } from './command.ts';
import { nameOf, readManifestFile } from './manifest-file.ts';

/**
 * The one BalancePolicy of a file, with its defaults; other documents in it are ignored.
 * @throws {OperatorError} `InvalidInput` when there is none, more than one, or it is not valid
 */
export async function readPolicyFile(file: string, io: CommandIo): Promise<BalancePolicy> {
  const documents = await readManifestFile(file, io);
  const policies = documents.map(({ value }) => value).filter(isPolicy);
  if (policies.length !== 1) {
    const found = policies.length === 0 ? 'no BalancePolicy' : `${policies.length} BalancePolicies`;
    throw new OperatorError('InvalidInput', `${nameOf(file)}: has ${found}; exactly one is needed.`);
  }
  const validation = validatePolicy(policies[0]);
  if (validation.kind === 'Valid') return validation.object;
  const sentences = validation.problems.map(({ path, message }) => `${path} ${message}.`);
  throw new OperatorError('InvalidInput', `${nameOf(file)}: ${sentences.join(' ')}`);
}

function isPolicy(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'BalancePolicy';
}
