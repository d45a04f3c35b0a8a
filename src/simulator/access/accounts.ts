import type { TokenDocument, UserDocument } from '../scenario/document.ts';
import { millisecondsOf } from '../scenario/quantities.ts';
import type { Caller } from './permissions.ts';

/** Who may log in, and how. */
export interface Accounts {
  /** The caller, or why the token is not good, as releases before 9.1.5 put it (docs/proxmox-api.md §2.7). */
  verifyToken(user: string, token: string, secret: string, now: number): Caller | { readonly reason: string };
  hasPassword(user: string, password: string): boolean;
  /** The second factor; undefined where none is asked for. */
  secondFactor(user: string): string | undefined;
  isEnabled(user: string): boolean;
  setEnabled(user: string, enabled: boolean): void;
  /** From now on the token is unknown. `id` is `user@realm!token`. */
  revoke(id: string): void;
}

export function createAccounts(users: readonly UserDocument[], start: number): Accounts {
  const byName = new Map(users.map((user) => [user.name, user]));
  const disabled = new Set(users.filter((user) => user.enabled === false).map((user) => user.name));
  const revoked = new Set<string>();

  function tokenOf(user: string, token: string): TokenDocument | undefined {
    if (revoked.has(`${user}!${token}`)) return undefined;
    return byName.get(user)?.tokens?.find((each) => each.id === token);
  }

  return {
    verifyToken(user, token, secret, now) {
      if (!byName.has(user)) return { reason: `no such user ('${user}')` };
      if (disabled.has(user)) return { reason: `user '${user}' is disabled` };
      const known = tokenOf(user, token);
      if (!known) return { reason: `no such token '${token}' for user '${user}'` };
      if (known.expires !== undefined && now >= start + millisecondsOf(known.expires)) {
        return { reason: `token '${token}' access expired` };
      }
      if (known.secret !== secret) return { reason: 'invalid token value!' };
      return { user, token, id: `${user}!${token}` };
    },
    hasPassword(user, password) {
      const expected = byName.get(user)?.password;
      return expected !== undefined && expected === password;
    },
    secondFactor: (user) => byName.get(user)?.totp,
    isEnabled: (user) => byName.has(user) && !disabled.has(user),
    setEnabled(user, enabled) {
      if (enabled) disabled.delete(user);
      else disabled.add(user);
    },
    revoke: (id) => revoked.add(id),
  };
}
