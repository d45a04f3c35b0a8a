import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 128 where a signal ended it. */
  readonly code: number;
}

/** Runs a command to its end with `input` on its standard input. Rejects only where it cannot be started. */
export async function runCommand(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  input = '',
): Promise<CommandResult> {
  const child = spawn(command, args, { env: environment, stdio: 'pipe' });
  // One that ends without reading its input breaks the pipe: its exit code tells, not this.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, code: typeof code === 'number' ? code : 128 };
}
