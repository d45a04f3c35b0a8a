import { isIP } from 'node:net';
import { OperatorError } from '../../lib/errors.ts';

export interface ListenAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

/**
 * `:8081`, `127.0.0.1:8081` or `[::1]:8081`; undefined for `0`, which means that nothing is served.
 *
 * @throws OperatorError Usage
 */
export function parseListenAddress(flag: string, text: string): ListenAddress | undefined {
  if (text === '0') return undefined;
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match && port <= 65_535 && (host === '' || host === 'localhost' || isIP(host) !== 0)) {
    return { host: host === '' ? undefined : host, port };
  }
  throw new OperatorError(
    'Usage',
    `${flag} is an address such as :8081 or 127.0.0.1:8081, or 0 for none, not '${text}'.`,
  );
}
