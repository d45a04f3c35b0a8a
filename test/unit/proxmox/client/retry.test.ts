import { expect } from 'chai';
import nock from 'nock';
import type { ProxmoxClientObserver } from '../../../../src/proxmox/client-observer.ts';
import { impatientClock, operatorError, TOKEN, testClient } from '../../../support/proxmox-client.ts';

const FIRST = 'https://pve1.example:8006';
const SECOND = 'https://pve2.example:8006';
const HEADERS = { Date: 'Sat, 22 Nov 2025 12:00:00 GMT', Server: 'pve-api-daemon/3.0' };
const MIGRATE = '/nodes/pve1/qemu/102/migrate';

function fault(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, ...(code === 'EHOSTUNREACH' ? { syscall: 'connect' } : {}) });
}

nock.restore();

describe('Proxmox client: retries', () => {
  before(() => {
    if (!nock.isActive()) nock.activate();
    nock.disableNetConnect();
  });
  // Other tests speak to real servers.
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    expect(pending).to.deep.equal([]);
  });

  it('sends the token and the query, and reads data, total and time', async () => {
    nock(FIRST, { reqheaders: { authorization: `PVEAPIToken=${TOKEN.id}=${TOKEN.secret}` } })
      .get('/api2/json/nodes/pve1/tasks')
      .query({ source: 'all', vmid: 102 })
      .reply(200, { data: [1], total: 9 }, HEADERS);

    const answer = await testClient([FIRST]).get('/nodes/pve1/tasks', { source: 'all', vmid: 102 });

    expect(answer).to.deep.equal({ data: [1], total: 9, proxmoxTime: Date.UTC(2025, 10, 22, 12) });
  });

  it('repeats a GET after a connection fault, waiting longer each time', async () => {
    const clock = impatientClock();
    nock(FIRST).get('/api2/json/version').twice().replyWithError(fault('ECONNRESET'));
    nock(FIRST).get('/api2/json/version').reply(200, { data: 1 }, HEADERS);

    expect((await testClient([FIRST], { clock }).get('/version')).data).to.equal(1);
    expect(clock.slept).to.have.lengthOf(2);
    expect(clock.slept[1]).to.be.greaterThan(clock.slept[0] ?? 0);
  });

  for (const status of [595, 596]) {
    it(`repeats a GET after ${status}`, async () => {
      nock(FIRST).get('/api2/json/nodes/pve3/status').reply(status, '', HEADERS);
      nock(FIRST).get('/api2/json/nodes/pve3/status').reply(200, { data: 1 }, HEADERS);

      expect((await testClient([FIRST]).get('/nodes/pve3/status')).data).to.equal(1);
    });
  }

  it('gives up a GET after three attempts', async () => {
    nock(FIRST).get('/api2/json/version').thrice().replyWithError(fault('ECONNRESET'));

    expect((await operatorError(testClient([FIRST]).get('/version'))).code).to.equal('Unreachable');
  });

  for (const status of [400, 401, 403, 500, 501, 502]) {
    it(`does not repeat a GET after ${status}`, async () => {
      nock(FIRST).get('/api2/json/version').reply(status, { data: null, message: 'no' }, HEADERS);

      await operatorError(testClient([FIRST]).get('/version'));
    });
  }

  for (const code of ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ECONNREFUSED']) {
    it(`never repeats a POST: ${code}`, async () => {
      nock(FIRST).post(`/api2/json${MIGRATE}`).replyWithError(fault(code));

      const outcome = await testClient([FIRST]).post(MIGRATE, { target: 'pve2', online: 1 });

      expect(outcome.kind).to.equal('Unknown');
    });
  }

  for (const status of [408, 429, 500, 502, 503, 504, 595, 596, 599]) {
    it(`never repeats a POST: status ${status}`, async () => {
      nock(FIRST).post(`/api2/json${MIGRATE}`).reply(status, '', HEADERS);

      await testClient([FIRST, SECOND]).post(MIGRATE, { target: 'pve2', online: 1 });
    });
  }

  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH']) {
    it(`sends a POST to the next endpoint when no connection was made: ${code}`, async () => {
      nock(FIRST).post(`/api2/json${MIGRATE}`).replyWithError(fault(code));
      nock(SECOND).post(`/api2/json${MIGRATE}`, 'target=pve2&online=1').reply(200, { data: 'UPID' }, HEADERS);

      const outcome = await testClient([FIRST, SECOND]).post(MIGRATE, { target: 'pve2', online: 1 });

      expect(outcome.kind).to.equal('Done');
    });
  }

  it('uses the first endpoint that answers, and stays with it', async () => {
    nock(FIRST).get('/api2/json/version').replyWithError(fault('ECONNREFUSED'));
    nock(SECOND).get('/api2/json/version').twice().reply(200, { data: 1 }, HEADERS);
    const client = testClient([FIRST, SECOND]);

    await client.get('/version');
    await client.get('/version');

    expect(client.activeEndpoint).to.equal(SECOND);
  });

  it('names every endpoint when none answers', async () => {
    nock(FIRST).get('/api2/json/version').thrice().replyWithError(fault('ECONNREFUSED'));
    nock(SECOND).get('/api2/json/version').thrice().replyWithError(fault('ENOTFOUND'));

    const error = await operatorError(testClient([FIRST, SECOND]).get('/version'));

    expect(error.code).to.equal('Unreachable');
    expect(error.message).to.contain(FIRST).and.to.contain(SECOND);
  });

  it('gives its reason when it is aborted', async () => {
    const reason = new Error('stopped');
    const error = await testClient([FIRST])
      .get('/version', {}, AbortSignal.abort(reason))
      .catch((caught: unknown) => caught);

    expect(error).to.equal(reason);
    expect(await testClient([FIRST]).post(MIGRATE, {}, AbortSignal.abort(reason))).to.deep.equal({
      kind: 'Unknown',
      error: reason,
    });
  });

  it('does not send a POST that may not be sent any more, however far it has come', async () => {
    nock(FIRST).post(`/api2/json${MIGRATE}`).replyWithError(fault('EHOSTUNREACH'));
    const asked: string[] = [];
    const maySend = () => {
      asked.push('asked');
      return asked.length === 1;
    };

    const outcome = await testClient([FIRST, SECOND]).post(MIGRATE, { target: 'pve2' }, undefined, maySend);

    expect(outcome.kind).to.equal('NotSent');
    expect(asked).to.have.lengthOf(2);
  });

  it('tells its observer of every request, what went wrong with it, and when it is over', async () => {
    const seen: string[] = [];
    const observer: ProxmoxClientObserver = {
      opened: (endpoints) => seen.push(`opened ${endpoints}`),
      requestEnded: ({ endpoint, method, failure }) => seen.push(`${method} ${endpoint} ${failure}`),
      closed: (endpoints) => seen.push(`closed ${endpoints}`),
    };
    nock(FIRST).get('/api2/json/version').reply(200, { data: 1 }, HEADERS);
    nock(FIRST).get('/api2/json/nodes').reply(403, { data: null }, HEADERS);
    nock(FIRST).post(`/api2/json${MIGRATE}`).replyWithError(fault('ECONNRESET'));

    const client = testClient([FIRST], { observer });
    await client.get('/version');
    await operatorError(client.get('/nodes'));
    await client.post(MIGRATE, { target: 'pve2' });
    await client.close();
    await client.close();

    expect(seen).to.deep.equal([
      `opened ${FIRST}`,
      `GET ${FIRST} undefined`,
      `GET ${FIRST} Forbidden`,
      `POST ${FIRST} Unreachable`,
      `closed ${FIRST}`,
    ]);
  });
});
