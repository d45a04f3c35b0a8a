import type { AclDocument, TokenDocument, UserDocument } from '../scenario/document.ts';

/** Who sends a request. */
export interface Caller {
  /** `user@realm` */
  readonly user: string;
  readonly token: string | undefined;
  /** `user@realm` or `user@realm!token`, as UPIDs carry it. */
  readonly id: string;
}

/** Privileges on a path, each with whether it also holds below (1) or only there (0). */
export type Privileges = ReadonlyMap<string, 0 | 1>;

export interface Permissions {
  /** Whether the caller has any of these privileges on this path. */
  has(caller: Caller, path: string, anyOf: readonly string[]): boolean;
  on(caller: Caller, path: string): Privileges;
  /** Paths for which somebody was given something. */
  paths(): readonly string[];
}

/** Everything `root@pam` has; the part of PVE's privileges that the served endpoints ask for. */
const ALL_PRIVILEGES = [
  'Datastore.Allocate',
  'Datastore.AllocateSpace',
  'Datastore.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'Sys.Audit',
  'Sys.Console',
  'Sys.Modify',
  'VM.Audit',
  'VM.Config.Disk',
  'VM.Config.Options',
  'VM.Migrate',
  'VM.PowerMgmt',
];

const KEPT = 200_000;

/** `poolOf` names a guest's pool: privileges on a pool hold for its members. */
export function createPermissions(
  users: readonly UserDocument[],
  poolOf: (vmid: number) => string | undefined,
): Permissions {
  const byName = new Map(users.map((user) => [user.name, user]));

  function tokenOf(caller: Caller): TokenDocument | undefined {
    return byName.get(caller.user)?.tokens?.find((token) => token.id === caller.token);
  }

  function ofUser(user: string, path: string): Privileges {
    if (user === 'root@pam') return new Map(ALL_PRIVILEGES.map((privilege) => [privilege, 1]));
    return granted(byName.get(user)?.acl ?? [], path, poolOf);
  }

  // Who is asked for everything asks for every guest; nothing that decides changes while the cluster runs.
  const known = new Map<string, Privileges>();

  function on(caller: Caller, path: string): Privileges {
    const key = `${caller.id} ${path}`;
    const before = known.get(key);
    if (before) return before;
    const privileges = compute(caller, path);
    if (known.size >= KEPT) known.clear();
    known.set(key, privileges);
    return privileges;
  }

  function compute(caller: Caller, path: string): Privileges {
    const user = ofUser(caller.user, path);
    if (caller.token === undefined) return user;
    const token = tokenOf(caller);
    if (token?.privsep === false) return user;
    return intersection(user, granted(token?.acl ?? [], path, poolOf));
  }

  return {
    has(caller, path, anyOf) {
      const privileges = on(caller, path);
      return anyOf.some((privilege) => privileges.has(privilege));
    },
    on,
    paths: () =>
      users.flatMap((user) => [
        ...(user.acl ?? []).map((entry) => entry.path),
        ...(user.tokens ?? []).flatMap((token) => (token.acl ?? []).map((entry) => entry.path)),
      ]),
  };
}

function granted(
  acl: readonly AclDocument[],
  path: string,
  poolOf: (vmid: number) => string | undefined,
): Privileges {
  const direct = alongPath(acl, path);
  const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];
  const pool = vmid === undefined ? undefined : poolOf(Number(vmid));
  if (pool === undefined) return direct;
  return new Map([...alongPath(acl, `/pool/${pool}`), ...direct]);
}

// What is given deeper on the path replaces what comes from above.
function alongPath(acl: readonly AclDocument[], path: string): Privileges {
  let privileges = new Map<string, 0 | 1>();
  for (const prefix of prefixes(path)) {
    const here = acl.filter(
      (entry) => entry.path === prefix && (prefix === path || entry.propagate !== false),
    );
    if (here.length === 0) continue;
    privileges = new Map();
    for (const entry of here) {
      for (const privilege of entry.privileges) privileges.set(privilege, entry.propagate === false ? 0 : 1);
    }
  }
  return privileges;
}

/** `/`, `/vms`, `/vms/100` for `/vms/100`. */
function prefixes(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

function intersection(left: Privileges, right: Privileges): Privileges {
  const both = new Map<string, 0 | 1>();
  for (const [privilege, propagate] of left) {
    const other = right.get(privilege);
    if (other !== undefined) both.set(privilege, propagate === 1 && other === 1 ? 1 : 0);
  }
  return both;
}
