import { pino } from 'pino';
import type { Logger } from '../../lib/logger.ts';
import type { TextSink } from '../command.ts';

export interface ProcessLogger extends Logger {
  /** The process ends after it. */
  fatal(fields: object, message: string): void;
}

/** JSON lines, written at once. */
export function createJsonLogger(level: string, sink: TextSink): ProcessLogger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => sink.write(line) },
  );
}
