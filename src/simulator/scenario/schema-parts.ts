import { PROFILES } from '../profile.ts';

export const NAME = { type: 'string', pattern: '^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$' } as const;
export const TEXT = { type: 'string', minLength: 1, maxLength: 256 } as const;
export const SIZE = {
  type: ['number', 'string'],
  minimum: 0,
  pattern: '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi)?$',
} as const;
export const TIME = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$|^0$' } as const;
export const VMID = { type: 'integer', minimum: 100, maximum: 999_999_999 } as const;
export const RELEASE = { enum: PROFILES.map((profile) => profile.release) };

const OPTION = { type: ['string', 'number', 'boolean', 'array'], items: { type: 'string' } } as const;
export const OPTIONS = {
  type: 'object',
  additionalProperties: { anyOf: [OPTION, { type: 'object', additionalProperties: OPTION }] },
} as const;

export function record(
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

export function list(items: object, minItems = 0): object {
  return { type: 'array', items, minItems };
}
