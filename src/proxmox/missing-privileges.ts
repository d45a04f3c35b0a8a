import { OperatorError } from '../lib/errors.ts';
import type { Permissions } from './schemas/probe.ts';

export interface NeededPrivilege {
  readonly privilege: string;
  readonly on: string;
  /** Elsewhere than on `/` it is enough to have it on one of these or below. */
  readonly areas: readonly string[];
  /** What the operator does with it. */
  readonly purpose: string;
}

/**
 * The least set (docs/proxmox-api.md §8), in the words of docs/proxmox.md. A token may have what is for guests on some
 * guests or pools only.
 */
export const NEEDED_PRIVILEGES: readonly NeededPrivilege[] = [
  {
    privilege: 'Sys.Audit',
    on: '/',
    areas: [],
    purpose: 'to read quorum, HA, tasks and options of the cluster',
  },
  {
    privilege: 'Sys.Audit',
    on: '/nodes',
    areas: ['/nodes'],
    purpose: 'to read the load of nodes and the logs of tasks',
  },
  {
    privilege: 'VM.Audit',
    on: '/vms',
    areas: ['/vms', '/pool'],
    purpose: 'to see guests, their load and their configuration',
  },
  {
    privilege: 'VM.Migrate',
    on: '/vms',
    areas: ['/vms', '/pool'],
    purpose: 'to ask where a guest may go, and to migrate it',
  },
  {
    privilege: 'Datastore.Audit',
    on: '/storage',
    areas: ['/storage', '/pool'],
    purpose: 'to see which node has which storage',
  },
  {
    privilege: 'Pool.Audit',
    on: '/pool',
    areas: ['/pool'],
    purpose: 'to see which pool a guest is in',
  },
];

/** Credentials that do not even suffice to look. */
export class MissingPrivilegesError extends OperatorError {
  /** As `missingPrivileges` gives them. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super('Forbidden', describeMissing(missing));
    this.missing = missing;
  }
}

/** The privileges a token has nowhere, as `VM.Migrate on /vms`. */
export function missingPrivileges(permissions: Permissions): readonly string[] {
  const missing = NEEDED_PRIVILEGES.filter((needed) => !isGranted(permissions, needed)).map(nameOf);
  // Without it on `/` there is none to propagate: one line says enough.
  return missing.includes('Sys.Audit on /')
    ? missing.filter((name) => name !== 'Sys.Audit on /nodes')
    : missing;
}

/** A sentence for people: what is missing, what for, and what to do. */
export function describeMissing(missing: readonly string[]): string {
  const list = missing.map((name) => {
    const needed = NEEDED_PRIVILEGES.find((each) => nameOf(each) === name);
    return needed ? `${name} (${needed.purpose})` : name;
  });
  return `The credentials lack ${list.join(', ')}: give the user and, with privilege separation, the token itself a role with that; docs/proxmox.md has the commands.`;
}

export function nameOf({ privilege, on }: NeededPrivilege): string {
  return `${privilege} on ${on}`;
}

function isGranted(permissions: Permissions, { privilege, areas }: NeededPrivilege): boolean {
  return Object.entries(permissions).some(([path, privileges]) => {
    if (!Object.hasOwn(privileges, privilege)) return false;
    // On `/` it reaches further down only when it propagates.
    if (path === '/') return areas.length === 0 || privileges[privilege] === 1;
    return areas.some((area) => path === area || path.startsWith(`${area}/`));
  });
}
