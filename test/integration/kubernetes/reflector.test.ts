import { expect } from 'chai';
import { createApiClient } from '../../../src/kubernetes/api-client.ts';
import type { PooledKubeConfig } from '../../../src/kubernetes/pooled-kube-config.ts';
import { createReflector } from '../../../src/kubernetes/reflector.ts';
import { type Clock, scaledClock, systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import {
  event,
  list,
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
import { storedWidget, WIDGET, type Widget } from '../../support/widget.ts';

const REQUEST_TIMEOUT_MS = 60_000;
const INACTIVITY_MS = 90_000;
/** With jitter. The reflector's pauses pass in tenths of them; what is longer is a limit, and passes only by hand. */
const LONGEST_PAUSE_MS = 36_000;
const SPEED = 10;

const added = (name: string, version: string, size = 1) => event('ADDED', storedWidget(name, version, size));
const bookmark = (resourceVersion: string) => event('BOOKMARK', { metadata: { resourceVersion } });

describe('the reflector, over a connection', () => {
  let server: ScriptedApiServer;
  let kubeConfig: PooledKubeConfig;
  let stopping: AbortController;
  let identity: Awaited<ReturnType<typeof newServerIdentity>>;

  before(async () => {
    identity = await newServerIdentity();
  });

  beforeEach(async () => {
    server = await startScriptedApiServer(identity);
    kubeConfig = server.kubeConfig();
    stopping = new AbortController();
  });

  afterEach(async () => {
    stopping.abort();
    await kubeConfig.close();
    await server.goDown();
  });

  function reflect() {
    const limits = createVirtualClock();
    const pauses = scaledClock(systemClock, SPEED);
    const clock: Clock = {
      ...limits,
      sleep: (milliseconds, signal) =>
        (milliseconds > LONGEST_PAUSE_MS ? limits : pauses).sleep(milliseconds, signal),
    };
    const client = createApiClient({
      kubeConfig,
      userAgent: 'test',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      clock,
      logger: silentLogger,
    });
    const reflector = createReflector<Widget>({ client, kind: WIDGET, clock, logger: silentLogger });
    const changes: string[] = [];
    reflector.onChange(({ kind, object }) =>
      changes.push(`${kind} ${object.metadata.name} ${object.spec?.size}`),
    );
    return { reflector, changes, limits, start: () => reflector.start(stopping.signal) };
  }

  const versions = () =>
    server.requests.filter(({ sort }) => sort === 'watch').map(({ query }) => query.get('resourceVersion'));

  it('lists and watches with bookmarks and a time limit, as the kubeconfig user', async () => {
    server.script('list', list('10', storedWidget('a', '5')));
    server.script('watch', stream([added('b', '11')]));
    const { reflector, changes, start } = reflect();
    start();
    await eventually(() => changes.length === 2);
    expect(reflector.hasSynced()).to.equal(true);
    expect(changes).to.deep.equal(['Added a 1', 'Added b 1']);
    const [listing, watching] = server.requests;
    expect(listing?.path).to.equal('/apis/test.pve-cslb.io/v1/widgets');
    expect(listing?.headers.authorization).to.equal('Bearer secret');
    expect(listing?.headers['user-agent']).to.equal('test');
    expect(Object.fromEntries(watching?.query ?? [])).to.include({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
    });
    expect(Number(watching?.query.get('timeoutSeconds'))).to.be.within(300, 600);
  });

  it('puts events together that come in pieces, inside a character too', async () => {
    const line = Buffer.from(added('müsli', '11'));
    const inside = line.indexOf(Buffer.from('ü')) + 1;
    server.script('list', list('10'));
    server.script(
      'watch',
      stream([
        line.subarray(0, inside),
        line.subarray(inside, inside + 9),
        Buffer.concat([line.subarray(inside + 9), Buffer.from(added('b', '12'))]),
      ]),
    );
    const { changes, start } = reflect();
    start();
    await eventually(() => changes.length === 2);
    expect(changes).to.deep.equal(['Added müsli 1', 'Added b 1']);
  });

  for (const [what, tooOld] of [
    ['HTTP 410', status(410)],
    ['an ERROR event 410', stream([event('ERROR', { kind: 'Status', code: 410, message: 'too old' })])],
  ] as const) {
    it(`lists again on ${what} and delivers what vanished`, async () => {
      server.script('list', list('10', storedWidget('gone', '5')), list('20', storedWidget('a', '15')));
      server.script('watch', tooOld, stream([]));
      const { changes, start } = reflect();
      start();
      await eventually(() => server.count('watch') === 2);
      expect(changes).to.deep.equal(['Added gone 1', 'Deleted gone 1', 'Added a 1']);
      expect(versions()).to.deep.equal(['10', '20']);
    });
  }

  it('goes on from the last version when the server ends the stream, advanced by bookmarks', async () => {
    server.script('list', list('10'));
    server.script('watch', stream([added('a', '11')], 'end'), stream([bookmark('50')], 'end'), stream([]));
    const { start } = reflect();
    start();
    await eventually(() => server.count('watch') === 3);
    expect(versions()).to.deep.equal(['10', '11', '50']);
    expect(server.count('list')).to.equal(1);
  });

  it('cuts a connection that is silent for longer than the time between bookmarks, and goes on', async () => {
    server.script('list', list('10'));
    // In one chunk, so that with the change the bookmark has arrived.
    server.script('watch', stream([added('a', '11') + bookmark('30')]), stream([added('b', '31')]));
    const { changes, limits, start } = reflect();
    start();
    await eventually(() => changes.length === 1);
    await limits.advance(INACTIVITY_MS - 1);
    expect(server.requests.at(-1)?.isOver()).to.equal(false);
    await limits.advance(1);
    await eventually(() => changes.length === 2);
    expect(versions()).to.deep.equal(['10', '30']);
  });

  const broken: readonly (readonly [string, Script])[] = [
    ['503', status(503)],
    ['429', status(429)],
    ['403', status(403)],
    ['401', status(401)],
    ['a reset before the answer', reset],
    ['a reset inside an event', stream([added('a', '11').slice(0, 40)], 'break')],
    ['an end inside an event', stream([added('a', '11').slice(0, 40)], 'end')],
    ['a line that is no JSON', stream(['garbage\n', added('x', '99')])],
    ['an event without an object', stream(['{"type":"ADDED"}\n', added('x', '99')])],
    ['an ERROR event 500', stream([event('ERROR', { kind: 'Status', code: 500, message: 'etcd' })])],
    ['a page of a proxy', text('<html>Log in</html>')],
  ];
  for (const [what, fault] of broken) {
    it(`goes on after ${what} on a watch, from where it was`, async () => {
      server.script('list', list('10'));
      server.script('watch', fault, fault, stream([added('a', '11')]));
      const { changes, start } = reflect();
      start();
      await eventually(() => changes.length === 1);
      expect(changes).to.deep.equal(['Added a 1']);
      expect(versions()).to.deep.equal(['10', '10', '10']);
      expect(server.count('list')).to.equal(1);
    });
  }

  it('passes over events of an unknown type', async () => {
    server.script('list', list('10'));
    server.script('watch', stream(['{"type":"NEW","object":{}}\n', added('a', '11')]));
    const { changes, start } = reflect();
    start();
    await eventually(() => changes.length === 1);
    expect(server.count('watch')).to.equal(1);
  });

  for (const [what, fault] of [
    ['503', status(503)],
    ['403', status(403)],
    ['404, since the kind is not served yet', status(404)],
    ['a reset', reset],
    ['no answer', silence],
    ['a page of a proxy', text('<html>Log in</html>')],
    ['a list without items', list('10', { kind: 'Widget' })],
  ] as const) {
    it(`is not synced while lists are answered with ${what}`, async () => {
      server.script('list', fault, fault, list('10', storedWidget('a', '5')));
      server.script('watch', stream([]));
      const { reflector, limits, start } = reflect();
      start();
      for (const number of [1, 2]) {
        await eventually(() => server.count('list') >= number);
        expect(reflector.hasSynced()).to.equal(false);
        if (fault === silence) await limits.advance(REQUEST_TIMEOUT_MS);
      }
      await reflector.waitForSync(stopping.signal);
      expect(reflector.list()).to.have.length(1);
    });
  }

  it('outlives a server that goes away, refuses connections and comes back', async () => {
    server.script('list', list('10'));
    server.script('watch', stream([added('a', '11')]), stream([added('b', '12')]));
    const { changes, start } = reflect();
    start();
    await eventually(() => changes.length === 1);
    await server.goDown();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.comeUp();
    await eventually(() => changes.length === 2);
    expect(versions()).to.deep.equal(['10', '11']);
  });

  it('stays up when a handler throws', async () => {
    server.script('list', list('10', storedWidget('a', '5')));
    server.script('watch', stream([added('b', '11')]));
    const { reflector, changes, start } = reflect();
    reflector.onChange(() => {
      throw new Error('a bug');
    });
    start();
    await eventually(() => changes.length === 2);
    expect(server.count('watch')).to.equal(1);
  });

  for (const [moment, lists, watches] of [
    ['a list', [silence], [stream([])]],
    ['a pause', [status(503)], [stream([])]],
    ['the opening of a watch', [list('10')], [silence]],
    ['a watch', [list('10')], [stream([added('a', '11')])]],
  ] as const) {
    it(`stops during ${moment}, ends what is under way and asks for nothing more`, async () => {
      server.script('list', ...lists);
      server.script('watch', ...watches);
      const { changes, start } = reflect();
      start();
      const watched = moment.includes('watch');
      await eventually(() => server.count(watched ? 'watch' : 'list') === 1);
      stopping.abort(new Error('stopped'));
      await eventually(() => server.requests.every((request) => request.isOver()));
      const before = { requests: server.requests.length, changes: changes.length };
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect({ requests: server.requests.length, changes: changes.length }).to.deep.equal(before);
    });
  }
});
