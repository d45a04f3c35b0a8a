import { expect } from 'chai';
import { persistStatusChange, writeStatus } from '../../src/kubernetes/status-writer.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { isOperatorError } from '../../src/lib/errors.ts';
import type { ControlPlane } from '../support/control-plane.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';
import { newWidget, WIDGET, type Widget } from '../support/widget.ts';
import { type Connection, connectAsAdmin, serveWidgets } from '../support/widget-crd.ts';

const never = new AbortController().signal;
const fieldManager = 'pve-cslb-operator';

describe('the status writer, on a real API server', () => {
  let controlPlane: ControlPlane;
  let connection: Connection;
  let namespace: string;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await serveWidgets(controlPlane);
    connection = connectAsAdmin(controlPlane);
  });

  after(() => connection.kubeConfig.close());

  beforeEach(async () => {
    namespace = await createTestNamespace('status');
  });

  async function create(name: string): Promise<Widget> {
    const widget = newWidget(name);
    const object = { ...widget, metadata: { ...widget.metadata, namespace } };
    return connection.client.create(WIDGET, object, never);
  }

  const read = (name: string) => connection.client.get<Widget>(WIDGET, namespace, name, never);
  const write = (object: Widget, status: object) =>
    writeStatus({ client: connection.client, kind: WIDGET, object, status, fieldManager, signal: never });

  async function caught(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it('writes the whole status: what is left out is removed, the spec stays', async () => {
    const first = await write(await create('a'), { size: 1, entries: ['x'] });
    expect(first.status).to.deep.equal({ size: 1, entries: ['x'] });
    const second = await write(first, { entries: [] });
    expect(second.status).to.deep.equal({ entries: [] });
    expect(second.spec).to.deep.equal({ size: 1 });
    expect(await read('a')).to.deep.equal(second);
  });

  it('gets a conflict with a stale object and erases nothing', async () => {
    const stale = await create('a');
    await write(stale, { entries: ['theirs'] });
    expect(isOperatorError(await caught(write(stale, { entries: ['mine'] })), 'Conflict')).to.equal(true);
    expect((await read('a'))?.status).to.deep.equal({ entries: ['theirs'] });
  });

  it('gets a conflict after the spec changed, too', async () => {
    const stale = await create('a');
    await connection.client.patch(WIDGET, namespace, 'a', { spec: { size: 2 } }, never);
    expect(isOperatorError(await caught(write(stale, { size: 1 })), 'Conflict')).to.equal(true);
  });

  it('keeps the version when nothing changes', async () => {
    const first = await write(await create('a'), { size: 1, entries: ['x'] });
    const second = await write(first, { entries: ['x'], size: 1 });
    expect(second.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
  });

  it('takes over what another wrote into the status', async () => {
    const object = await create('a');
    const edit = [
      'patch',
      'widget',
      'a',
      '--namespace',
      namespace,
      '--subresource',
      'status',
      '--type',
      'merge',
    ];
    await controlPlane.kubectl([...edit, '--patch', '{"status":{"entries":["by hand"]}}']);
    const edited = await read('a');
    expect(edited?.status?.entries).to.deep.equal(['by hand']);
    const written = await write(edited ?? object, { entries: ['ours'] });
    expect(written.status).to.deep.equal({ entries: ['ours'] });
  });

  it('tells a status that breaks the schema from one that may be sent again', async () => {
    const error = await caught(write(await create('a'), { size: 5_000 }));
    expect(isOperatorError(error, 'ApiServerRefused')).to.equal(true);
    expect(error).to.have.property('message').that.includes('status.size').and.includes('1000');
  });

  it('creates nothing for an object that is gone, nor touches one that took its name', async () => {
    const first = await create('a');
    await controlPlane.kubectl(['delete', 'widget', 'a', '--namespace', namespace]);
    expect(isOperatorError(await caught(write(first, { size: 1 })), 'ObjectGone')).to.equal(true);
    await create('a');
    expect(isOperatorError(await caught(write(first, { size: 1 })), 'Conflict')).to.equal(true);
    expect((await read('a'))?.status).to.equal(undefined);
  });

  it('stores a change past what others wrote and through a restart of the API server', async () => {
    const object = await create('a');
    await write(object, { entries: ['theirs'] });
    await controlPlane.killApiServer();
    const persisted = persistStatusChange<Widget>({
      client: connection.client,
      kind: WIDGET,
      object,
      change: ({ status }) => ({ entries: [...(status?.entries ?? []), 'mine'] }),
      fieldManager,
      clock: systemClock,
      signal: never,
    });
    await controlPlane.restartApiServer();
    await persisted;
    expect((await read('a'))?.status).to.deep.equal({ entries: ['theirs', 'mine'] });
  });
});
