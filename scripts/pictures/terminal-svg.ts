import { type Color, type Run, runsOf } from './styled-text.ts';

const CHARACTER = { width: 8.4, height: 19, size: 14, baseline: 14 } as const;
const PADDING = 16;
const TITLE_HEIGHT = 30;

// Light on dark whatever the page is, so that it can be read on both.
const BACKGROUND = '#161b22';
const BORDER = '#6e7681';
const TEXT = '#e6edf3';
const DIM = '#9198a1';
const COLORS: Readonly<Record<Color, string>> = {
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  cyan: '#76e3ea',
};
const FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** By how many eighths of its place such a character is filled from the left. */
const BLOCKS = ' ▏▎▍▌▋▊▉█';
const BLOCK_RUNS = /([▏▎▍▌▋▊▉█]+)/;

/** A picture of lines as a terminal shows them, with their colours. `title` is also what a screen reader says. */
export function terminalSvg(title: string, lines: readonly string[]): string {
  const rows = lines.map(runsOf);
  const columns = Math.max(...rows.map((runs) => runs.reduce((sum, { text }) => sum + widthOf(text), 0)));
  const width = Math.ceil(columns * CHARACTER.width + 2 * PADDING);
  const height = TITLE_HEIGHT + rows.length * CHARACTER.height + PADDING;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (color, index) => `<circle cx="${PADDING + 4 + index * 16}" cy="16" r="5" fill="${color}"/>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${BACKGROUND}" stroke="${BORDER}"/>`,
    ...dots,
    `<g font-family="${FONT}" font-size="${CHARACTER.size}" fill="${TEXT}" xml:space="preserve">`,
    ...rows.flatMap((runs, row) => drawRow(runs, TITLE_HEIGHT + row * CHARACTER.height)),
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

function drawRow(runs: readonly Run[], top: number): readonly string[] {
  const shapes: string[] = [];
  let column = 0;
  for (const run of runs) {
    for (const text of run.text.split(BLOCK_RUNS)) {
      if (BLOCK_RUNS.test(text)) shapes.push(drawBlocks(text, run, column, top));
      else shapes.push(...drawWords(text, run, column, top));
      column += widthOf(text);
    }
  }
  return shapes;
}

/** Each word at its own column, so that columns stand whatever font there is. */
function drawWords(text: string, run: Run, column: number, top: number): readonly string[] {
  return [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: words, index }) => {
    const x = round(PADDING + (column + widthOf(text.slice(0, index))) * CHARACTER.width);
    const length = round(widthOf(words) * CHARACTER.width);
    const weight = run.bold ? ' font-weight="bold"' : '';
    return `<text x="${x}" y="${round(top + CHARACTER.baseline)}" textLength="${length}"${fill(run)}${weight}>${escaped(words)}</text>`;
  });
}

/** Bars as shapes: glyphs of them leave gaps in some fonts. */
function drawBlocks(text: string, run: Run, column: number, top: number): string {
  const eighths = [...text].reduce((sum, character) => sum + BLOCKS.indexOf(character), 0);
  const x = round(PADDING + column * CHARACTER.width);
  const width = round((eighths / 8) * CHARACTER.width);
  const color = run.color ? COLORS[run.color] : TEXT;
  return `<rect x="${x}" y="${round(top + 2)}" width="${width}" height="${CHARACTER.height - 4}" fill="${color}"/>`;
}

function fill({ color, dim }: Run): string {
  if (color !== undefined) return ` fill="${COLORS[color]}"`;
  return dim ? ` fill="${DIM}"` : '';
}

function widthOf(text: string): number {
  return [...text].length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
