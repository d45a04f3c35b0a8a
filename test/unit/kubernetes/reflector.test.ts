import { expect } from 'chai';
import { describeChange, reflectedWidgets } from '../../support/reflected-widgets.ts';
import { newWidget, storedWidget } from '../../support/widget.ts';

describe('the reflector', () => {
  it('delivers what is there and then every change', async () => {
    const { client, clock, reflector, changes, start } = reflectedWidgets();
    client.put(newWidget('a'));
    expect(reflector.hasSynced()).to.equal(false);
    await start();
    expect(reflector.hasSynced()).to.equal(true);

    client.put(newWidget('b'));
    client.put(newWidget('a', 2));
    client.remove('Widget', 'lab/b');
    await clock.advance(0);

    expect(changes).to.deep.equal(['Added a 1', 'Added b 1', 'Updated a 2', 'Deleted b 1']);
    expect(reflector.get('lab/a')?.spec).to.deep.equal({ size: 2 });
    expect(reflector.get('lab/b')).to.equal(undefined);
    expect(reflector.list().map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
  });

  it('gives the state before with an update', async () => {
    const { client, clock, reflector, start } = reflectedWidgets();
    const sizes: unknown[] = [];
    reflector.onChange((change) => {
      if (change.kind === 'Updated') sizes.push([change.previous.spec?.size, change.object.spec?.size]);
    });
    client.put(newWidget('a', 1));
    await start();
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(sizes).to.deep.equal([[1, 2]]);
  });

  it('gives a late handler what is there already', async () => {
    const { client, reflector, start } = reflectedWidgets();
    client.put(newWidget('a'));
    await start();
    const late: string[] = [];
    reflector.onChange((change) => late.push(describeChange(change)));
    expect(late).to.deep.equal(['Added a 1']);
  });

  it('lists in pages', async () => {
    const { client, reflector, changes, start } = reflectedWidgets();
    for (let index = 0; index < 1_001; index += 1) client.put(newWidget(`w${index}`));
    await start();
    const lists = client.calls.filter(({ call }) => call === 'list');
    expect(lists.map(({ limit }) => limit)).to.deep.equal([500, 500, 500]);
    expect(changes).to.have.length(1_001);
    expect(reflector.list()).to.have.length(1_001);
  });

  it('watches for a random time between five and ten minutes', async () => {
    const times: (number | undefined)[] = [];
    for (const value of [0, 0.5, 0.999_999]) {
      const { client, start } = reflectedWidgets({ random: () => value });
      await start();
      times.push(client.calls.find(({ call }) => call === 'watch')?.timeoutSeconds);
    }
    expect(times).to.deep.equal([300, 450, 600]);
  });

  it('goes on at once, from the last version seen, when the server ends a watch', async () => {
    const { client, clock, changes, start, count } = reflectedWidgets();
    await start();
    const { resourceVersion } = client.put(newWidget('a')).metadata;
    await clock.advance(400_000);
    client.endWatches();
    await clock.advance(0);
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion });
    expect(count('list')).to.equal(1);
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Updated a 2']);
  });

  it('advances by bookmarks where nothing happens', async () => {
    const { client, clock, start, count } = reflectedWidgets();
    await start();
    client.send({ type: 'Bookmark', resourceVersion: '5000' });
    await clock.advance(400_000);
    client.endWatches();
    await clock.advance(0);
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion: '5000' });
    expect(count('list')).to.equal(1);
  });

  it('never goes back to an older version or an older state', async () => {
    const { client, clock, reflector, changes, start } = reflectedWidgets();
    await start();
    client.send({ type: 'Added', object: storedWidget('a', '900', 9) });
    client.send({ type: 'Modified', object: storedWidget('a', '800', 8) });
    client.send({ type: 'Modified', object: storedWidget('a', '900', 9) });
    client.send({ type: 'Deleted', object: storedWidget('a', '700', 7) });
    client.send({ type: 'Bookmark', resourceVersion: '600' });
    await clock.advance(20_000);
    client.endWatches();
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 9']);
    expect(reflector.get('lab/a')?.metadata.resourceVersion).to.equal('900');
    expect(client.calls.at(-1)).to.include({ call: 'watch', resourceVersion: '900' });
  });

  it('compares versions as numbers, not as text', async () => {
    const { client, clock, changes, start } = reflectedWidgets();
    await start();
    client.send({ type: 'Added', object: storedWidget('a', '999', 1) });
    client.send({ type: 'Modified', object: storedWidget('a', '1000', 2) });
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Updated a 2']);
  });

  it('delivers an object that was created anew as deleted and added', async () => {
    const { client, clock, changes, start } = reflectedWidgets();
    client.put(newWidget('a', 1, 'first'));
    await start();
    client.put(newWidget('a', 2, 'second'));
    await clock.advance(0);
    expect(changes).to.deep.equal(['Added a 1', 'Deleted a 1', 'Added a 2']);
  });

  it('goes on when a handler throws, and tells the other handlers', async () => {
    const { client, clock, logger, reflector, changes, start } = reflectedWidgets();
    reflector.onChange(() => {
      throw new Error('a bug');
    });
    const others: string[] = [];
    reflector.onChange((change) => others.push(describeChange(change)));
    client.put(newWidget('a'));
    await start();
    client.put(newWidget('a', 2));
    await clock.advance(0);
    expect(others).to.deep.equal(['Added a 1', 'Updated a 2']);
    expect(changes).to.deep.equal(others);
    expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(2);
  });
});
