import { readFile } from 'node:fs/promises';
import { type Document, parseAllDocuments, type TagId, type Tags } from 'yaml';
import { messageOf, OperatorError } from '../lib/errors.ts';
import type { CommandIo } from './command.ts';

export interface ManifestDocument {
  /** Its place in the file, from 1. */
  readonly position: number;
  readonly value: unknown;
}

/**
 * The documents of a YAML or JSON file (`-`: standard input), empty ones left out.
 * @throws {OperatorError} `InvalidInput` when the file cannot be read or is not YAML
 */
export async function readManifestFile(file: string, io: CommandIo): Promise<readonly ManifestDocument[]> {
  const text = await readText(file, io);
  const documents = parseAllDocuments(text, { version: '1.1', customTags: withoutTimes, prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents
    .map((document, index) => ({ position: index + 1, value: toValue(document, file) }))
    .filter(({ value }) => value !== null);
}

/** How messages name a file. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/**
 * @throws {OperatorError} `InvalidInput` when the file (`-`: standard input) cannot be read
 */
export async function readText(file: string, io: CommandIo): Promise<string> {
  if (file === '-') return io.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = missing ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new OperatorError('InvalidInput', `${file}: ${why}.`, { cause: error });
  }
}

function toValue(document: Document.Parsed, file: string): unknown {
  const [error] = document.errors;
  if (error) throw notYaml(file, error);
  try {
    return document.toJS();
  } catch (error) {
    throw notYaml(file, error);
  }
}

function notYaml(file: string, error: unknown): OperatorError {
  const [line] = messageOf(error).split('\n');
  return new OperatorError(
    'InvalidInput',
    `${nameOf(file)}: is not valid YAML: ${line?.replace(/:$/, '')}.`,
    {
      cause: error,
    },
  );
}

// kubectl reads YAML 1.1 (`yes` is true), but has neither its times nor its numbers to the base of 60 (`1:30`).
function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => isTagId(tag) || !(tag.tag.endsWith(':timestamp') || hasTimeFormat(tag)));
}

function isTagId(tag: Tags[number]): tag is TagId {
  return typeof tag === 'string';
}

function hasTimeFormat(tag: object): boolean {
  return 'format' in tag && tag.format === 'TIME';
}
