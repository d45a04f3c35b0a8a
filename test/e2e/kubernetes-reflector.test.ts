import { expect } from 'chai';
import { createReflector, type Reflector } from '../../src/kubernetes/reflector.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { ControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';
import { newWidget, WIDGET, type Widget } from '../support/widget.ts';
import { type Connection, connectAsAdmin, serveWidgets } from '../support/widget-crd.ts';

describe('the reflector, on a real API server', () => {
  let controlPlane: ControlPlane;
  let connection: Connection;
  let stopping: AbortController;
  let namespace: string;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await serveWidgets(controlPlane);
  });

  beforeEach(async () => {
    namespace = await createTestNamespace('reflector');
    connection = connectAsAdmin(controlPlane);
    stopping = new AbortController();
  });

  afterEach(async () => {
    stopping.abort();
    await connection.kubeConfig.close();
  });

  async function start() {
    const logger = createRecordingLogger();
    const reflector = createReflector<Widget>({
      client: connection.client,
      kind: WIDGET,
      namespace,
      clock: systemClock,
      logger,
    });
    const changes: string[] = [];
    reflector.onChange(({ kind, object }) =>
      changes.push(`${kind} ${object.metadata.name} ${object.spec?.size}`),
    );
    reflector.start(stopping.signal);
    await reflector.waitForSync(stopping.signal);
    return { reflector, changes, logger };
  }

  function apply(name: string, size: number): Promise<unknown> {
    const widget = newWidget(name, size);
    const object = { ...widget, metadata: { ...widget.metadata, namespace } };
    return kubectl(['apply', '--filename', '-'], JSON.stringify(object));
  }

  async function kubectl(args: readonly string[], input?: string): Promise<void> {
    const result = await controlPlane.kubectl(args, input);
    expect(result.code, result.stderr).to.equal(0);
  }

  const size = (reflector: Reflector<Widget>, name: string) =>
    reflector.get(`${namespace}/${name}`)?.spec?.size;

  it('sees what a person does with kubectl', async () => {
    await apply('a', 1);
    const { reflector, changes } = await start();
    await apply('b', 1);
    await apply('a', 2);
    await eventually(() => size(reflector, 'a') === 2);
    await kubectl(['delete', 'widget', 'a', '--namespace', namespace]);
    await eventually(() => size(reflector, 'a') === undefined);
    expect(changes).to.deep.equal(['Added a 1', 'Added b 1', 'Updated a 2', 'Deleted a 2']);
  });

  it('outlives an API server that is killed and restarted, and misses nothing', async () => {
    await apply('kept', 1);
    await apply('gone', 1);
    const { reflector, changes, logger } = await start();
    await controlPlane.killApiServer();
    await controlPlane.restartApiServer();
    await apply('kept', 2);
    await apply('added', 1);
    await kubectl(['delete', 'widget', 'gone', '--namespace', namespace]);
    await eventually(() => size(reflector, 'added') === 1 && size(reflector, 'gone') === undefined);
    await eventually(() => size(reflector, 'kept') === 2);
    expect(changes).to.have.members([
      'Added kept 1',
      'Added gone 1',
      'Updated kept 2',
      'Added added 1',
      'Deleted gone 1',
    ]);
    expect(logger.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
    expect(logger.lines.filter(({ level }) => level === 'warn')).to.not.deep.equal([]);
  });
});
