import { isOperatorError, messageOf, OperatorError } from '../lib/errors.ts';
import type { CommandEntry, CommandIo, ExitCode } from './command.ts';
import { version } from './version.ts';

/** Picks the command that the arguments name, and runs it. Never throws. */
export async function runCommandLine(
  args: readonly string[],
  io: CommandIo,
  commands: readonly CommandEntry[],
): Promise<ExitCode> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) {
      io.stderr.write(overview(commands));
      return 2;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      io.stdout.write(overview(commands));
      return 0;
    }
    if (name === '--version' || name === 'version') {
      io.stdout.write(`cslb ${version()}\n`);
      return 0;
    }
    const command = await find(name, commands).load();
    if (asksForHelp(rest)) {
      io.stdout.write(command.help);
      return 0;
    }
    return await command.run(rest, io);
  } catch (error) {
    io.stderr.write(`cslb: ${messageOf(error)}\n`);
    if (isOperatorError(error)) return error.action === 'User' ? 2 : 1;
    // Not foreseen, so a bug: whoever reports it needs the stack.
    if (error instanceof Error && error.stack) io.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

function find(name: string, commands: readonly CommandEntry[]): CommandEntry {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const names = commands.map((candidate) => `'${candidate.name}'`).join(', ');
  throw new OperatorError('Usage', `unknown command '${name}': use one of ${names}, or --help.`);
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

function overview(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
  return `cslb keeps Proxmox VE clusters balanced.

Usage: cslb COMMAND [OPTIONS]

Commands:
${list}

\`cslb COMMAND --help\` tells more about one, \`cslb --version\` the version.
`;
}
