import { OperatorError } from '../lib/errors.ts';

/** How the operator shows who it is (docs/proxmox-api.md §2). */
export type Credentials =
  | { readonly kind: 'Token'; readonly id: string; readonly secret: string }
  /** `user@realm` */
  | { readonly kind: 'Password'; readonly username: string; readonly password: string };

const TOKEN_ID = /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+$/;
const USERNAME = /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/;

/** Throws `CredentialsInvalid` when they cannot work, never showing what is secret. */
export function checkCredentials(credentials: Credentials): void {
  const complaint = credentials.kind === 'Token' ? tokenComplaint(credentials) : loginComplaint(credentials);
  if (complaint !== undefined) throw new OperatorError('CredentialsInvalid', complaint);
}

function tokenComplaint({ id, secret }: { readonly id: string; readonly secret: string }) {
  if (!TOKEN_ID.test(id)) {
    return 'The token id has a wrong form: it must be like balancer@pve!operator (user, realm, token name).';
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    return `The secret of token ${id} is empty or has blanks in it: it must be what Proxmox VE showed when the token was made.`;
  }
  return undefined;
}

function loginComplaint({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string | undefined {
  if (!USERNAME.test(username)) {
    return 'The user name has a wrong form: it must be like balancer@pve (user and realm).';
  }
  if (password === '') return `The password of ${username} is empty.`;
  return undefined;
}
