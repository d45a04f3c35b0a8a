import { expect } from 'chai';
import { chartReadmes } from '../../../scripts/generate-charts/chart-readme.ts';
import { documentedValues } from '../../../scripts/generate-charts/documented-values.ts';
import { valueType } from '../../../scripts/generate-charts/value-type.ts';

const ROOT = new URL('../../../', import.meta.url);

describe('the values of a chart in its README', () => {
  it('are the keys with a description, in sections, with their defaults', () => {
    const text = `
# For nobody.
# @ignored
enabled: true
# @section One
# -- How many there are.
# More than one line.
count: 1
nested:
  # -- A list.
  list: []
  deeper:
    # -- A map, as it is.
    map: {a: b}
# @section Two
# -- A text.
text: ''
`;
    expect(documentedValues(text)).to.deep.equal([
      {
        title: 'One',
        values: [
          { key: 'count', description: 'How many there are. More than one line.', default: 1 },
          { key: 'nested.list', description: 'A list.', default: [] },
          { key: 'nested.deeper.map', description: 'A map, as it is.', default: { a: 'b' } },
        ],
      },
      { title: 'Two', values: [{ key: 'text', description: 'A text.', default: '' }] },
    ]);
  });

  it('must all have a description and a section', () => {
    expect(() => documentedValues('# @section A\na:\n  # A comment.\n  b: 1\n')).to.throw(
      'a.b has no description',
    );
    expect(() => documentedValues('# @section A\na: {}\n')).to.throw('a has no description');
    expect(() => documentedValues('# -- A.\na: 1\n')).to.throw('a is in no section');
  });

  it('have the types of the schema', () => {
    const schema = {
      properties: {
        port: { $ref: '#/$defs/port' },
        level: { enum: ['debug', 'info'] },
        budget: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
        deep: { properties: { either: { type: ['object', 'string'] } } },
      },
      $defs: { port: { type: 'integer' } },
    };
    const keys = ['port', 'level', 'budget', 'deep.either'];
    expect(keys.map((key) => valueType(schema, key))).to.deep.equal([
      'integer',
      'string',
      'integer or string',
      'object or string',
    ]);
    expect(() => valueType(schema, 'deep.neither')).to.throw('has no type for deep.neither');
  });
});

describe('the READMEs of the charts', () => {
  it("have the chart's values, with nothing left to fill in", () => {
    const readmes = chartReadmes(ROOT);
    expect(readmes.map(({ path }) => path)).to.include('helm/pve-cslb-operator/README.md');
    const operator = readmes.find(({ path }) => path.includes('operator'));
    expect(operator?.text).to.include('| `replicaCount` | integer | `1` |');
    for (const { path, text } of readmes) expect(text, path).not.to.match(/\{\{ \w+ \}\}/);
  });
});
