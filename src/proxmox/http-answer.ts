import { OperatorError } from '../lib/errors.ts';
import { defineShape } from './answer-shape.ts';
import type { ProxmoxAnswer } from './reader.ts';

/** What came back over the wire, whoever sent it. */
export interface HttpAnswer {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  readonly server: string | undefined;
  readonly contentType: string | undefined;
  /** `Date` header in milliseconds since the epoch. */
  readonly date: number | undefined;
  readonly body: string;
}

interface Envelope {
  readonly data: unknown;
  readonly total?: number;
  readonly message?: string;
  readonly errors?: Readonly<Record<string, string>>;
}

const envelopeShape = defineShape<Envelope>({
  type: 'object',
  required: ['data'],
  properties: {
    total: { type: 'integer', minimum: 0 },
    message: { type: 'string' },
    errors: { type: 'object', additionalProperties: { type: 'string' } },
  },
});

/** The JSON that PVE wraps everything in; undefined when the body is something else. */
export function envelopeOf(answer: HttpAnswer): Envelope | undefined {
  try {
    const json: unknown = JSON.parse(answer.body);
    return envelopeShape.matches(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether Proxmox VE itself wrote the answer, and not a proxy before it. PVE names itself in `Server`, and its bodies are
 * its JSON envelope, empty, or (below its API layer) plain text without a type (docs/proxmox-api.md §1.6, §2.7, §3.5).
 * A proxy puts its own name into `Server` or sends HTML.
 */
export function isFromProxmox(answer: HttpAnswer): boolean {
  if (answer.server !== undefined && !answer.server.startsWith('pve-api-daemon')) return false;
  if (envelopeOf(answer)) return true;
  return answer.server !== undefined && (answer.body === '' || answer.contentType === undefined);
}

/** The content of a 2xx answer. Throws `UnexpectedAnswer` for everything that is not PVE's. */
export function contentOf(answer: HttpAnswer): ProxmoxAnswer {
  const envelope = envelopeOf(answer);
  if (!envelope) throw notProxmox(answer, bodyKind(answer));
  if (answer.date === undefined) {
    // Tasks and statistics are judged by Proxmox's clock; ours would be a guess.
    throw notProxmox(answer, 'it has no valid `Date` header');
  }
  const { data, total } = envelope;
  return { data, proxmoxTime: answer.date, ...(total === undefined ? {} : { total }) };
}

export function notProxmox(answer: HttpAnswer, what: string): OperatorError {
  const { method, path, endpoint, status } = answer;
  return new OperatorError(
    'UnexpectedAnswer',
    `The answer of ${endpoint} to ${method} ${path} (status ${status}) is not one of Proxmox VE: ${what}. ` +
      'Check that the endpoint is a Proxmox VE host and that no proxy or login page is in between.',
  );
}

export function bodyKind(answer: HttpAnswer): string {
  if (answer.body === '') return 'it is empty';
  if (/^\s*</.test(answer.body)) return 'it is HTML';
  return /^\s*[{[]/.test(answer.body) ? 'its JSON is broken or has no `data`' : 'it is not JSON';
}
