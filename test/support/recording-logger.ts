import type { Logger } from '../../src/lib/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface RecordingLogger extends Logger {
  /** Of this logger and all its children, each with the bindings of its ancestors. */
  readonly lines: LogLine[];
}

export function createRecordingLogger(bindings: object = {}, lines: LogLine[] = []): RecordingLogger {
  function log(level: LogLine['level']) {
    return (fields: object, message: string) => {
      lines.push({ level, fields: { ...bindings, ...fields }, message });
    };
  }
  return {
    lines,
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (more) => createRecordingLogger({ ...bindings, ...more }, lines),
  };
}
