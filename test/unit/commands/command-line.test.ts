import { expect } from 'chai';
import type { CommandEntry, ExitCode } from '../../../src/commands/command.ts';
import { runCommandLine } from '../../../src/commands/command-line.ts';
import { OperatorError } from '../../../src/lib/errors.ts';
import { recordedIo } from '../../support/command-io.ts';

describe('the command line', () => {
  function entry(name: string, run: (args: readonly string[]) => Promise<ExitCode>): CommandEntry {
    return { name, summary: `does ${name}`, load: async () => ({ help: `Usage: cslb ${name}\n`, run }) };
  }

  const commands: readonly CommandEntry[] = [
    entry('arguments', async (args) => (args.join() === 'a,b' ? 3 : 0)),
    entry('usage', () => Promise.reject(new OperatorError('Usage', 'not so.'))),
    entry('unreachable', () => Promise.reject(new OperatorError('Unreachable', 'pve1 does not answer.'))),
    entry('bug', () => Promise.reject(new TypeError('x is undefined'))),
  ];

  async function run(...args: readonly string[]) {
    const io = recordedIo();
    const code = await runCommandLine(args, io, commands);
    return { code, ...io.written };
  }

  it('gives a command its arguments and exits with its code', async () => {
    expect(await run('arguments', 'a', 'b')).to.deep.equal({ code: 3, stdout: '', stderr: '' });
  });

  it('lists the commands', async () => {
    const { code, stdout } = await run('--help');
    expect(code).to.equal(0);
    expect(stdout).to.include('  arguments    does arguments\n  usage        does usage\n');
  });

  it('lists the commands on stderr and exits with 2 when none is named', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.include('does arguments');
  });

  it('prints the help of a command instead of running it', async () => {
    expect(await run('bug', '--help')).to.deep.equal({ code: 0, stdout: 'Usage: cslb bug\n', stderr: '' });
    expect(await run('arguments', '--', '--help')).to.include({ code: 0, stdout: '' });
  });

  it('prints its version', async () => {
    expect((await run('--version')).stdout).to.match(/^cslb \d+\.\d+\.\d+\n$/);
    expect(await run('version')).to.deep.equal(await run('--version'));
  });

  it('answers an unknown command with one sentence and 2', async () => {
    expect(await run('balanse')).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        "cslb: unknown command 'balanse': use one of 'arguments', 'usage', 'unreachable', 'bug', or --help.\n",
    });
  });

  it('exits with 2 where the user must act, else with 1', async () => {
    expect(await run('usage')).to.deep.equal({ code: 2, stdout: '', stderr: 'cslb: not so.\n' });
    expect(await run('unreachable')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'cslb: pve1 does not answer.\n',
    });
  });

  it('shows the stack of what nobody foresaw', async () => {
    const { code, stderr } = await run('bug');
    expect(code).to.equal(1);
    expect(stderr).to.include('cslb: x is undefined\n').and.to.include('command-line.test.ts');
  });
});
