import { OperatorError } from '../../lib/errors.ts';
import type { Credentials } from '../../proxmox/credentials.ts';

/** Key to value, in base64. */
export type SecretData = Readonly<Record<string, string>>;

const TOKEN_KEYS = ['tokenId', 'tokenSecret'] as const;
const PASSWORD_KEYS = ['username', 'password'] as const;

/**
 * What a Secret holds has to be one whole way to log in, so that nobody wonders which one is used.
 * Throws `CredentialsInvalid`.
 *
 * @param shown The Secret's name, for people.
 */
export function credentialsIn(data: SecretData, shown: string): Credentials {
  const given = (keys: readonly string[]) => keys.filter((key) => data[key] !== undefined);
  const [ofToken, ofPassword] = [given(TOKEN_KEYS), given(PASSWORD_KEYS)];
  if (ofToken.length > 0 && ofPassword.length > 0) {
    throw invalid(
      `${shown} holds ${quoted([...ofToken, ...ofPassword])}: it must hold either an API token (\`tokenId\` and \`tokenSecret\`) or a login (\`username\` and \`password\`), remove the other`,
    );
  }
  const [id = '', secret = ''] = TOKEN_KEYS.map((key) => decode(data[key]));
  const [username = '', password = ''] = [decode(data.username), withoutLineBreak(data.password)];
  const values: Readonly<Record<string, string>> = { tokenId: id, tokenSecret: secret, username, password };
  const wanted = ofPassword.length > 0 ? PASSWORD_KEYS : TOKEN_KEYS;
  const missing = wanted.filter((key) => !values[key]);
  if (missing.length > 0) {
    throw invalid(
      `${shown} lacks ${quoted(missing)}: it must hold an API token, such as \`tokenId\` 'balancer@pve!operator' and its \`tokenSecret\`, or a login, \`username\` 'balancer@pve' and its \`password\``,
    );
  }
  return ofPassword.length > 0 ? { kind: 'Password', username, password } : { kind: 'Token', id, secret };
}

function invalid(message: string): OperatorError {
  return new OperatorError('CredentialsInvalid', message);
}

function quoted(keys: readonly string[]): string {
  return keys.map((key) => `\`${key}\``).join(' and ');
}

export function decode(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8').trim();
}

/** A password may begin or end with a blank; the line break is that of the file it was made from. */
function withoutLineBreak(base64: string | undefined): string | undefined {
  return base64 === undefined
    ? undefined
    : Buffer.from(base64, 'base64')
        .toString('utf8')
        .replace(/\r?\n$/, '');
}
