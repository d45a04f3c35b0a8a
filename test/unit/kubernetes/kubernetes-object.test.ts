import { expect } from 'chai';
import { objectKey, parseKey } from '../../../src/kubernetes/kubernetes-object.ts';
import { storedWidget } from '../../support/widget.ts';

describe('object keys', () => {
  it('name an object by namespace and name, there and back', () => {
    const key = objectKey(storedWidget('a', '1'));
    expect(key).to.equal('lab/a');
    expect(parseKey(key)).to.deep.equal({ namespace: 'lab', name: 'a' });
  });

  it('are refused without a namespace', () => {
    expect(() => parseKey('a')).to.throw(TypeError, "'a'");
  });
});
