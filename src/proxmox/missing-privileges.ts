import type { Permissions } from './schemas/probe.ts';

/** The least set (docs/proxmox-api.md §8). A token may have what is for guests on some guests or pools only. */
const NEEDED: readonly {
  readonly privilege: string;
  readonly on: string;
  readonly areas: readonly string[];
}[] = [
  { privilege: 'Sys.Audit', on: '/', areas: [] },
  { privilege: 'Sys.Audit', on: '/nodes', areas: ['/nodes'] },
  { privilege: 'VM.Audit', on: '/vms', areas: ['/vms', '/pool'] },
  { privilege: 'VM.Migrate', on: '/vms', areas: ['/vms', '/pool'] },
  { privilege: 'Datastore.Audit', on: '/storage', areas: ['/storage', '/pool'] },
  { privilege: 'Pool.Audit', on: '/pool', areas: ['/pool'] },
];

/** The privileges a token has nowhere, as `VM.Migrate on /vms`. */
export function missingPrivileges(permissions: Permissions): readonly string[] {
  const missing = NEEDED.filter(({ privilege, areas }) => !isGranted(permissions, privilege, areas));
  // Without it on `/` there is none to propagate: one line says enough.
  const lines = missing.map(({ privilege, on }) => `${privilege} on ${on}`);
  return lines.includes('Sys.Audit on /') ? lines.filter((line) => line !== 'Sys.Audit on /nodes') : lines;
}

function isGranted(permissions: Permissions, privilege: string, areas: readonly string[]): boolean {
  return Object.entries(permissions).some(([path, privileges]) => {
    if (!Object.hasOwn(privileges, privilege)) return false;
    // On `/` it reaches further down only when it propagates.
    if (path === '/') return areas.length === 0 || privileges[privilege] === 1;
    return areas.some((area) => path === area || path.startsWith(`${area}/`));
  });
}
