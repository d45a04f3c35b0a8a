import type { Feature, Profile } from '../profile.ts';
import { parameterError } from './api-error.ts';

/** A parameter as an endpoint declares it. */
export type Parameter = {
  readonly optional?: boolean;
  /** Only releases with this know it. */
  readonly feature?: Feature;
  /** Another parameter that must be there as well. */
  readonly requires?: string;
} & (
  | { readonly type: 'string'; readonly format?: 'node' | 'cidr'; readonly values?: readonly string[] }
  | {
      readonly type: 'integer' | 'number';
      readonly format?: 'vmid';
      readonly minimum?: number;
      readonly maximum?: number;
    }
  | { readonly type: 'boolean' }
);

export type ParameterDeclarations = Readonly<Record<string, Parameter>>;

/** Checked values. Asking for one with the wrong type is a mistake of the endpoint, not of the caller. */
export interface Parameters {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean;
}

export const NODE: Parameter = { type: 'string', format: 'node' };
export const VMID: Parameter = { type: 'integer', format: 'vmid', minimum: 100, maximum: 999_999_999 };
export const UPID: Parameter = { type: 'string' };

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';

/** Throws the 400 that names every parameter that is wrong (docs/proxmox-api.md §3.2). */
export function checkParameters(
  declared: ParameterDeclarations,
  given: Readonly<Record<string, unknown>>,
  profile: Profile,
): Parameters {
  const isKnown = (name: string) => {
    const parameter = declared[name];
    return parameter !== undefined && (!parameter.feature || profile.features.has(parameter.feature));
  };
  const errors: Record<string, string> = {};
  const values = new Map<string, string | number | boolean>();
  for (const [name, parameter] of Object.entries(declared)) {
    const value = given[name];
    if (!isKnown(name)) continue;
    if (value === undefined || value === null) {
      if (!parameter.optional) errors[name] = 'property is missing and it is not optional';
      continue;
    }
    const { requires } = parameter;
    if (requires !== undefined && (given[requires] ?? null) === null) {
      errors[requires] = `missing property - '${name}' requires this property`;
    }
    const checked = checkValue(parameter, value);
    if (typeof checked === 'object') errors[name] = checked.error;
    else values.set(name, checked);
  }
  for (const name of Object.keys(given)) if (!isKnown(name)) errors[name] = UNKNOWN;
  if (Object.keys(errors).length > 0) throw parameterError(errors);

  function typed<T>(name: string, isType: (value: unknown) => value is T): T | undefined {
    if (!(name in declared)) throw new Error(`parameter ${name} is not declared`);
    const value = values.get(name);
    return isType(value) ? value : undefined;
  }
  return {
    text: (name) => typed(name, (value) => typeof value === 'string'),
    number: (name) => typed(name, (value) => typeof value === 'number'),
    flag: (name) => typed(name, (value) => typeof value === 'boolean') ?? false,
  };
}

function checkValue(
  parameter: Parameter,
  value: unknown,
): string | number | boolean | { readonly error: string } {
  if (typeof value === 'object') return { error: `type check ('${parameter.type}') failed` };
  const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
  switch (parameter.type) {
    case 'boolean':
      return text === '1' || text === '0' ? text === '1' : typeError(parameter, text);
    case 'string':
      return checkText(parameter, text);
    case 'integer':
    case 'number': {
      const pattern = parameter.type === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)$/;
      if (!pattern.test(text)) return typeError(parameter, text);
      if (parameter.format === 'vmid' && !/^[1-9]\d{2,8}$/.test(text)) {
        return { error: 'invalid format - value does not look like a valid VM ID\n' };
      }
      const number = Number(text);
      if (parameter.minimum !== undefined && number < parameter.minimum) {
        return { error: `value must have a minimum value of ${parameter.minimum}` };
      }
      if (parameter.maximum !== undefined && number > parameter.maximum) {
        return { error: `value must have a maximum value of ${parameter.maximum}` };
      }
      return number;
    }
  }
}

function checkText(
  parameter: Parameter & { readonly type: 'string' },
  text: string,
): string | { readonly error: string } {
  if (parameter.format === 'node' && !/^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(text)) {
    return { error: 'invalid format - value does not look like a valid node name\n' };
  }
  if (parameter.format === 'cidr' && !/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(text)) {
    return { error: 'invalid format - value does not look like a valid CIDR network\n' };
  }
  if (parameter.values && !parameter.values.includes(text)) {
    const allowed = parameter.values.join(', ');
    return { error: `value '${text}' does not have a value in the enumeration '${allowed}'` };
  }
  return text;
}

function typeError(parameter: Parameter, text: string): { readonly error: string } {
  return { error: `type check ('${parameter.type}') failed - got '${text}'` };
}
