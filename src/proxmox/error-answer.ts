import type { OperatorError } from '../lib/errors.ts';
import { bodyKind, envelopeOf, type HttpAnswer, notProxmox } from './http-answer.ts';
import { ProxmoxError } from './proxmox-error.ts';

/** `Permission check failed (/vms/100, VM.Migrate)`, also with several privileges: `A|B`. */
const PERMISSION = /\((\/[^,()]*), ([^()]+)\)/;

/**
 * The error an answer other than 2xx stands for. PVE has no 404, 409 or 429: a 500 is anything its methods die of
 * (docs/proxmox-api.md §2.7, §2.8, §3, §1.15).
 *
 * @param user Whose credentials were used, with the token's name if it was one; not a secret.
 * @param clean Clears foreign text of secrets.
 */
export function errorOf(answer: HttpAnswer, user: string, clean: (text: string) => string): OperatorError {
  const { status, endpoint, method, path } = answer;
  const envelope = envelopeOf(answer);
  // Before http-server 5.2.0 the text is in the status line only.
  const text = short(envelope?.message ?? (plainText(answer) || answer.reason)) || `status ${status}`;
  const fields = Object.fromEntries(
    Object.entries(envelope?.errors ?? {}).map(([field, complaint]) => [short(field), short(complaint)]),
  );
  function short(foreign: string): string {
    return clean(foreign).slice(0, 500);
  }
  const details = { status, text, fields, proxmoxTime: answer.date };
  const request = `${method} ${path}`;

  if (status >= 595 && status <= 599) {
    return new ProxmoxError(
      'NodeUnreachable',
      `${endpoint} could not pass on ${request}: ${status} ${text}.`,
      details,
    );
  }
  // An empty body is what PVE itself sends for some errors; any other that is not its own is a proxy's.
  if (!envelope && answer.body !== '' && plainText(answer) === '')
    return notProxmox(answer, bodyKind(answer));
  switch (status) {
    case 400:
      return new ProxmoxError(
        'InvalidRequest',
        `${endpoint} refused ${request}: ${complaints(text, fields)}`,
        details,
      );
    case 401:
      return new ProxmoxError(
        'Unauthorized',
        `${endpoint} does not accept ${unaccepted(user, text)}`,
        details,
      );
    case 403:
      return new ProxmoxError('Forbidden', forbidden(user, text), details);
    case 500:
      return new ProxmoxError('ServerError', `${endpoint} failed at ${request}: ${text}`, details);
    case 501:
      return new ProxmoxError(
        'NotImplemented',
        `${endpoint} does not know ${request}: ${text}. Its Proxmox VE may be too old.`,
        details,
      );
    default:
      return notProxmox(answer, `Proxmox VE does not answer with ${status} ${answer.reason}`);
  }
}

/** Errors from below PVE's API layer are plain text without a type (docs/proxmox-api.md §3.5). */
function plainText(answer: HttpAnswer): string {
  return answer.contentType === undefined && !/^\s*[<{[]/.test(answer.body) ? answer.body : '';
}

function unaccepted(user: string, text: string): string {
  return isToken(user)
    ? `the API token ${user}: ${text}. Check that token and user exist, are enabled and have not expired, and that the secret is right.`
    : `the login of ${user}: ${text}. Check that the user exists, is enabled and has not expired, and that the password is right.`;
}

function isToken(user: string): boolean {
  return user.includes('!');
}

function complaints(text: string, fields: Readonly<Record<string, string>>): string {
  const each = Object.entries(fields).map(([field, complaint]) => `${field}: ${complaint}`);
  return each.length === 0 ? text : each.sort().join('; ');
}

function forbidden(user: string, text: string): string {
  const match = PERMISSION.exec(text);
  if (!match) return `${user} may not do this: ${text}.`;
  const [, path, privileges = ''] = match;
  const privilege = privileges.replaceAll('|', ' or ');
  return `${user} lacks ${privilege} on ${path}. ${isToken(user) ? 'Grant a role with it to the user and, with privilege separation, to the token.' : 'Grant the user a role with it.'}`;
}
