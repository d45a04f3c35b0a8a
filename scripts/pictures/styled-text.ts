/** A piece of a line that looks the same throughout. */
export interface Run {
  readonly text: string;
  readonly color: Color | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
}

export type Color = 'red' | 'green' | 'yellow' | 'cyan';

const COLORS: Readonly<Partial<Record<number, Color>>> = { 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan' };
const PLAIN = { color: undefined, bold: false, dim: false } as const;

/** The runs of a line that was written for a terminal; throws on an escape sequence that no style of ours uses. */
export function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  let style: Omit<Run, 'text'> = PLAIN;
  for (const [index, part] of line.split('\u001b[').entries()) {
    const [, code, text = ''] = index === 0 ? ['', '', part] : (/^(\d+)m(.*)$/s.exec(part) ?? []);
    if (code === undefined) throw new Error(`Not a colour or weight: ESC [${part.slice(0, 8)}`);
    if (code !== '') style = restyled(style, Number(code));
    if (text !== '') runs.push({ text, ...style });
  }
  return runs;
}

function restyled(style: Omit<Run, 'text'>, code: number): Omit<Run, 'text'> {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, color: undefined };
  const color = COLORS[code];
  if (color === undefined) throw new Error(`No style of ours has the code ${code}`);
  return { ...style, color };
}
