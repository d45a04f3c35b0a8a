import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { expect } from 'chai';
import { type ApiClient, createApiClient } from '../../../src/kubernetes/api-client.ts';
import { ApiError } from '../../../src/kubernetes/api-error.ts';
import type { PooledKubeConfig } from '../../../src/kubernetes/pooled-kube-config.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import {
  json,
  newServerIdentity,
  reset,
  type Script,
  type ScriptedApiServer,
  silence,
  startScriptedApiServer,
  status,
  stream,
  text,
} from '../../support/scripted-api-server.ts';
import { newWidget, storedWidget, WIDGET, type Widget } from '../../support/widget.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const never = new AbortController().signal;
const widget = storedWidget('a', '7');

async function caught(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}

describe('the API client', () => {
  let server: ScriptedApiServer;
  let kubeConfig: PooledKubeConfig;
  let client: ApiClient;
  let directory: string;
  let identity: Awaited<ReturnType<typeof newServerIdentity>>;

  function connect(config: PooledKubeConfig, clock: Clock = systemClock): ApiClient {
    return createApiClient({
      kubeConfig: config,
      userAgent: 'test',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      clock,
      logger: silentLogger,
    });
  }

  const get = (signal = never) => client.get<Widget>(WIDGET, 'lab', 'a', signal);
  const apply = (signal = never) =>
    client.applyStatus<Widget>(WIDGET, { ...widget, status: { size: 2 } }, 'manager', signal);

  before(async () => {
    identity = await newServerIdentity();
    directory = await mkdtemp(join(tmpdir(), 'pve-cslb-client-'));
  });

  after(() => rm(directory, { recursive: true }));

  beforeEach(async () => {
    server = await startScriptedApiServer(identity);
    kubeConfig = server.kubeConfig();
    client = connect(kubeConfig);
  });

  afterEach(async () => {
    await kubeConfig.close();
    await server.goDown();
  });

  it('reads an object as plain JSON, and undefined where there is none', async () => {
    server.script('other', json({ ...widget, extra: { nested: [1] } }), status(404));
    expect(await get()).to.deep.equal({ ...widget, extra: { nested: [1] } });
    expect(await get()).to.equal(undefined);
    expect(server.requests[0]?.path).to.equal('/apis/test.pve-cslb.io/v1/namespaces/lab/widgets/a');
  });

  it('knows the paths of the core group', async () => {
    const secret = { apiVersion: 'v1', plural: 'secrets', kind: 'Secret' };
    server.script('other', json({ ...widget, apiVersion: 'v1', kind: 'Secret' }));
    await client.get(secret, 'lab', 'pve', never);
    expect(server.requests[0]?.path).to.equal('/api/v1/namespaces/lab/secrets/pve');
  });

  it('gives the items of a list the kind that built-in lists leave out', async () => {
    const { apiVersion, kind, ...bare } = widget;
    server.script('list', json({ metadata: { resourceVersion: '9', continue: 'more' }, items: [bare] }));
    const page = await client.list<Widget>(WIDGET, { namespace: 'lab', limit: 1, continue: 'token' }, never);
    expect(page).to.deep.equal({
      items: [{ ...bare, apiVersion, kind }],
      resourceVersion: '9',
      continue: 'more',
    });
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).to.deep.equal({
      limit: '1',
      continue: 'token',
    });
  });

  it('sends each write as the sort of request it is', async () => {
    server.script('other', json(widget));
    await apply();
    await client.create(WIDGET, newWidget('a'), never);
    await client.update(WIDGET, widget, never);
    await client.patch<Widget>(WIDGET, 'lab', 'a', { spec: { size: 3 } }, never);
    const seen = server.requests.map(({ method, path, query, headers, body }) => ({
      request: `${method} ${path.split('/').slice(6).join('/')}?${query}`,
      type: headers['content-type'],
      body: JSON.parse(body),
    }));
    expect(seen).to.deep.equal([
      {
        request: 'PATCH widgets/a/status?fieldManager=manager&force=true',
        type: 'application/apply-patch+yaml',
        body: { ...widget, status: { size: 2 } },
      },
      { request: 'POST widgets?', type: 'application/json', body: newWidget('a') },
      { request: 'PUT widgets/a?', type: 'application/json', body: widget },
      {
        request: 'PATCH widgets/a?',
        type: 'application/merge-patch+json',
        body: { spec: { size: 3 } },
      },
    ]);
  });

  it('tells its observer of every request, answered or not', async () => {
    const seen: string[] = [];
    const observed = createApiClient({
      kubeConfig,
      userAgent: 'test',
      requestTimeoutMs: 30_000,
      clock: systemClock,
      logger: silentLogger,
      observer: {
        requestEnded: ({ method, status: code, milliseconds }) => {
          expect(milliseconds).to.be.greaterThan(0);
          seen.push(`${method} ${code}`);
        },
      },
    });
    server.script('other', json(widget), status(404), status(500), reset);
    await observed.update(WIDGET, widget, never);
    await observed.get(WIDGET, 'lab', 'a', never);
    await caught(observed.create(WIDGET, newWidget('a'), never));
    await caught(observed.create(WIDGET, newWidget('a'), never));
    expect(seen).to.deep.equal(['PUT 200', 'GET 404', 'POST 500', 'POST undefined']);
  });

  const answers: readonly (readonly [number, 'read' | 'write', string, boolean])[] = [
    [400, 'write', 'ApiServerRefused', false],
    [401, 'read', 'ApiServerRefused', false],
    [403, 'read', 'ApiServerRefused', false],
    [403, 'write', 'ApiServerRefused', false],
    [404, 'write', 'ObjectGone', false],
    [409, 'write', 'Conflict', false],
    [413, 'write', 'ApiServerRefused', false],
    [422, 'write', 'ApiServerRefused', false],
    [429, 'write', 'ApiServerUnavailable', false],
    [500, 'read', 'ApiServerUnavailable', false],
    [500, 'write', 'ApiServerUnavailable', true],
    [503, 'write', 'ApiServerUnavailable', true],
    [504, 'write', 'ApiServerUnavailable', true],
  ];
  for (const [code, sort, expected, mayHaveTakenEffect] of answers) {
    it(`makes ${code} to a ${sort} ${expected}, with the server's words`, async () => {
      server.script('other', status(code, 'the server says why'));
      const error = await caught(sort === 'read' ? get() : apply());
      expect(error).to.include({ code: expected, status: code, mayHaveTakenEffect });
      expect(error.message).to.include('the server says why').and.to.include('widgets/a');
      expect(error.message).to.not.include('secret');
    });
  }

  it('names the missing CustomResourceDefinition when a kind is not served', async () => {
    server.script('list', text('404 page not found', 404));
    const error = await caught(client.list(WIDGET, {}, never));
    expect(error.message).to.include('404 page not found').and.to.include('CustomResourceDefinition');
  });

  const withoutAnswer: readonly (readonly [string, Script, 'ends' | 'until the deadline'])[] = [
    ['a reset', reset, 'ends'],
    ['silence', silence, 'until the deadline'],
    ['an answer that never ends', stream(['{"kind":']), 'until the deadline'],
    ['a page of a proxy', text('<html>Log in</html>'), 'ends'],
    ['another kind of object', json({ kind: 'Status' }), 'ends'],
  ];
  for (const [what, script, lasting] of withoutAnswer) {
    it(`does not know whether a write took effect after ${what}`, async () => {
      const clock = createVirtualClock();
      client = connect(kubeConfig, clock);
      server.script('other', script);
      const failureOf = async (call: Promise<unknown>, number: number) => {
        const failure = caught(call);
        await eventually(() => server.requests.length === number);
        if (lasting === 'until the deadline') await clock.advance(REQUEST_TIMEOUT_MS);
        return failure;
      };
      const write = await failureOf(apply(), 1);
      expect(write).to.include({ code: 'ApiServerUnavailable', mayHaveTakenEffect: true });
      const read = await failureOf(get(), 2);
      expect(read).to.include({ code: 'ApiServerUnavailable', mayHaveTakenEffect: false });
      expect(server.requests, 'nothing is sent twice').to.have.length(2);
    });
  }

  it('knows that a write that found no server took no effect', async () => {
    await server.goDown();
    const error = await caught(apply());
    expect(error).to.include({ code: 'ApiServerUnavailable', mayHaveTakenEffect: false, status: undefined });
    expect(error.message).to.include('ECONNREFUSED');
    await server.comeUp();
  });

  it('ends with the reason of the signal, and closes the connection', async () => {
    server.script('other', silence);
    const controller = new AbortController();
    const call = get(controller.signal).catch((error: unknown) => error);
    await eventually(() => server.requests.length === 1);
    controller.abort(new Error('stopped'));
    expect(await call).to.include({ message: 'stopped' });
    await eventually(() => server.requests[0]?.isOver() === true);
    expect(await get(controller.signal).catch((error: unknown) => error)).to.include({ message: 'stopped' });
    expect(server.requests).to.have.length(1);
  });

  it('makes 200 calls over a few connections and leaves nothing behind', async () => {
    server.script('other', json(widget));
    const { signal } = new AbortController();
    for (let index = 0; index < 200; index += 1) await get(signal);
    expect(server.connections).to.be.at.most(2);
    await Promise.all(Array.from({ length: 20 }, () => get(signal)));
    expect(server.requests).to.have.length(220);
    // A signal that lives as long as the process must not gather a listener with every call.
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('does not trust a server of another CA, and trusts it once the CA file says so', async () => {
    const caFile = join(directory, 'ca.crt');
    await writeFile(caFile, identity.authority.certificate);
    const rotating = server.kubeConfig({ caFile });
    const rotatingClient = connect(rotating);
    const read = () => rotatingClient.get<Widget>(WIDGET, 'lab', 'a', never);
    server.script('other', json(widget));
    try {
      await read();
      const next = await newServerIdentity();
      await server.goDown();
      await server.comeUp(next);
      // The first may still find its connection closed.
      await caught(read());
      const untrusted = await caught(read());
      expect(untrusted).to.include({ code: 'ApiServerUnavailable' });
      expect(untrusted.message).to.match(/certificate|signature/);

      await writeFile(caFile, next.authority.certificate);
      expect(await read()).to.deep.equal(widget);
    } finally {
      await rotating.close();
    }
  });

  it('reads a rotated token again within a minute', async () => {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, 'old');
    const rotating = server.kubeConfig({ tokenFile });
    const rotatingClient = connect(rotating);
    server.script('other', json(widget));
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    try {
      await rotatingClient.get(WIDGET, 'lab', 'a', never);
      await writeFile(tokenFile, 'new');
      mock.timers.setTime(Date.now() + 61_000);
      await rotatingClient.get(WIDGET, 'lab', 'a', never);
    } finally {
      mock.timers.reset();
      await rotating.close();
    }
    expect(server.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('says so when credentials cannot be read, and sends nothing', async () => {
    const rotating = server.kubeConfig({ tokenFile: join(directory, 'missing') });
    const error = await caught(
      connect(rotating).applyStatus(WIDGET, { ...widget, status: {} }, 'manager', never),
    );
    expect(error).to.include({ code: 'ApiServerUnavailable', mayHaveTakenEffect: false });
    expect(server.requests).to.deep.equal([]);
  });
});
