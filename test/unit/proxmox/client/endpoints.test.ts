import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { withHeldTimers } from '../../../support/held-timers.ts';
import {
  type LoopbackOptions,
  type LoopbackServer,
  startLoopbackServer,
} from '../../../support/loopback-server.ts';
import {
  impatientClock,
  operatorError,
  REQUEST_TIMEOUT_MS,
  testClient,
} from '../../../support/proxmox-client.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';

const HEADERS = { Server: 'pve-api-daemon/3.0', 'Content-Type': 'application/json;charset=UTF-8' };

/** Of clients that a request may keep waiting for `REQUEST_TIMEOUT_MS`. */
const CONNECT_TIMEOUT_MS = REQUEST_TIMEOUT_MS / 3;

function answerOk(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, HEADERS);
  response.end('{"data":1}');
}

function answer595(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(595, 'Connection refused', { Server: HEADERS.Server });
  response.end();
}

function breakOff(_request: IncomingMessage, response: ServerResponse): void {
  response.destroy();
}

describe('Proxmox client: several endpoints', () => {
  const closing: (() => Promise<void>)[] = [];

  async function start(options: Partial<LoopbackOptions> = {}): Promise<LoopbackServer> {
    const server = await startLoopbackServer({ handler: answerOk, ...options });
    closing.push(() => server.close());
    return server;
  }

  function clientOf(servers: readonly LoopbackServer[], options: Parameters<typeof testClient>[1] = {}) {
    const client = testClient(
      servers.map(({ url }) => url),
      { caCertificates: servers.map(({ caCertificate }) => caCertificate).join('\n'), ...options },
    );
    closing.unshift(() => client.close());
    return client;
  }

  /** Accepts connections and never says anything. */
  async function startMute(onGreeting: () => void): Promise<string> {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', onGreeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return `https://127.0.0.1:${address.port}`;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('asks only the first while that answers', async () => {
    const [first, second] = [await start(), await start()];
    const client = clientOf([first, second]);

    for (let count = 0; count < 5; count += 1) await client.get('/version');
    await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

    expect(first.requests).to.have.lengthOf(6);
    expect(second.requests).to.deep.equal([]);
    expect(client.activeEndpoint).to.equal(first.url);
  });

  it('goes on with the next when the first breaks off, and returns when that is back', async () => {
    let handler = breakOff;
    const first = await start({ handler: (request, response) => handler(request, response) });
    const second = await start();
    const clock = impatientClock();
    const logger = createRecordingLogger();
    const client = clientOf([first, second], { clock, logger });

    await client.get('/version');
    await client.get('/version');
    const asked = first.requests.length;
    const active = client.activeEndpoint;
    handler = answerOk;
    clock.advance(30_000);
    await client.get('/version');
    await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

    expect(asked).to.equal(1);
    expect(active).to.equal(second.url);
    expect(client.activeEndpoint).to.equal(first.url);
    expect(first.requests.slice(asked)).to.have.lengthOf(2);
    expect(second.requests).to.have.lengthOf(2);
    const told = logger.lines.filter(({ level }) => level !== 'debug');
    expect(told.map(({ message, fields }) => [message, fields.endpoint])).to.deep.equal([
      ['Lost endpoint', first.url],
      ['Regained endpoint', first.url],
    ]);
  });

  it('sends a POST to the endpoint that works, never to the one that may be back', async () => {
    let handler = breakOff;
    const first = await start({ handler: (request, response) => handler(request, response) });
    const second = await start();
    const clock = impatientClock();
    const client = clientOf([first, second], { clock });
    await client.get('/version');
    handler = answerOk;
    clock.advance(600_000);

    const outcome = await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

    expect(outcome.kind).to.equal('Done');
    expect(first.requests).to.have.lengthOf(1);
  });

  it('sends a POST nowhere else once there was a connection', async () => {
    const [first, second] = [await start({ handler: breakOff }), await start()];
    const client = clientOf([first, second]);

    const outcome = await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

    expect(outcome.kind).to.equal('Unknown');
    expect(first.requests).to.have.lengthOf(1);
    expect(second.requests).to.deep.equal([]);
  });

  it('a wrong certificate on the first is passed over', async () => {
    const [first, second] = [await start(), await start()];
    const client = clientOf([first, second], { caCertificates: second.caCertificate });

    expect((await client.get('/version')).data).to.equal(1);
    expect((await client.post('/x', {})).kind).to.equal('Done');
    expect(first.requests).to.deep.equal([]);
  });

  for (const path of ['/nodes/pve3/status', '/nodes/pve3/qemu/100/status/current']) {
    it(`595 about another node is no fault of the endpoint: ${path}`, async () => {
      const [first, second] = [await start({ handler: answer595 }), await start()];
      const client = clientOf([first, second]);

      expect((await operatorError(client.get(path))).code).to.equal('NodeUnreachable');
      expect(first.requests).to.have.lengthOf(3);
      expect(second.requests).to.deep.equal([]);
      expect(client.activeEndpoint).to.equal(first.url);
    });
  }

  for (const path of ['/cluster/status', '/nodes/localhost/certificates/info']) {
    it(`595 from what the endpoint does itself is: ${path}`, async () => {
      const [first, second] = [await start({ handler: answer595 }), await start()];
      const client = clientOf([first, second]);

      expect((await client.get(path)).data).to.equal(1);
      expect(client.activeEndpoint).to.equal(second.url);
    });
  }

  it('one slow node is no fault of the endpoint, and told as such', () =>
    withHeldTimers(async (pass) => {
      const handler = (request: IncomingMessage, response: ServerResponse) => {
        if (request.url?.includes('/nodes/slow/')) pass(REQUEST_TIMEOUT_MS);
        else answerOk(request, response);
      };
      const [first, second] = [await start({ handler }), await start()];
      const client = clientOf([first, second]);

      const error = await operatorError(client.get('/nodes/slow/status'));
      await client.get('/version');

      expect(error.code).to.equal('NodeUnreachable');
      expect(error.message).to.contain('node slow hangs');
      expect(second.requests).to.deep.equal([]);
      expect(client.activeEndpoint).to.equal(first.url);
    }));

  it('an endpoint that accepts connections and says nothing is passed over, and named', () =>
    withHeldTimers(async (pass) => {
      const mute = await startMute(() => pass(CONNECT_TIMEOUT_MS));
      const second = await start();
      const options = { caCertificates: second.caCertificate };
      const client = testClient([mute, second.url], options);
      closing.unshift(() => client.close());

      expect((await client.get('/nodes/pve1/status')).data).to.equal(1);
      expect(client.activeEndpoint).to.equal(second.url);
      const alone = testClient([mute], options);
      expect((await operatorError(alone.get('/nodes/pve1/status'))).message).to.contain(
        'TLS was not agreed upon in time',
      );
    }));

  it('many calls do not each wait for an endpoint that is dead', () =>
    withHeldTimers(async (pass) => {
      let greetings = 0;
      const mute = await startMute(() => {
        greetings += 1;
        if (greetings === 3) pass(CONNECT_TIMEOUT_MS);
      });
      const second = await start();
      const logger = createRecordingLogger();
      const client = testClient([mute, second.url], { caCertificates: second.caCertificate, logger });
      closing.unshift(() => client.close());

      const answers = await Promise.all(Array.from({ length: 30 }, () => client.get('/version')));

      expect(answers).to.have.lengthOf(30);
      // Those that were on their way when it was found out; the others waited for their turn and went elsewhere.
      const lost = logger.lines.filter(({ level, fields }) => level === 'debug' && fields.endpoint === mute);
      expect(lost).to.have.lengthOf(3);
    }));

  it('takes an endpoint that is given twice for one', async () => {
    const server = await start({ handler: breakOff });
    const client = clientOf([server, server]);

    await operatorError(client.get('/version'));

    expect(server.requests).to.have.lengthOf(3);
  });

  it('does not go elsewhere because an answer is useless', async () => {
    const handler = (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { ...HEADERS, 'Content-Encoding': 'gzip' });
      response.end('this is not gzip');
    };
    const [first, second] = [await start({ handler }), await start()];

    const error = await operatorError(clientOf([first, second]).get('/version'));

    expect(error.code).to.equal('UnexpectedAnswer');
    expect(error.message).to.contain('decompressed');
    expect(second.requests).to.deep.equal([]);
  });
});
