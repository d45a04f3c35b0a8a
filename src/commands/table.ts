import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers are right-aligned. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Lines of an aligned table, its titles first. Cells may be styled; styles take no width. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...rows].map((cells) => visibleLength(cells[index] ?? ''))),
  );
  return [titles, ...rows].map((cells) =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align ?? 'left'))
      .join(GAP)
      .trimEnd(),
  );
}

/** Breaks a text at spaces into lines of at most `width` columns, where its words allow it. */
export function wrapText(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + visibleLength(longer) > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, indent + line];
}

/** Foreign text for a terminal: control characters made visible, and cut to a length. */
export function printable(text: string, length = Number.POSITIVE_INFINITY): string {
  const clean = text.replace(/\p{Cc}/gu, '�');
  return clean.length <= length ? clean : `${clean.slice(0, length - 1)}…`;
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const filling = ' '.repeat(Math.max(0, width - visibleLength(cell)));
  return align === 'right' ? filling + cell : cell + filling;
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
