import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Credentials } from '../../../../src/proxmox/credentials.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../support/loopback-server.ts';
import { impatientClock, LOGIN, TOKEN, testClient } from '../../../support/proxmox-client.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';

const HEADERS = { Date: 'Sat, 22 Nov 2025 12:00:00 GMT', Server: 'pve-api-daemon/3.0' };
const TICKET = 'PVE:balancer@pve:6921A596::c2lnbmF0dXJl+/aGVyZQ==';
const CSRF = '6921A596:Y3NyZi10b2tlbi1oZXJl';
const SPELLINGS = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ '': secret }).toString().slice(1),
];
const STATUSES = [200, 301, 400, 401, 403, 500, 501, 502, 506, 595, 596, 599];

/** Ways in which a server can repeat everything it was sent. */
type Echo = (response: ServerResponse, status: number, sent: string) => void;

const ECHOES: Readonly<Record<string, Echo>> = {
  'in the status line': (response, status, sent) => {
    response.writeHead(status, sent, HEADERS);
    response.end();
  },
  'as a message and as a field': (response, status, sent) => {
    response.writeHead(status, 'no', HEADERS);
    response.end(JSON.stringify({ data: null, message: sent, errors: { field: sent, [sent]: 'is wrong' } }));
  },
  'as plain text': (response, status, sent) => {
    response.writeHead(status, 'no', HEADERS);
    response.end(sent);
  },
  'as HTML': (response, status, sent) => {
    response.writeHead(status, 'no', { ...HEADERS, 'Content-Type': 'text/html' });
    response.end(`<html>${sent}</html>`);
  },
  'as data': (response, status, sent) => {
    response.writeHead(status, 'no', HEADERS);
    response.end(JSON.stringify({ data: { ticket: sent, username: 1 } }));
  },
  'and breaks off': (response, status, sent) => {
    response.writeHead(status, 'no', { ...HEADERS, 'Content-Length': '100000' });
    response.write(sent, () => response.destroy());
  },
  'instead of HTTP': (response, _status, sent) => response.socket?.end(sent),
};

describe('Proxmox client: secrets', () => {
  let server: LoopbackServer;
  let echo: Echo;
  let status: number;
  let loginWorks: boolean;

  before(async () => {
    server = await startLoopbackServer({ handler: (request, response) => void handle(request, response) });
  });
  after(() => server.close());

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = Buffer.concat(chunks).toString();
    if (loginWorks && request.url === '/api2/json/access/ticket') {
      response.writeHead(200, HEADERS);
      response.end(
        JSON.stringify({ data: { username: LOGIN.username, ticket: TICKET, CSRFPreventionToken: CSRF } }),
      );
      return;
    }
    const decoded = decodeURIComponent(form.replaceAll('+', ' '));
    const { authorization = '', cookie = '', csrfpreventiontoken = '' } = request.headers;
    const sent = [form, decoded, authorization, cookie, decodeURIComponent(cookie), csrfpreventiontoken].join(
      ' ',
    );
    response.sendDate = false;
    echo(response, status, sent);
  }

  const ways: readonly (readonly [string, Credentials, boolean])[] = [
    ['a token', { kind: 'Token', ...TOKEN }, false],
    ['a login that does not work', { kind: 'Password', ...LOGIN }, false],
    ['a login that works', { kind: 'Password', ...LOGIN }, true],
  ];
  for (const [what, credentials, works] of ways) {
    for (const [how, echoed] of Object.entries(ECHOES)) {
      it(`of ${what} get into no error and no log line when a server repeats them ${how}`, async () => {
        const logger = createRecordingLogger();
        const shown: unknown[] = [];
        loginWorks = works;
        echo = echoed;
        for (status of STATUSES) {
          const clock = impatientClock();
          const { url, caCertificate: caCertificates } = server;
          const client = testClient([url], { caCertificates, credentials, clock, logger });
          shown.push(client, await failure(client.get('/version')));
          const outcome = await client.post('/nodes/pve1/qemu/100/migrate', { target: 'pve2' });
          shown.push(outcome);
          // Half its life later, when the ticket is sent as a password.
          clock.advance(3_700_000);
          loginWorks = false;
          shown.push(await failure(client.get('/version')));
          loginWorks = works;
          await client.close();
        }

        const text = inspect([logger.lines, shown], {
          depth: Number.POSITIVE_INFINITY,
          showHidden: true,
          getters: true,
          maxStringLength: null,
          maxArrayLength: null,
        });
        expect(logger.lines).not.to.deep.equal([]);
        expect(shown.filter((each) => each instanceof Error)).not.to.deep.equal([]);
        for (const secret of [TOKEN.secret, LOGIN.password, TICKET, CSRF].flatMap(SPELLINGS)) {
          expect(text).not.to.contain(secret);
        }
      });
    }

    it(`of ${what} are not even read where they stand in what was asked for`, async () => {
      const { url, caCertificate: caCertificates } = server;
      loginWorks = works;
      status = 200;
      echo = (response, _status, sent) => {
        response.writeHead(200, 'OK', HEADERS);
        response.end(JSON.stringify({ data: [{ vmid: 100, name: sent }] }));
      };
      const client = testClient([url], { caCertificates, credentials });

      expect(await failure(client.get('/cluster/resources'))).to.have.property('code', 'UnexpectedAnswer');
      await client.close();
    });

    it(`of ${what} get into no error when there is no connection or no trust`, async () => {
      const logger = createRecordingLogger();
      const shown: unknown[] = [];
      for (const endpoint of ['https://127.0.0.1:1', server.url]) {
        const client = testClient([endpoint], { credentials, logger });
        shown.push(await failure(client.get('/version')), await client.post('/x', {}));
        await client.close();
      }

      const text = inspect([logger.lines, shown], { depth: Number.POSITIVE_INFINITY, showHidden: true });
      expect(shown).to.have.lengthOf(4);
      for (const secret of [TOKEN.secret, LOGIN.password].flatMap(SPELLINGS))
        expect(text).not.to.contain(secret);
    });
  }
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
