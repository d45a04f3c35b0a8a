import { Ajv, type ErrorObject } from 'ajv';
import { OperatorError } from '../lib/errors.ts';

/**
 * What is expected of foreign JSON: only the fields that are used, unknown ones are tolerated. ajv refuses NaN and
 * infinite numbers (`1e999` parses to one), so a checked number is finite.
 */
interface AnswerShape<T> {
  /** The value, checked. Throws `UnexpectedAnswer` naming path and field. */
  expect(value: unknown, path: string): T;
  /** What is wrong with the value (`` `cpu` must be >= 0 ``), or undefined. */
  fault(value: unknown): string | undefined;
  matches(value: unknown): value is T;
}

const ajv = new Ajv({ allowUnionTypes: true, ownProperties: true, strictTypes: false });

export function defineShape<T>(schema: object): AnswerShape<T> {
  const validate = ajv.compile<T>(schema);
  function fault(value: unknown): string | undefined {
    return validate(value) ? undefined : describe(validate.errors?.[0]);
  }
  return {
    expect(value, path) {
      if (validate(value)) return value;
      throw unexpected(path, describe(validate.errors?.[0]));
    },
    fault,
    matches: (value): value is T => validate(value),
  };
}

export function unexpected(path: string, what: string): OperatorError {
  return new OperatorError(
    'UnexpectedAnswer',
    `The answer to GET ${path} is not what Proxmox VE sends: ${what}. ` +
      'Check that the endpoint is a Proxmox VE host of version 7 to 9.',
  );
}

function describe(error: ErrorObject | undefined): string {
  if (!error) return 'it has a wrong form';
  const at = error.instancePath.split('/').slice(1);
  // JSON Pointer escapes; what a key holds is foreign, so it is cut.
  const field = at.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
  const missing = error.keyword === 'required' ? error.params.missingProperty : undefined;
  if (typeof missing === 'string') return `\`${field ? `${field}.` : ''}${missing}\` is missing`;
  return `${field ? `\`${field.slice(0, 100)}\`` : 'it'} ${error.message ?? 'has a wrong form'}`;
}
