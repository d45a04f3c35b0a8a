import { OperatorError } from '../../src/lib/errors.ts';
import { errorOf } from '../../src/proxmox/error-answer.ts';
import type { ProxmoxAnswer, ProxmoxReader, Query } from '../../src/proxmox/reader.ts';
import { createRedaction } from '../../src/proxmox/redaction.ts';
import { TOKEN } from './proxmox-client.ts';
import { errorFixture } from './proxmox-fixture.ts';

export const PROXMOX_TIME = Date.UTC(2025, 10, 22, 12);

export interface FakeReader extends ProxmoxReader {
  readonly calls: readonly { readonly path: string; readonly query: Query }[];
}

/** Answers by path: data, an error to throw, or a function of the query. Every other path is not implemented. */
export function fakeReader(answers: Readonly<Record<string, unknown>>): FakeReader {
  const calls: { path: string; query: Query }[] = [];
  return {
    calls,
    async get(path, query = {}): Promise<ProxmoxAnswer> {
      calls.push({ path, query });
      const found = Object.hasOwn(answers, path)
        ? answers[path]
        : new OperatorError('NotImplemented', `GET ${path} is not implemented`);
      const answer: unknown = typeof found === 'function' ? found(query) : found;
      if (answer instanceof Error) throw answer;
      const total =
        Array.isArray(answer) && typeof Object(answer).total === 'number' ? Object(answer).total : undefined;
      return { data: answer, proxmoxTime: PROXMOX_TIME, ...(total === undefined ? {} : { total }) };
    },
  };
}

/** A list of which `total` entries exist, as PVE pages it. */
export function page<T>(entries: readonly T[], total: number): readonly T[] {
  return Object.assign([...entries], { total });
}

/** What the client makes of an error example. */
export function fixtureError(name: string): OperatorError {
  const { status, reason, headers, body } = errorFixture(name);
  const header = (wanted: string) => headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
  return errorOf(
    {
      endpoint: 'https://pve1.example:8006',
      method: 'GET',
      path: '/',
      status,
      reason,
      server: header('server'),
      contentType: header('content-type'),
      date: Date.parse(header('date') ?? ''),
      body: body ?? '',
    },
    TOKEN.id,
    createRedaction().clean,
  );
}
