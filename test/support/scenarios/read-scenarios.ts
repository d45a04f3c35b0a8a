import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import type { ScenarioFile } from './document.ts';
import { SCENARIO_FILE } from './schema.ts';

export interface NamedScenario {
  /** Of the file, without `.yaml`. */
  readonly name: string;
  readonly scenario: ScenarioFile;
}

const SCENARIO_DIRECTORY = fileURLToPath(new URL('../../scenarios', import.meta.url));

const FORMATS = {
  regex: (text: string) => {
    try {
      new RegExp(text, 'u');
      return true;
    } catch {
      return false;
    }
  },
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
};
const validate = new Ajv({ allErrors: true, formats: FORMATS }).compile<ScenarioFile>(SCENARIO_FILE);

/** Throws for a file that is none, naming each mistake with its place. */
export function readScenarios(): readonly NamedScenario[] {
  return readdirSync(SCENARIO_DIRECTORY)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(SCENARIO_DIRECTORY, file), 'utf8');
      return { name: file.replace(/\.yaml$/, ''), scenario: readScenario(file, text) };
    });
}

export function readScenario(file: string, text: string): ScenarioFile {
  const value: unknown = parse(text);
  if (validate(value)) return value;
  const mistakes = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const named = params.additionalProperty ?? params.missingProperty ?? params.allowedValues ?? '';
    return `  ${instancePath || '/'} ${message}${named === '' ? '' : ` (${named})`}`;
  });
  throw new Error(`test/scenarios/${file} is not a scenario:\n${mistakes.join('\n')}`);
}
