import type { IncomingMessage } from 'node:http';

import type { Format } from './answer.ts';
import { ApiError } from './api-error.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const LONGEST_BODY_BYTES = 512 * 1024;

/** What is refused before anybody is asked who they are (docs/proxmox-api.md §1.2, §1.3). */
export function checkHead(request: IncomingMessage): void {
  const method = request.method ?? '';
  if (!METHODS.includes(method))
    throw new ApiError(501, `method '${method}' not available`, { body: 'None' });
  if (/chunked/i.test(request.headers['transfer-encoding'] ?? '')) {
    throw new ApiError(501, 'chunked transfer encoding not supported', { body: 'Text' });
  }
}

/** Path below `/api2/json` or `/api2/extjs`, and query. Throws for anything else. */
export function splitTarget(request: IncomingMessage): {
  readonly format: Format;
  readonly path: string;
  readonly query: URLSearchParams;
} {
  const [target = '', query = ''] = splitOnce(request.url ?? '', '?');
  const match = /^\/api2\/([^/]+)(\/.*)?$/.exec(target);
  if (!match) throw new ApiError(500, `no such file '${target}'`, { body: 'Text' });
  const path = match[2] ?? '/';
  const format = match[1];
  if (format !== 'json' && format !== 'extjs') {
    throw new ApiError(501, `no such uri '${target}'`, { body: 'Text' });
  }
  return { format, path, query: new URLSearchParams(query) };
}

/** The parameters in query and body. Throws where a body is not allowed or not understood. */
export async function readParameters(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<Readonly<Record<string, unknown>>> {
  const fromQuery = collect(query);
  const length = Number(request.headers['content-length'] ?? 0);
  if (length === 0) return fromQuery;
  if (request.method !== 'POST' && request.method !== 'PUT') {
    throw new ApiError(501, `Unexpected content for method '${request.method}'`, { body: 'Text' });
  }
  if (length > LONGEST_BODY_BYTES) throw new ApiError(501, 'for data too large', { body: 'Text' });
  const type = request.headers['content-type'] ?? '';
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(type);
  if (!isForm && !/^application\/json\b/i.test(type)) {
    throw new ApiError(506, `upload 'Content-Type '${type}' not implemented`, { body: 'Text' });
  }
  const body = await readBody(request);
  return { ...fromQuery, ...(isForm ? collect(new URLSearchParams(body)) : parseJson(body)) };
}

// A name that is repeated is a list, which only list parameters take.
function collect(parameters: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ApiError(500, 'malformed JSON string in request body\n');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(500, 'JSON request body must be an object\n');
  }
  return { ...value };
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
