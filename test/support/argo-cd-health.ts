import { readFileSync } from 'node:fs';
import { LuaFactory } from 'wasmoon';

export type ArgoCdHealth = 'Healthy' | 'Suspended' | 'Progressing' | 'Degraded';

/** What Argo CD shows of an object. */
export interface ArgoCdJudgement {
  readonly status: ArgoCdHealth;
  readonly message: string;
}

export const HEALTH_SCRIPT = readFileSync(new URL('../../docs/argocd/health.lua', import.meta.url), 'utf8');

// It begins to compile the interpreter at once, which whoever judges nothing need not wait for.
let factory: LuaFactory | undefined;

/** What the documented health script makes of an object, which it sees as the global `obj`, as with Argo CD. */
export async function argoCdJudgement(object: object): Promise<ArgoCdJudgement> {
  factory ??= new LuaFactory();
  const lua = await factory.createEngine();
  try {
    return await lua.doString(`obj = ${luaLiteral(JSON.parse(JSON.stringify(object)))}\n${HEALTH_SCRIPT}`);
  } finally {
    lua.global.close();
  }
}

/** Tables of Lua's own, since objects of JavaScript in their place would not behave as they do. */
function luaLiteral(value: unknown): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return luaString(value);
  if (Array.isArray(value)) return `{${value.map(luaLiteral).join(',')}}`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `[${luaString(key)}]=${luaLiteral(part)}`)
    .join(',')}}`;
}

/** Its bytes as decimal escapes: those mean the same in every Lua. */
function luaString(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
}
