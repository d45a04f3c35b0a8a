import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { AclDocument, UserDocument } from '../../src/simulator/scenario/document.ts';

/** What the commands under one heading of docs/proxmox.md give, to one user and its one token. */
export interface DocumentedAccess {
  readonly user: string;
  readonly token: string;
  readonly userAcl: readonly AclDocument[];
  readonly tokenAcl: readonly AclDocument[];
}

const PAGE = readFileSync(new URL('../../docs/proxmox.md', import.meta.url), 'utf8');
const SECTIONS = PAGE.split(/^(?=##+ )/m);

/** A row of the table of privileges: `VM.Migrate on /vms`, and what for. */
export interface DocumentedPrivilege {
  readonly name: string;
  readonly purpose: string;
}

export const DOCUMENTED_PRIVILEGES: readonly DocumentedPrivilege[] = sectionOf('What each privilege is for')
  .split('\n')
  .flatMap((line) => {
    const row = /^\| `([^`]+)` \| ([^|]+) \|/.exec(line);
    return row?.[1] && row[2] ? [{ name: row[1], purpose: row[2].trim() }] : [];
  });

/** @param headings those under which the commands are, in their order */
export function documentedAccess(headings: readonly string[]): DocumentedAccess {
  const roles = new Map<string, readonly string[]>();
  const acls: { readonly users: string; readonly tokens: string; readonly acl: AclDocument }[] = [];
  for (const words of headings.flatMap((heading) => commandsOf(sectionOf(heading)))) {
    const [object, verb, name = ''] = words;
    const options = optionsOf(words);
    if (object === 'role' && verb === 'add') roles.set(name, options.privs?.split(' ') ?? []);
    if (object === 'acl' && verb === 'modify') {
      const privileges = roles.get(options.roles ?? '');
      if (!privileges)
        throw new Error(`docs/proxmox.md gives the role ${options.roles}, which it never adds.`);
      const { users = '', tokens = '' } = options;
      acls.push({ users, tokens, acl: { path: name, privileges } });
    }
  }
  const [id = ''] = acls.map(({ tokens }) => tokens).filter((tokens) => tokens !== '');
  const [user = '', token = ''] = id.split('!');
  return {
    user,
    token,
    userAcl: acls.filter(({ users }) => users === user).map(({ acl }) => acl),
    tokenAcl: acls.filter(({ tokens }) => tokens === id).map(({ acl }) => acl),
  };
}

/** The user as the simulator has it. */
export function userWith(access: DocumentedAccess, secret: string): UserDocument {
  const { user, token, userAcl, tokenAcl } = access;
  return { name: user, acl: userAcl, tokens: [{ id: token, secret, acl: tokenAcl }] };
}

/** Without this privilege, for the user or for the token. */
export function withoutPrivilege(
  access: DocumentedAccess,
  privilege: string,
  whose: 'userAcl' | 'tokenAcl',
): DocumentedAccess {
  const acl = access[whose].map((entry) => ({
    ...entry,
    privileges: entry.privileges.filter((each) => each !== privilege),
  }));
  return { ...access, [whose]: acl };
}

function sectionOf(heading: string): string {
  const section = SECTIONS.find((each) => each.replace(/^#+ /, '').startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/proxmox.md has no section "${heading}".`);
  return section;
}

/** The words of each `pveum` command, as a shell splits them. */
function commandsOf(section: string): readonly (readonly string[])[] {
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith('pveum '))
    .map((line) =>
      (line.slice('pveum '.length).match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) =>
        word.replaceAll(/["']/g, ''),
      ),
    );
}

function optionsOf(words: readonly string[]): Readonly<Partial<Record<string, string>>> {
  const text = { type: 'string' } as const;
  const options = { privs: text, users: text, tokens: text, roles: text, comment: text, privsep: text };
  return parseArgs({ args: [...words], options, allowPositionals: true }).values;
}
