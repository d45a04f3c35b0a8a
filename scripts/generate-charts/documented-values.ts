import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** A key of a chart's values.yaml that a person may set. */
export interface DocumentedValue {
  /** As helm's `--set` names it. */
  readonly key: string;
  readonly description: string;
  readonly default: unknown;
}

export interface ValueSection {
  readonly title: string;
  readonly values: readonly DocumentedValue[];
}

const SECTION = '@section ';
const IGNORED = '@ignored';
const DESCRIPTION = '-- ';

/**
 * Reads the comments of a values.yaml: `# -- ` begins the description of the key below, `# @section ` a section that
 * lasts until the next one, `# @ignored` stands over what nobody is to set.
 *
 * @throws Error where a key has no description
 */
export function documentedValues(text: string): readonly ValueSection[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error('values.yaml holds no map.');
  const sections: { title: string; values: DocumentedValue[] }[] = [];
  for (const { key, description, section, pair } of entriesOf(contents, [])) {
    if (section !== undefined) sections.push({ title: section, values: [] });
    if (description === undefined) continue;
    const current = sections.at(-1);
    if (current === undefined) throw new Error(`values.yaml: ${key} is in no section (# ${SECTION}…).`);
    current.values.push({ key, description, default: toValue(pair) });
  }
  return sections;
}

interface Entry {
  readonly key: string;
  readonly description: string | undefined;
  readonly section: string | undefined;
  readonly pair: Pair;
}

function* entriesOf(map: YAMLMap, path: readonly string[]): Generator<Entry> {
  for (const [index, pair] of map.items.entries()) {
    // The comment over the first key belongs to its map.
    const comment = commentOf(pair) ?? (index === 0 ? map.commentBefore : undefined) ?? '';
    const lines = comment.split('\n').map((line) => line.trim());
    if (lines.includes(IGNORED)) continue;
    const key = [...path, String(isScalar(pair.key) ? pair.key.value : pair.key)].join('.');
    const section = lines.find((line) => line.startsWith(SECTION))?.slice(SECTION.length);
    const begin = lines.findIndex((line) => line.startsWith(DESCRIPTION));
    const description = begin === -1 ? undefined : lines.slice(begin).join(' ').slice(DESCRIPTION.length);
    if (description === undefined && !(isMap(pair.value) && pair.value.items.length > 0)) {
      throw new Error(`values.yaml: ${key} has no description (# ${DESCRIPTION}…).`);
    }
    yield { key, description, section, pair };
    if (description === undefined && isMap(pair.value)) yield* entriesOf(pair.value, [key]);
  }
}

function commentOf({ key }: Pair): string | null | undefined {
  return isScalar(key) ? key.commentBefore : undefined;
}

function toValue({ value }: Pair): unknown {
  return isScalar(value) || isMap(value) ? value.toJSON() : JSON.parse(JSON.stringify(value));
}
