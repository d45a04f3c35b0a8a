import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';

import { messageOf, OperatorError } from '../../lib/errors.ts';
import type { ScenarioDocument } from './document.ts';
import { scenarioSchema } from './schema.ts';

const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  allowUnionTypes: true,
  formats: { regex: isRegularExpression },
});
const validate = ajv.compile<ScenarioDocument>(scenarioSchema);

/** Parses and checks a scenario file. Throws `InvalidInput` naming the first field that is wrong. */
export function parseScenario(yaml: string): ScenarioDocument {
  let value: unknown;
  try {
    value = parse(yaml);
  } catch (error) {
    throw new OperatorError('InvalidInput', `The scenario is not YAML: ${firstLine(messageOf(error))}.`, {
      cause: error,
    });
  }
  return checkScenario(value);
}

/** Throws `InvalidInput` naming the first field that is wrong. */
export function checkScenario(value: unknown): ScenarioDocument {
  if (validate(value)) return value;
  const error = mostSpecific(validate.errors ?? []);
  throw new OperatorError('InvalidInput', `The scenario is wrong at ${error ? describe(error) : '/'}.`);
}

// Of the errors of an anyOf the one deepest in the document says most.
function mostSpecific(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject) => error.instancePath.split('/').length;
  return errors
    .filter((error) => error.keyword !== 'anyOf')
    .reduce<ErrorObject | undefined>(
      (best, error) => (best && depth(best) >= depth(error) ? best : error),
      undefined,
    );
}

function describe(error: ErrorObject): string {
  const place =
    error.instancePath
      .replaceAll(/\/(\d+)/g, '[$1]')
      .replaceAll('/', '.')
      .replace(/^\./, '') || 'the top';
  if (error.keyword === 'additionalProperties') {
    return `${place}: unknown field '${String(error.params.additionalProperty)}'`;
  }
  if (error.keyword === 'enum') {
    return `${place}: must be one of ${(error.params.allowedValues as readonly unknown[]).join(', ')}`;
  }
  if (error.keyword === 'minProperties' || error.keyword === 'maxProperties') {
    return `${place}: an event has 'at' and exactly one action`;
  }
  if (error.keyword === 'pattern') return `${place}: ${patternHint(String(error.params.pattern))}`;
  return `${place}: ${error.message ?? 'is not valid'}`;
}

function patternHint(pattern: string): string {
  if (pattern.includes('Gi')) return 'must be a number of bytes or a quantity such as 64Gi';
  if (pattern.includes('ms|s|m|h')) return 'must be a duration such as 90s or 1h30m';
  if (pattern.includes('[0-9a-f]{12}')) return 'must be a UUID in lower case';
  if (pattern.includes('@')) return 'must be user@realm';
  return `must match ${pattern}`;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/[.:]+$/, '');
}

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
