import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(
  new URL('../../integration/third-party/requirements.txt', import.meta.url),
);

/** The Python with the clients installed, or why there is none. */
export type PythonClients = { readonly python: string } | { readonly missing: string };

let installed: Promise<PythonClients> | undefined;

/** Installs the clients once per version of the requirements, into a cache folder of the user. */
export function pythonClients(): Promise<PythonClients> {
  installed ??= install();
  return installed;
}

async function install(): Promise<PythonClients> {
  const version = await run('python3', ['-c', 'import sys, venv; print(sys.version)']);
  if (version.failed) return { missing: 'there is no python3 with venv' };
  const folder = join(cacheFolder(), cacheKey(version.output));
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return { python };
  // Renamed once it is whole: a broken-off installation is none.
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    for (const args of [
      ['python3', '-m', 'venv', fresh],
      [
        join(fresh, 'bin', 'python'),
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-input',
        '--requirement',
        REQUIREMENTS,
      ],
    ]) {
      const [command = '', ...rest] = args;
      const result = await run(command, rest);
      if (result.failed) return { missing: `the clients cannot be installed: ${lastLine(result.output)}` };
    }
    try {
      renameSync(fresh, folder);
    } catch (error) {
      // Another run on this machine was faster.
      if (!existsSync(python)) throw error;
    }
    return { python };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pve-cslb-operator', 'python-clients');
}

function cacheKey(pythonVersion: string): string {
  return createHash('sha256')
    .update(pythonVersion)
    .update(readFileSync(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
}

/** Runs a program to its end; its output and errors together. */
export async function run(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly failed: boolean; readonly output: string }> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => {
      chunks.push(Buffer.from(String(error)));
      return [1];
    }),
  ]);
  return { failed: code !== 0, output: Buffer.concat(chunks).toString('utf8').trim() };
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? '';
}
