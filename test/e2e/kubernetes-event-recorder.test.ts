import { expect } from 'chai';
import { createEventRecorder, type EventRecorder } from '../../src/kubernetes/event-recorder.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { ControlPlane } from '../support/control-plane.ts';
import { createRecordingLogger, type RecordingLogger } from '../support/recording-logger.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';
import { newWidget, WIDGET, type Widget } from '../support/widget.ts';
import { type Connection, connectAsAdmin, serveWidgets } from '../support/widget-crd.ts';

const never = new AbortController().signal;
const failed = {
  type: 'Warning',
  reason: 'MigrationFailed',
  message: 'VM 100 (web) did not move from pve1 to pve2: storage is missing',
  action: 'Migrate',
} as const;

describe('the event recorder, on a real API server', () => {
  let controlPlane: ControlPlane;
  let connection: Connection;
  let namespace: string;
  let widget: Widget;
  let logger: RecordingLogger;
  let recorder: EventRecorder;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await serveWidgets(controlPlane);
    connection = connectAsAdmin(controlPlane);
  });

  after(() => connection.kubeConfig.close());

  beforeEach(async () => {
    namespace = await createTestNamespace('events');
    const object = newWidget('lab');
    widget = await connection.client.create(
      WIDGET,
      { ...object, metadata: { ...object.metadata, namespace } },
      never,
    );
    logger = createRecordingLogger();
    recorder = createEventRecorder({
      client: connection.client,
      component: 'pve-cslb.io/operator',
      instance: 'operator-0',
      clock: systemClock,
      logger,
    });
  });

  async function kubectl(...args: readonly string[]): Promise<string> {
    const result = await controlPlane.kubectl([...args, '--namespace', namespace]);
    expect(result.code, result.stderr).to.equal(0);
    return result.stdout;
  }

  it('shows events where people look for them, with their count', async () => {
    recorder.record(widget, failed);
    await recorder.stop(10_000);
    const second = createEventRecorder({
      client: connection.client,
      component: 'pve-cslb.io/operator',
      instance: 'operator-0',
      clock: systemClock,
      logger,
    });
    for (const name of ['one', 'two', 'two', 'two']) {
      second.record(widget, { ...failed, type: 'Normal', reason: 'Moved', message: `Moved ${name}` });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await second.stop(10_000);

    const described = await kubectl('describe', 'widget', 'lab');
    expect(described).to.match(
      /Warning\s+MigrationFailed\s+\S+\s+pve-cslb\.io\/operator\s+VM 100 \(web\) did not move/,
    );
    expect(described).to.match(/Normal\s+Moved\s+\S+ \(x3 over \S+\)\s+pve-cslb\.io\/operator\s+Moved two/);
    const listed = await kubectl('get', 'events', '--output', 'wide');
    expect(listed)
      .to.match(/Warning\s+MigrationFailed\s+widget\/lab\s/)
      .and.to.match(/Moved two\s+\S+\s+3\s/);
    expect(logger.lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
  });

  it('stores the longest message and name there may be', async () => {
    const object = newWidget(`a${'n'.repeat(252)}`);
    const longest = await connection.client.create(
      WIDGET,
      { ...object, metadata: { ...object.metadata, namespace } },
      never,
    );
    recorder.record(longest, { ...failed, message: 'ü'.repeat(2_000) });
    await recorder.stop(10_000);
    expect(logger.lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
    expect(await kubectl('get', 'events', '--output', 'jsonpath={.items[0].message}')).to.match(/^ü{510}…$/);
  });

  it('drops the events of an object whose namespace takes none, with a log line', async () => {
    const elsewhere = { ...widget, metadata: { ...widget.metadata, namespace: 'does-not-exist' } };
    recorder.record(elsewhere, failed);
    await recorder.stop(10_000);
    expect(logger.lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'Event was not stored'],
    ]);
  });
});
