import { expect } from 'chai';
import type { EventObject } from '../../../src/kubernetes/event-object.ts';
import { createEventRecorder } from '../../../src/kubernetes/event-recorder.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient } from '../../support/fake-api-client.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { storedWidget } from '../../support/widget.ts';

const widget = storedWidget('a', '7');
const moved = { type: 'Normal', reason: 'Moved', message: 'Moved a', action: 'Migrate' } as const;

function setUp() {
  const clock = createVirtualClock();
  const client = createFakeApiClient();
  const logger = createRecordingLogger();
  const recorder = createEventRecorder({
    client,
    component: 'pve-cslb.io/operator',
    instance: 'operator-0',
    clock,
    logger,
  });
  return {
    clock,
    client,
    logger,
    recorder,
    count: (call: string) => client.calls.filter((made) => made.call === call).length,
    events: (): EventObject[] =>
      client.calls
        .filter(({ call }) => call === 'create')
        .flatMap(({ key = '' }) => client.read('Event', key) ?? [])
        .map((event) => event as unknown as EventObject),
  };
}

describe('the event recorder', () => {
  it('stores an event of events.k8s.io/v1 in the namespace of its object', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(widget, moved);
    await clock.advance(0);
    const [event] = events();
    expect(event).to.deep.include({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'pve-cslb.io/operator',
      reportingInstance: 'operator-0',
      type: 'Normal',
      reason: 'Moved',
      action: 'Migrate',
      note: 'Moved a',
      regarding: {
        apiVersion: widget.apiVersion,
        kind: 'Widget',
        namespace: 'lab',
        name: 'a',
        uid: 'uid-a',
        resourceVersion: '7',
      },
    });
    expect(event?.metadata.namespace).to.equal('lab');
    expect(event?.metadata.name).to.match(/^a\.[0-9a-f]{16}$/);
    expect(event).to.not.have.property('series');
  });

  it('counts identical events in one Event', async () => {
    const { clock, recorder, events, count } = setUp();
    for (let index = 0; index < 3; index += 1) {
      recorder.record(widget, moved);
      await clock.advance(60_000);
    }
    expect(events()).to.have.length(1);
    expect(events()[0]?.series).to.deep.equal({
      count: 3,
      lastObservedTime: '2026-01-01T00:02:00.000000Z',
    });
    expect(count('create')).to.equal(1);
  });

  it('begins a new Event when the last identical one is ten minutes old', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(widget, moved);
    await clock.advance(600_001);
    recorder.record(widget, moved);
    await clock.advance(0);
    expect(events().map(({ series }) => series)).to.deep.equal([undefined, undefined]);
  });

  it('keeps events apart that differ in object, type, reason, action or message', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(widget, moved);
    recorder.record(storedWidget('a', '9', 1, 'another'), moved);
    recorder.record(widget, { ...moved, type: 'Warning' });
    recorder.record(widget, { ...moved, reason: 'Other' });
    recorder.record(widget, { ...moved, action: 'Other' });
    recorder.record(widget, { ...moved, message: 'Other' });
    await clock.advance(0);
    expect(events()).to.have.length(6);
  });

  it('begins anew when the Event it counted in was removed by the API server', async () => {
    const { clock, client, recorder, events } = setUp();
    recorder.record(widget, moved);
    await clock.advance(0);
    client.remove('Event', client.calls[0]?.key ?? '');
    await clock.advance(1_000);
    recorder.record(widget, moved);
    await clock.advance(0);
    expect(events()).to.have.length(1);
    expect(events()[0]).to.include({ eventTime: '2026-01-01T00:00:01.000000Z' });
  });

  it('cuts a long message at 1024 bytes, never inside a character', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(widget, { ...moved, message: 'x'.repeat(1_024) });
    recorder.record(widget, { ...moved, message: '😀'.repeat(1_000) });
    await clock.advance(0);
    const [fits, cut] = events().map(({ note }) => note);
    expect(fits).to.equal('x'.repeat(1_024));
    expect(cut).to.equal(`${'😀'.repeat(255)}…`);
  });

  it('keeps names and instances within what the API server takes', async () => {
    const { clock, client, recorder, events } = setUp();
    const long = createEventRecorder({
      client,
      component: 'pve-cslb.io/operator',
      instance: 'i'.repeat(200),
      clock,
      logger: createRecordingLogger(),
    });
    long.record(storedWidget('n'.repeat(253), '7'), moved);
    recorder.record(widget, moved);
    await clock.advance(0);
    expect(events()[0]?.metadata.name).to.have.length(253);
    expect(events()[0]?.reportingInstance).to.have.length(128);
  });

  it('lets through 25 events of an object at once, then one every five seconds', async () => {
    const { clock, recorder, events } = setUp();
    for (let index = 0; index < 100; index += 1)
      recorder.record(widget, { ...moved, message: `Moved ${index}` });
    recorder.record(storedWidget('b', '8'), moved);
    await clock.advance(0);
    expect(events()).to.have.length(26);
    await clock.advance(10_000);
    for (let index = 0; index < 100; index += 1)
      recorder.record(widget, { ...moved, message: `Again ${index}` });
    await clock.advance(0);
    expect(events()).to.have.length(28);
  });

  it('keeps events through an outage, in their order', async () => {
    const { clock, client, recorder, events } = setUp();
    client.fail('create', apiError(503), { times: 4 });
    recorder.record(widget, { ...moved, message: 'first' });
    recorder.record(widget, { ...moved, message: 'second' });
    await clock.advance(60_000);
    const stored = client.calls
      .filter(({ call }) => call === 'create')
      .map(({ body }) => body as EventObject);
    expect(stored.map(({ note }) => note)).to.deep.equal([
      'first',
      'first',
      'first',
      'first',
      'first',
      'second',
    ]);
    expect(events().map(({ note }) => note)).to.include('second');
  });

  it('takes an Event that is there already for its own, whose answer was lost', async () => {
    const { clock, client, logger, recorder, count } = setUp();
    client.fail('create', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    recorder.record(widget, moved);
    await clock.advance(60_000);
    expect(count('create')).to.equal(2);
    expect(logger.lines.filter(({ level }) => level === 'warn')).to.deep.equal([]);
  });

  it('gives an event up that is refused, with a log line, and sends the next', async () => {
    const { clock, client, logger, recorder, events } = setUp();
    client.fail('create', apiError(403));
    recorder.record(widget, { ...moved, message: 'first' });
    recorder.record(widget, { ...moved, message: 'second' });
    await clock.advance(0);
    expect(events().map(({ note }) => note)).to.deep.equal(['second']);
    expect(logger.lines.filter(({ level }) => level === 'warn')).to.have.length(1);
  });

  it('bounds what it keeps in an outage', async () => {
    const { clock, client, logger, recorder } = setUp();
    client.hang('create');
    for (let index = 0; index < 5_000; index += 1) recorder.record(storedWidget(`w${index}`, '7'), moved);
    await clock.advance(0);
    const stopped = recorder.stop(1_000);
    await clock.advance(1_000);
    await stopped;
    expect(logger.lines.at(-1)?.fields).to.deep.equal({ events: 500 });
  });

  it('sends what is queued when it stops, and takes nothing more', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(widget, { ...moved, message: 'first' });
    recorder.record(widget, { ...moved, message: 'second' });
    await recorder.stop(5_000);
    recorder.record(widget, { ...moved, message: 'third' });
    await clock.advance(60_000);
    expect(events().map(({ note }) => note)).to.deep.equal(['first', 'second']);
    expect(clock.nextDue()).to.equal(undefined);
  });

  it('stops within its bound when the API server does not answer', async () => {
    const { clock, client, logger, recorder } = setUp();
    client.hang('create');
    recorder.record(widget, { ...moved, message: 'first' });
    recorder.record(widget, { ...moved, message: 'second' });
    let ended = false;
    const stopped = recorder.stop(5_000).then(() => {
      ended = true;
    });
    await clock.advance(4_999);
    expect(ended).to.equal(false);
    await clock.advance(1);
    await stopped;
    expect(logger.lines.at(-1)?.fields).to.deep.equal({ events: 1 });
    expect(clock.nextDue()).to.equal(undefined);
  });
});
