#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import type { CommandIo } from './commands/command.ts';
import { runCommandLine } from './commands/command-line.ts';
import { COMMANDS } from './commands/commands.ts';

let stop: AbortController | undefined;

const io: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  isTerminal: process.stdout.isTTY === true,
  readStdin: () => text(process.stdin),
  stopSignal() {
    if (stop) return stop.signal;
    const controller = new AbortController();
    stop = controller;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(1);
        controller.abort(new Error(`Received ${name}`));
      });
    }
    return controller.signal;
  },
  beforeCrash(report) {
    // Rejections that nobody handled come here too.
    process.once('uncaughtException', (error, origin) => {
      try {
        report(error, origin);
      } finally {
        process.exit(1);
      }
    });
  },
};

// Whoever reads our output may stop reading (`| head`); that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await runCommandLine(process.argv.slice(2), io, COMMANDS);
// What was to be stopped has stopped, or was given up: nothing that lingers may keep acting.
if (stop) process.exit(exitCode);
process.exitCode = exitCode;
