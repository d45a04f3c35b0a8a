import { styleText } from 'node:util';
import type { CommandIo } from './command.ts';

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Marks up text for people. */
export type Style = (format: Format, text: string) => string;

const plainStyle: Style = (_, text) => text;

/** Colours on a terminal only, and none where NO_COLOR is set to anything (https://no-color.org). */
export function styleFor(io: Pick<CommandIo, 'env' | 'isTerminal'>): Style {
  if (!io.isTerminal || io.env.NO_COLOR || io.env.TERM === 'dumb') return plainStyle;
  return (format, text) => styleText(format, text, { validateStream: false });
}
