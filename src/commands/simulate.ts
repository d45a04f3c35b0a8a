import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';

import { messageOf, OperatorError } from '../lib/errors.ts';
import { parseScenario } from '../simulator/scenario/read-document.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const simulate: Command = {
  help: `Usage: cslb simulate --scenario FILE [--listen HOST:PORT] [--speed N] [--ca-out FILE] [--output text|json]

Serves the simulated Proxmox VE cluster of a scenario over HTTPS, as a real one would answer, until it is stopped
with SIGINT or SIGTERM. docs/simulator.md describes scenarios.

Options:
  --scenario FILE       the scenario, YAML
  --listen HOST:PORT    where to serve; default 127.0.0.1:8006, port 0 takes any free one. Where the scenario has
                        listen: perNode, the first node's; the other nodes take the ports after it
  --speed N             how many times faster than real time it runs; default: the scenario's
  --ca-out FILE         where to write the cluster's CA certificate; default pve-root-ca.pem
  --output text|json    how the one line that says where it serves is printed

Example:
  cslb simulate --scenario skewed.yaml --listen 127.0.0.1:0 --speed 30 --ca-out /tmp/ca.pem
`,
  async run(args, io) {
    const { values } = parseArguments({
      args: [...args],
      options: {
        scenario: { type: 'string' },
        listen: { type: 'string', default: '127.0.0.1:8006' },
        speed: { type: 'string' },
        'ca-out': { type: 'string', default: 'pve-root-ca.pem' },
        output: { type: 'string', default: 'text' },
      },
    });
    if (values.scenario === undefined) throw new OperatorError('Usage', 'simulate needs --scenario FILE.');
    if (values.output !== 'text' && values.output !== 'json') {
      throw new OperatorError('Usage', `--output is text or json, not '${values.output}'.`);
    }
    const listen = parseListen(values.listen);
    const document = parseScenario(await readScenario(values.scenario));
    const scenario = values.speed === undefined ? document : { ...document, speed: parseSpeed(values.speed) };
    const stop = io.stopSignal();
    const simulator = await startSimulator({ scenario, ...listen }).catch((error: unknown) => {
      throw listenError(error, values.listen);
    });
    try {
      await writeCa(values['ca-out'], simulator.caCertificate);
      const tokens = scenario.users.flatMap(
        (user) => user.tokens?.map((token) => `${user.name}!${token.id}`) ?? [],
      );
      io.stdout.write(announce(simulator, values['ca-out'], tokens, values.output));
      await stopped(stop);
    } finally {
      await simulator.stop();
    }
    return 0;
  },
};

function announce(
  simulator: Simulator,
  caFile: string,
  tokens: readonly string[],
  output: 'text' | 'json',
): string {
  const { url, urls } = simulator;
  if (output === 'json') return `${JSON.stringify({ url, urls, caFile, tokens })}\n`;
  return `Serving ${Object.values(urls).join(', ')}, CA certificate in ${caFile}, tokens: ${tokens.join(', ') || 'none'}.\n`;
}

function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match && port <= 65_535 && (isIP(host) !== 0 || host === 'localhost')) return { host, port };
  throw new OperatorError('Usage', `--listen is ADDRESS:PORT such as 127.0.0.1:8006, not '${listen}'.`);
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (speed > 0 && speed <= 100_000) return speed;
  throw new OperatorError('Usage', `--speed is a number above 0 and at most 100000, not '${text}'.`);
}

async function readScenario(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new OperatorError('InvalidInput', `The scenario ${file} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

async function writeCa(file: string, certificate: string): Promise<void> {
  try {
    await writeFile(file, certificate);
  } catch (error) {
    throw new OperatorError(
      'Usage',
      `The CA certificate cannot be written to ${file}: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}

function listenError(error: unknown, listen: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen')) return error;
  return new OperatorError('Usage', `Cannot serve on ${listen}: ${error.message}. Choose another --listen.`, {
    cause: error,
  });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
