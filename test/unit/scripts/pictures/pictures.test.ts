import { styleText } from 'node:util';
import { expect } from 'chai';
import { excerpt } from '../../../../scripts/pictures/excerpt.ts';
import { runsOf } from '../../../../scripts/pictures/styled-text.ts';
import { terminalSvg } from '../../../../scripts/pictures/terminal-svg.ts';

const styled = (format: Parameters<typeof styleText>[0], text: string) =>
  styleText(format, text, { validateStream: false });

describe('pictures of a terminal', () => {
  it('know the styles of our output', () => {
    const line = `a ${styled('bold', 'b')} ${styled('green', `c${styled('dim', 'd')}`)} e`;
    expect(runsOf(line)).to.deep.equal([
      { text: 'a ', color: undefined, bold: false, dim: false },
      { text: 'b', color: undefined, bold: true, dim: false },
      { text: ' ', color: undefined, bold: false, dim: false },
      { text: 'c', color: 'green', bold: false, dim: false },
      { text: 'd', color: 'green', bold: false, dim: true },
      { text: ' e', color: undefined, bold: false, dim: false },
    ]);
  });

  it('refuse what they could not show', () => {
    expect(() => runsOf('\u001b[2Jgone')).to.throw('Not a colour or weight');
    expect(() => runsOf(styled('magenta', 'odd'))).to.throw('35');
  });

  it('put words at their columns, bars as shapes, and nothing of the text into the markup', () => {
    const svg = terminalSvg('A <title> & more', [`pve1  ${styled('yellow', '██▌')}  40% <b>`]);
    expect(svg).to.include('<title>A &lt;title&gt; &amp; more</title>');
    expect(svg).to.include('<rect x="66.4" y="32" width="21" height="15" fill="#e3b341"/>');
    expect(svg).to.include('<text x="108.4" y="44" textLength="58.8">40% &lt;b&gt;</text>');
    expect(svg).to.match(/^<svg [^>]*width="\d+" height="\d+"/);
  });

  it('leave lines out where an output is too long, and say so', () => {
    const lines = ['Name', 'Spec:', ' a', 'Status:', ' b', ' c', 'Events:', ' d'];
    const passages = [
      { from: 'Name', lines: 1 },
      { from: 'Status:', lines: 2 },
      { from: 'Events:', lines: 9 },
    ];
    expect(excerpt(lines, passages)).to.deep.equal(['Name', '…', 'Status:', ' b', '…', 'Events:', ' d']);
    expect(excerpt(lines, passages.slice(0, 1))).to.deep.equal(['Name', '…']);
    expect(() => excerpt(lines, [{ from: 'Nothing', lines: 1 }])).to.throw('"Nothing"');
  });
});
