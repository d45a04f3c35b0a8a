import { expect } from 'chai';
import { styleFor } from '../../../src/commands/style.ts';
import { formatTable, printable, wrapText } from '../../../src/commands/table.ts';

describe('formatTable', () => {
  const columns = [{ title: 'NODE' }, { title: 'WEIGHT', align: 'right' }, { title: 'ROLE' }] as const;

  it('aligns columns and leaves no blanks at the end of lines', () => {
    expect(
      formatTable(columns, [
        ['a-long-name', '7', 'Source'],
        ['b', '1234567', ''],
      ]),
    ).to.deep.equal(['NODE          WEIGHT  ROLE', 'a-long-name        7  Source', 'b            1234567']);
  });

  it('does not count styles as width', () => {
    const red = styleFor({ isTerminal: true, env: {} });
    const [, first = '', second = ''] = formatTable(columns, [
      [red('red', 'pve1'), '1', 'x'],
      ['pve22', '1', 'x'],
    ]);
    expect(first.indexOf('x') - red('red', '').length).to.equal(second.indexOf('x'));
  });
});

describe('wrapText', () => {
  it('breaks at spaces, and not within a word', () => {
    expect(wrapText('one two three', 7)).to.deep.equal(['one two', 'three']);
    expect(wrapText('one two', 5, '  ')).to.deep.equal(['  one', '  two']);
    expect(wrapText('unbreakable a', 4)).to.deep.equal(['unbreakable', 'a']);
  });
});

describe('printable', () => {
  it('shows control characters and shortens', () => {
    expect(printable('a\u001b[31mb\n', 20)).to.equal('a�[31mb�');
    expect(printable('abcdef', 4)).to.equal('abc…');
    expect(printable('abcd', 4)).to.equal('abcd');
  });
});

describe('styleFor', () => {
  const escapes = (isTerminal: boolean, env: Record<string, string>) =>
    styleFor({ isTerminal, env })('red', 'x') !== 'x';

  it('colours on a terminal only, and not where NO_COLOR or a dumb terminal forbids', () => {
    expect(escapes(true, {})).to.equal(true);
    expect(escapes(false, {})).to.equal(false);
    expect(escapes(true, { NO_COLOR: '1' })).to.equal(false);
    expect(escapes(true, { NO_COLOR: '' })).to.equal(true);
    expect(escapes(true, { TERM: 'dumb' })).to.equal(false);
  });
});
