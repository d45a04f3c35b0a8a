import { type Agent, request } from 'node:https';

import type { Simulator } from '../../../src/simulator/simulator.ts';
import { OPERATOR_TOKEN, type Token } from './scenarios.ts';

export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** As sent, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  /** Undefined: without credentials. */
  readonly token?: Token | undefined;
  /** Form fields. */
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps connections; a new one for this request when absent. */
  readonly agent?: Agent;
}

/** One request, verified against the simulator's CA; `path` is below `/api2/json`. */
export function pveRequest(
  simulator: Simulator,
  path: string,
  options: RequestOptions = {},
): Promise<RawAnswer> {
  const token = 'token' in options ? options.token : OPERATOR_TOKEN;
  const body = options.form ? new URLSearchParams(options.form).toString() : options.body;
  const headers = {
    ...(token ? { Authorization: `PVEAPIToken=${token.id}=${token.secret}` } : {}),
    ...(options.form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${simulator.url}/api2/json${path}`,
      {
        method: options.method ?? 'GET',
        ca: simulator.caCertificate,
        agent: options.agent ?? false,
        headers,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: pairs(response.rawHeaders),
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The `data` of a successful answer. */
export async function pveGet(
  simulator: Simulator,
  path: string,
  token: Token = OPERATOR_TOKEN,
  // biome-ignore lint/suspicious/noExplicitAny: what PVE sends has no type of ours
): Promise<any> {
  const answer = await pveRequest(simulator, path, { token });
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.reason}`);
  return JSON.parse(answer.body).data;
}

/** POSTs a form; returns the `data`, for a migration its UPID. */
export async function pvePost(
  simulator: Simulator,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await pveRequest(simulator, path, { method: 'POST', form });
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${answer.reason}`);
  return JSON.parse(answer.body).data;
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
}
