import fc from 'fast-check';
import { OperatorError } from '../../../src/lib/errors.ts';
import { type Inventory, readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { clusterResponses } from '../../support/proxmox-fixture.ts';

/** Every number anywhere in a value. */
function* numbersIn(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) yield* numbersIn(part);
}

async function mustBeSoundOrRefused(responses: Record<string, unknown>): Promise<void> {
  const reader: ProxmoxReader = { get: async (path) => ({ data: responses[path], proxmoxTime: 1_000 }) };
  let inventory: Inventory;
  try {
    inventory = await readInventory(reader);
  } catch (error) {
    if (error instanceof OperatorError) return;
    throw error;
  }
  for (const number of numbersIn(inventory)) {
    if (!Number.isFinite(number) || number < 0) throw new Error(`the model holds ${number}`);
  }
}

interface Place {
  readonly path: string;
  readonly keys: readonly (string | number)[];
}

/** Where anything can be replaced in the answers. */
function placesIn(responses: Record<string, unknown>): readonly Place[] {
  const places: Place[] = [];
  function walk(path: string, keys: readonly (string | number)[], value: unknown): void {
    places.push({ path, keys });
    if (Array.isArray(value)) for (const [index, part] of value.entries()) walk(path, [...keys, index], part);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) walk(path, [...keys, key], part);
    }
  }
  for (const [path, value] of Object.entries(responses)) walk(path, [], value);
  return places;
}

function replaced(value: unknown, keys: readonly (string | number)[], replacement: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((part, index) => (index === key ? replaced(part, rest, replacement) : part));
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, part]) => [
      name,
      name === key ? replaced(part, rest, replacement) : part,
    ]),
  );
}

describe('foreign JSON', () => {
  const responses = clusterResponses();
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      '',
      '1e999',
      1e300,
      {},
      [],
      null,
    ),
  );

  it('any answers give an inventory of sound numbers or an OperatorError', async () => {
    const answers = fc.record(Object.fromEntries(Object.keys(responses).map((path) => [path, anything])));
    await fc.assert(fc.asyncProperty(answers, mustBeSoundOrRefused), { numRuns: 200 });
  });

  it('so does any value in any place of a good answer', async () => {
    const place = fc.constantFrom(...placesIn(responses));
    await fc.assert(
      fc.asyncProperty(place, anything, (at, replacement) =>
        mustBeSoundOrRefused({ ...responses, [at.path]: replaced(responses[at.path], at.keys, replacement) }),
      ),
      { numRuns: 1_000 },
    );
  });
});
