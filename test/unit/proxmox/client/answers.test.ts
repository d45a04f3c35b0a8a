import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ProxmoxError } from '../../../../src/proxmox/proxmox-error.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../support/loopback-server.ts';
import { impatientClock, operatorError, testClient } from '../../../support/proxmox-client.ts';
import { type ErrorFixture, errorFixture } from '../../../support/proxmox-fixture.ts';

const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  500: 'ServerError',
  501: 'NotImplemented',
  506: 'UnexpectedAnswer',
  595: 'NodeUnreachable',
  596: 'NodeUnreachable',
};

const HEADERS = {
  Date: 'Sat, 22 Nov 2025 12:00:00 GMT',
  Server: 'pve-api-daemon/3.0',
  'Content-Type': 'application/json;charset=UTF-8',
};

const fixtures = readdirSync(new URL('../../../fixtures/proxmox/errors/', import.meta.url))
  .map((file) => file.replace('.json', ''))
  .filter((name) => !name.startsWith('200'));

describe('Proxmox client: answers', () => {
  let server: LoopbackServer;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = await startLoopbackServer({ handler: (_request, response) => answer(response) });
  });
  after(() => server.close());

  function client() {
    const { url, caCertificate: caCertificates } = server;
    return testClient([url], { caCertificates });
  }

  function reply(
    status: number,
    reason: string,
    headers: Record<string, string>,
    body: string | Uint8Array,
  ): void {
    answer = (response) => {
      response.sendDate = false;
      response.writeHead(status, reason, headers);
      response.end(body);
    };
  }

  function replyFixture({ status, reason, headers, body }: ErrorFixture): void {
    reply(status, reason, Object.fromEntries(headers), body ?? '');
  }

  describe('errors of PVE', () => {
    for (const name of fixtures) {
      const fixture = errorFixture(name);
      const code = CODES[fixture.status];

      it(`${name} is ${code}`, async () => {
        replyFixture(fixture);
        const error = await operatorError(client().get('/version'));

        expect(error.code).to.equal(code);
      });

      it(`${name}: a POST ${fixture.status > 501 ? 'has an unknown outcome' : 'is refused'}`, async () => {
        replyFixture(fixture);
        const outcome = await client().post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });

        expect(outcome.kind).to.equal(fixture.status > 501 ? 'Unknown' : 'Refused');
      });
    }

    it('400 names the fields', async () => {
      replyFixture(errorFixture('400_several_fields'));
      const error = await operatorError(client().get('/version'));

      expect(error.message)
        .to.contain('bogus: property is not defined')
        .and.to.contain('bwlimit: value must have');
      expect(error).to.be.instanceOf(ProxmoxError).with.nested.property('fields.online');
    });

    it('403 names the privilege and the path', async () => {
      replyFixture(errorFixture('403_permission'));

      expect((await operatorError(client().get('/version'))).message).to.contain('VM.Migrate on /vms/100');
    });

    it('an older server says it in the status line only', async () => {
      replyFixture(errorFixture('500_vm_locked_8.3'));

      expect((await operatorError(client().get('/version'))).message).to.contain('VM is locked (backup)');
    });
  });

  describe('answers that are not of PVE', () => {
    const html = '<html><head><title>500</title></head><body>Internal Server Error</body></html>';
    const envelope = '{"data":null,"message":"no"}';
    const foreign: readonly (readonly [string, number, Record<string, string>, string])[] = [
      ['an HTML 500', 500, { Date: HEADERS.Date, Server: 'nginx', 'Content-Type': 'text/html' }, html],
      ['an HTML 500 that names no server', 500, { 'Content-Type': 'text/html' }, html],
      ['an empty 500 of a proxy', 500, { Server: 'nginx' }, ''],
      ['an empty 401 without a server', 401, {}, ''],
      ['an envelope in the name of a proxy', 500, { ...HEADERS, Server: 'nginx' }, envelope],
      ['a 403 of a gateway', 403, { 'Content-Type': 'application/json' }, '{"message":"denied"}'],
      ['a 502', 502, HEADERS, ''],
      ['a 503', 503, { Server: 'HAProxy', 'Content-Type': 'text/html' }, html],
      ['a 504', 504, { 'Content-Type': 'text/html' }, html],
      ['a redirect', 301, { Location: 'https://elsewhere.example/' }, ''],
    ];
    for (const [what, status, headers, body] of foreign) {
      it(`${what}: the outcome of a POST is unknown`, async () => {
        reply(status, 'Reason', headers, body);

        expect((await client().post('/nodes/pve1/qemu/100/migrate', {})).kind).to.equal('Unknown');
      });
    }

    const unusable: readonly (readonly [string, Record<string, string>, string])[] = [
      ['HTML', { ...HEADERS, 'Content-Type': 'text/html' }, html],
      ['truncated JSON', HEADERS, '{"data":[{"id":'],
      ['JSON without data', HEADERS, '{"success":1}'],
      ['a list', HEADERS, '[]'],
      ['nothing', HEADERS, ''],
      ['no date', { Server: HEADERS.Server }, '{"data":1}'],
      ['a date that is none', { ...HEADERS, Date: 'yesterday' }, '{"data":1}'],
    ];
    for (const [what, headers, body] of unusable) {
      it(`a 200 with ${what} is an unexpected answer`, async () => {
        reply(200, 'OK', headers, body);
        const error = await operatorError(client().get('/version'));

        expect(error.code).to.equal('UnexpectedAnswer');
        expect(error.message).to.contain('/version');
      });
    }

    it('null data is handed on for the reader to judge', async () => {
      reply(200, 'OK', HEADERS, '{"data":null}');

      expect((await client().get('/version')).data).to.equal(null);
    });
  });

  it('a redirect is not followed: whoever it leads to would get the credentials', async () => {
    let asked = 0;
    answer = (response) => {
      asked += 1;
      response.writeHead(asked === 1 ? 302 : 200, { ...HEADERS, Location: `${server.url}/elsewhere` });
      response.end('{"data":1}');
    };

    expect((await operatorError(client().get('/version'))).code).to.equal('UnexpectedAnswer');
    expect(asked).to.equal(1);
  });

  it('what took long to fail is not waited for again', async () => {
    const clock = impatientClock();
    let asked = 0;
    answer = (response) => {
      asked += 1;
      clock.advance(10_000);
      response.destroy();
    };
    const { url, caCertificate: caCertificates } = server;
    const slow = testClient([url], { caCertificates, clock });

    expect((await operatorError(slow.get('/version'))).code).to.equal('Unreachable');
    expect(asked).to.equal(1);
    expect(clock.slept).to.deep.equal([]);
  });

  it('understands gzip', async () => {
    reply(200, 'OK', { ...HEADERS, 'Content-Encoding': 'gzip' }, gzipSync('{"data":[1,2,3]}'));

    expect((await client().get('/version')).data).to.deep.equal([1, 2, 3]);
  });

  for (const [what, encoding, body] of [
    ['what is not gzip', 'gzip', Buffer.from('{"data":1}')],
    ['broken gzip', 'gzip', gzipSync('{"data":1}'.repeat(9)).fill(7, 12, 20)],
    ['broken deflate', 'deflate', Buffer.from('x1y2z3')],
  ] as const) {
    it(`${what} is an unexpected answer, asked for once`, async () => {
      let asked = 0;
      answer = (response) => {
        asked += 1;
        response.writeHead(200, { ...HEADERS, 'Content-Encoding': encoding });
        response.end(body);
      };

      const error = await operatorError(client().get('/version'));
      const outcome = await client().post('/x', {});

      expect(error.code).to.equal('UnexpectedAnswer');
      expect(error.message).to.contain('cannot be decompressed');
      expect(outcome.kind).to.equal('Unknown');
      expect(asked).to.equal(2);
    });
  }

  it('what is not HTTP is an unexpected answer', async () => {
    answer = (response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');

    const error = await operatorError(client().get('/version'));

    expect(error.code).to.equal('UnexpectedAnswer');
    expect(error.message).to.contain('not HTTP');
  });

  it('reads as much as 10,000 guests take', async () => {
    const guests = Array.from({ length: 10_000 }, (_, index) => ({
      vmid: 100 + index,
      filler: 'x'.repeat(600),
    }));
    reply(200, 'OK', HEADERS, JSON.stringify({ data: guests }));

    expect((await client().get('/cluster/resources')).data).to.deep.equal(guests);
  });

  it('does not read an endless body', async () => {
    let written = 0;
    answer = (response) => {
      response.writeHead(200, HEADERS);
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const write = () => {
        do {
          written += chunk.length;
        } while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    };
    const { url, caCertificate: caCertificates } = server;
    const error = await operatorError(
      testClient([url], { caCertificates, maxBodyBytes: 1024 ** 2 }).get('/version'),
    );

    expect(error.code).to.equal('UnexpectedAnswer');
    expect(error.message).to.contain('larger than 1048576 bytes');
    expect(written).to.be.greaterThan(1024 ** 2);
  });

  it('does not unpack a small body into an endless one', async () => {
    reply(200, 'OK', { ...HEADERS, 'Content-Encoding': 'gzip' }, gzipSync(Buffer.alloc(16 * 1024 ** 2, ' ')));
    const { url, caCertificate: caCertificates } = server;

    const error = await operatorError(
      testClient([url], { caCertificates, maxBodyBytes: 1024 ** 2 }).get('/version'),
    );

    expect(error.code).to.equal('UnexpectedAnswer');
  });
});
