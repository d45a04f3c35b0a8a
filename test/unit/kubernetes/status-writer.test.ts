import { expect } from 'chai';
import { persistStatusChange, statusEquals, writeStatus } from '../../../src/kubernetes/status-writer.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient } from '../../support/fake-api-client.ts';
import { newWidget, storedWidget, WIDGET, type Widget } from '../../support/widget.ts';

const never = new AbortController().signal;
const fieldManager = 'pve-cslb-operator';

function setUp() {
  const clock = createVirtualClock();
  const client = createFakeApiClient();
  const write = (object: Widget, status: object) =>
    writeStatus({ client, kind: WIDGET, object, status, fieldManager, signal: never });
  const read = () => client.read<Widget>('Widget', 'lab/a');
  return { clock, client, write, read };
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('writeStatus', () => {
  it('applies nothing but the status, on the version it was computed from', async () => {
    const { client, write, read } = setUp();
    const object = client.put(newWidget('a'));
    const written = await write(object, { size: 1 });
    expect(client.calls[0]?.body).to.deep.equal({
      apiVersion: WIDGET.apiVersion,
      kind: 'Widget',
      metadata: {
        name: 'a',
        namespace: 'lab',
        uid: object.metadata.uid,
        resourceVersion: object.metadata.resourceVersion,
      },
      status: { size: 1 },
    });
    expect(written).to.deep.equal(read());
  });

  it('is refused as a conflict from a stale object, and erases nothing', async () => {
    const { client, write, read } = setUp();
    const object = client.put(newWidget('a'));
    await write(object, { entries: ['theirs'] });
    const error = await caught(write(object, { entries: ['mine'] }));
    expect(isOperatorError(error, 'Conflict')).to.equal(true);
    expect(read()?.status).to.deep.equal({ entries: ['theirs'] });
  });

  it('does not write without a version to write on', async () => {
    const { client, write } = setUp();
    client.put(newWidget('a'));
    expect(await caught(write(storedWidget('a', ''), { size: 1 }))).to.be.instanceOf(TypeError);
    expect(client.calls).to.deep.equal([]);
  });
});

describe('statusEquals', () => {
  it('takes an undefined field for an absent one and ignores the order of fields', () => {
    expect(
      statusEquals({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2, e: undefined }] }, a: 1 }),
    ).to.equal(true);
    expect(statusEquals(undefined, undefined)).to.equal(true);
  });

  it('sees every other difference', () => {
    const status = { a: 1, list: [1, 2] };
    for (const other of [
      undefined,
      {},
      { a: 1 },
      { a: 2, list: [1, 2] },
      { a: 1, list: [2, 1] },
      { ...status, b: 0 },
    ]) {
      expect(statusEquals(status, other)).to.equal(false);
    }
  });
});

describe('persistStatusChange', () => {
  function persist(
    object: Widget,
    clock = createVirtualClock(),
    client = createFakeApiClient(),
    signal = never,
  ) {
    return persistStatusChange<Widget>({
      client,
      kind: WIDGET,
      object,
      change: ({ status }) =>
        status?.entries?.includes('mine') ? undefined : { entries: [...(status?.entries ?? []), 'mine'] },
      fieldManager,
      clock,
      signal,
      random: () => 0.5,
    });
  }

  it('changes the object as it is now, however old the one at hand', async () => {
    const { clock, client, write, read } = setUp();
    const stale = client.put(newWidget('a'));
    await write(stale, { entries: ['theirs'] });
    const stored = await persist(stale, clock, client);
    expect(read()?.status).to.deep.equal({ entries: ['theirs', 'mine'] });
    expect(stored).to.deep.equal(read());
  });

  it('changes what was written between its read and its write', async () => {
    const { clock, client, write, read } = setUp();
    const object = client.put(newWidget('a'));
    const get = client.get.bind(client);
    let reads = 0;
    client.get = async (kind, namespace, name, signal) => {
      const answer = await get(kind, namespace, name, signal);
      reads += 1;
      // Someone else writes right after our read, twice.
      if (reads <= 2)
        await write(read() ?? object, { entries: Array.from({ length: reads }, () => 'theirs') });
      return answer as never;
    };
    const persisted = persist(object, clock, client);
    await clock.advance(5_000);
    await persisted;
    expect(read()?.status).to.deep.equal({ entries: ['theirs', 'theirs', 'mine'] });
  });

  for (const call of ['get', 'applyStatus'] as const) {
    for (const status of [undefined, 503, 429, 401, 403]) {
      it(`goes on through an outage in which ${call} is answered ${status ?? 'nothing'}`, async () => {
        const { clock, client, read } = setUp();
        const object = client.put(newWidget('a'));
        client.fail(call, apiError(status), { times: 20 });
        const persisted = persist(object, clock, client);
        await clock.advance(600_000);
        await persisted;
        expect(read()?.status).to.deep.equal({ entries: ['mine'] });
      });
    }
  }

  it('finds a write whose answer was lost and does not repeat it', async () => {
    const { clock, client, read } = setUp();
    const object = client.put(newWidget('a'));
    client.fail('applyStatus', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    const persisted = persist(object, clock, client);
    await clock.advance(5_000);
    expect(await persisted).to.deep.equal(read());
    expect(read()?.status).to.deep.equal({ entries: ['mine'] });
    expect(client.calls.filter(({ call }) => call === 'applyStatus')).to.have.length(1);
  });

  it('ends when the object is gone, also between read and write', async () => {
    const { clock, client } = setUp();
    const object = client.put(newWidget('a'));
    client.fail('applyStatus', apiError(404));
    const persisted = persist(object, clock, client);
    await clock.advance(0);
    client.remove('Widget', 'lab/a');
    await clock.advance(5_000);
    expect(await persisted).to.equal(undefined);
  });

  it('leaves another object of the same name alone', async () => {
    const { clock, client, read } = setUp();
    const object = client.put(newWidget('a', 1, 'first'));
    client.put(newWidget('a', 1, 'second'));
    expect(await persist(object, clock, client)).to.equal(undefined);
    expect(read()?.status).to.equal(undefined);
  });

  it('does not go on with a status that the API server will never take', async () => {
    const { clock, client } = setUp();
    const object = client.put(newWidget('a'));
    client.fail('applyStatus', apiError(422));
    expect(isOperatorError(await caught(persist(object, clock, client)), 'ApiServerRefused')).to.equal(true);
  });

  it('ends with the reason when it is aborted, in a pause and in a call', async () => {
    for (const hang of [false, true]) {
      const { clock, client } = setUp();
      const object = client.put(newWidget('a'));
      if (hang) client.hang('get');
      else client.fail('get', apiError(503), { times: 10 });
      const controller = new AbortController();
      const ended = caught(persist(object, clock, client, controller.signal));
      await clock.advance(1_000);
      controller.abort(new Error('stopped'));
      expect(await ended).to.include({ message: 'stopped' });
      expect(clock.nextDue()).to.equal(undefined);
    }
  });
});
