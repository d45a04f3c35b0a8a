import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { OperatorError } from '../../../../src/lib/errors.ts';
import { createRedaction } from '../../../../src/proxmox/redaction.ts';
import type { TicketAnswer } from '../../../../src/proxmox/schemas/ticket.ts';
import { createTicketAuthentication } from '../../../../src/proxmox/ticket-authentication.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../support/loopback-server.ts';
import {
  type ImpatientClock,
  impatientClock,
  LOGIN,
  operatorError,
  testClient,
} from '../../../support/proxmox-client.ts';
import { errorFixture } from '../../../support/proxmox-fixture.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';

const HEADERS = {
  Date: 'Sat, 22 Nov 2025 12:00:00 GMT',
  Server: 'pve-api-daemon/3.0',
  'Content-Type': 'application/json;charset=UTF-8',
};
const MIGRATE = '/nodes/pve1/qemu/100/migrate';
const HOUR_MS = 3_600_000;

/** How PVE's own end behaves, as far as logging in goes (docs/proxmox-api.md §2.3 to §2.7). */
interface Guard {
  /** Form of each POST /access/ticket. */
  readonly logins: Readonly<Record<string, string>>[];
  /** Tickets that are good. */
  readonly valid: Set<string>;
  password: string;
  answer: ((login: Readonly<Record<string, string>>, ticket: string) => object) | undefined;
  /** What is said to whoever comes with a good ticket. */
  reply: (request: IncomingMessage, response: ServerResponse) => void;
}

describe('Proxmox client: login by password', () => {
  let server: LoopbackServer;
  let guard: Guard;
  let clock: ImpatientClock;
  const seen: IncomingMessage[] = [];

  before(async () => {
    server = await startLoopbackServer({
      handler(request, response) {
        if (request.url === '/api2/json/access/ticket') void logIn(request, response);
        else serve(request, response);
      },
    });
  });
  after(() => server.close());
  beforeEach(() => {
    clock = impatientClock();
    seen.length = 0;
    guard = {
      logins: [],
      valid: new Set(),
      password: LOGIN.password,
      answer: undefined,
      reply: (_request, response) => send(response, 200, 'OK', '{"data":1}'),
    };
  });

  function send(response: ServerResponse, status: number, reason: string, body: string): void {
    response.sendDate = false;
    response.writeHead(status, reason, HEADERS);
    response.end(body);
  }

  function sendFixture(response: ServerResponse, name: string): void {
    const { status, reason, headers, body } = errorFixture(name);
    response.sendDate = false;
    response.writeHead(status, reason, Object.fromEntries(headers));
    response.end(body ?? '');
  }

  async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    guard.logins.push(form);
    const { username = '', password = '' } = form;
    if (username !== LOGIN.username || (password !== guard.password && !guard.valid.has(password))) {
      sendFixture(response, '401_login_failed');
      return;
    }
    const ticket = `PVE:${username}:6921A59${guard.logins.length}::aGVs/bG8+d29y=${guard.logins.length}==`;
    guard.valid.add(ticket);
    const data = guard.answer?.(form, ticket) ?? {
      username,
      ticket,
      CSRFPreventionToken: csrfOf(ticket),
      cap: {},
    };
    send(response, 200, 'OK', JSON.stringify({ data }));
  }

  function csrfOf(ticket: string): string {
    return `6921A596:${Buffer.from(ticket).toString('base64').slice(0, 43)}`;
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    seen.push(request);
    const cookie = request.headers.cookie ?? '';
    const ticket = decodeURIComponent(cookie.replace('PVEAuthCookie=', ''));
    if (cookie === '') sendFixture(response, '401_no_credentials');
    else if (!guard.valid.has(ticket)) sendFixture(response, '401_bad_token_or_ticket');
    else if (request.method !== 'GET' && request.headers.csrfpreventiontoken !== csrfOf(ticket)) {
      sendFixture(response, '401_csrf');
    } else guard.reply(request, response);
  }

  function client(endpoints = [server.url]) {
    const credentials = { kind: 'Password', ...LOGIN } as const;
    return testClient(endpoints, { caCertificates: server.caCertificate, credentials, clock });
  }

  it('logs in once, and shows the ticket, URL-encoded, with every call', async () => {
    const ours = client();

    await ours.get('/version');
    await ours.get('/version');

    expect(guard.logins).to.deep.equal([LOGIN]);
    expect(seen.map(({ headers }) => headers.authorization)).to.deep.equal([undefined, undefined]);
    expect(seen[0]?.headers.cookie).to.match(
      /^PVEAuthCookie=PVE%3Abalancer%40pve%3A6921A591%3A%3A[A-Za-z0-9%]+$/,
    );
    expect(seen[0]?.headers).not.to.have.property('csrfpreventiontoken');
  });

  it('shows the CSRF token with a POST', async () => {
    expect((await client().post(MIGRATE, { target: 'pve2' })).kind).to.equal('Done');
  });

  it('logs in once for all that wait for it', async () => {
    const ours = client();

    await Promise.all([...Array.from({ length: 12 }, () => ours.get('/version')), ours.post(MIGRATE, {})]);

    expect(guard.logins).to.have.lengthOf(1);
    expect(seen).to.have.lengthOf(13);
  });

  it('one who gives up does not take the login from the others', async () => {
    const ours = client();
    const stopped = new AbortController();

    const given = ours.get('/version', {}, stopped.signal).catch((error: unknown) => error);
    const other = ours.get('/version');
    stopped.abort(new Error('stopped'));

    expect(await given).to.have.property('message', 'stopped');
    expect((await other).data).to.equal(1);
    expect(guard.logins).to.have.lengthOf(1);
  });

  it('renews at half life with the ticket that is still valid', async () => {
    const ours = client();
    await ours.get('/version');
    const [first] = guard.valid;
    clock.advance(HOUR_MS - 10_000);
    await ours.get('/version');
    const before = guard.logins.length;
    clock.advance(20_000);
    await ours.get('/version');

    expect(before).to.equal(1);
    expect(guard.logins[1]).to.deep.equal({ username: LOGIN.username, password: first });
    expect(seen.at(-1)?.headers.cookie).to.contain('6921A592');
  });

  it('logs in by password when the ticket has expired', async () => {
    const ours = client();
    await ours.get('/version');
    clock.advance(3 * HOUR_MS);
    await ours.get('/version');

    expect(guard.logins).to.deep.equal([LOGIN, LOGIN]);
  });

  it('logs in by password when the ticket cannot be renewed', async () => {
    const ours = client();
    await ours.get('/version');
    guard.valid.clear();
    clock.advance(HOUR_MS + 1);

    expect((await ours.get('/version')).data).to.equal(1);
    expect(guard.logins.map(({ password }) => password === LOGIN.password)).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('goes on with a ticket that could not be renewed for want of an answer, and tries again later', async () => {
    const ours = client();
    await ours.get('/version');
    guard.answer = () => ({ nonsense: true });
    clock.advance(HOUR_MS + 1);

    expect((await ours.get('/version')).data).to.equal(1);
    await ours.get('/version');
    expect(guard.logins).to.have.lengthOf(2);
    guard.answer = undefined;
    clock.advance(60_000);
    await ours.get('/version');
    expect(guard.logins).to.have.lengthOf(3);
    expect(seen.at(-1)?.headers.cookie).to.contain('6921A593');
  });

  it('does not show a ticket that expired while it could not be renewed', async () => {
    const ours = client();
    await ours.get('/version');
    guard.answer = () => ({ nonsense: true });
    clock.advance(2 * HOUR_MS - 10_000);
    await ours.get('/version');
    guard.answer = undefined;
    guard.valid.clear();
    clock.advance(11_000);

    expect((await ours.post(MIGRATE, { target: 'pve2' })).kind).to.equal('Done');
    expect(guard.logins.at(-1)).to.deep.equal(LOGIN);
  });

  it('does not go back to a ticket that was refused while it was being renewed', async () => {
    const { signal } = new AbortController();
    const renewal = Promise.withResolvers<TicketAnswer>();
    const proofs: string[] = [];
    const authentication = createTicketAuthentication({
      ...LOGIN,
      clock,
      redaction: createRedaction(),
      logger: createRecordingLogger(),
      login(username, proof) {
        proofs.push(proof);
        if (proofs.length === 2) return renewal.promise;
        return Promise.resolve({ username, ticket: `PVE:${proofs.length}`, CSRFPreventionToken: 'x' });
      },
    });
    const first = await authentication.pass(signal);
    clock.advance(HOUR_MS + 1);
    const next = authentication.pass(signal);
    authentication.discard(first);
    renewal.reject(new OperatorError('Unreachable', 'nobody answers'));

    expect((await next).read).not.to.deep.equal(first.read);
    expect(proofs).to.deep.equal([LOGIN.password, 'PVE:1', LOGIN.password]);
  });

  it('after a 401 logs in anew and repeats a GET, once', async () => {
    const ours = client();
    await ours.get('/version');
    guard.valid.clear();

    const answers = await Promise.all([ours.get('/version'), ours.get('/version')]);

    expect(answers.map(({ data }) => data)).to.deep.equal([1, 1]);
    expect(guard.logins).to.deep.equal([LOGIN, LOGIN]);
  });

  it('does not go round in circles when no ticket is taken', async () => {
    guard.reply = (_request, response) => sendFixture(response, '401_bad_token_or_ticket');

    const error = await operatorError(client().get('/version'));

    expect(error.code).to.equal('Unauthorized');
    expect(seen).to.have.lengthOf(2);
    expect(guard.logins).to.have.lengthOf(2);
  });

  it('does not repeat a POST after a 401, but logs in anew for the next call', async () => {
    const ours = client();
    await ours.get('/version');
    guard.valid.clear();

    const outcome = await ours.post(MIGRATE, { target: 'pve2' });
    const posts = seen.filter(({ method }) => method === 'POST').length;
    const next = await ours.post(MIGRATE, { target: 'pve2' });

    expect(outcome.kind).to.equal('Refused');
    expect(posts).to.equal(1);
    expect(next.kind).to.equal('Done');
  });

  it('a wrong password is Unauthorized, and is not tried at every call: accounts get locked', async () => {
    guard.password = 'another';
    const ours = client();

    const errors = [await operatorError(ours.get('/version')), await operatorError(ours.get('/version'))];
    const outcome = await ours.post(MIGRATE, {});
    const before = guard.logins.length;
    guard.password = LOGIN.password;
    clock.advance(30_000);
    const answer = await ours.get('/version');

    expect(errors.map(({ code }) => code)).to.deep.equal(['Unauthorized', 'Unauthorized']);
    expect(errors[0]?.message).to.contain('balancer@pve').and.to.contain('password');
    expect(outcome.kind).to.equal('Refused');
    expect(before).to.equal(1);
    expect(answer.data).to.equal(1);
  });

  for (const [what, change] of [
    ['NeedTFA', { NeedTFA: 1 }],
    ['a half ticket', { ticket: 'PVE:!tfa!%7B%22totp%22%3Atrue%7D:6921A596::c2ln' }],
  ] as const) {
    it(`a second factor is said plainly, and a token recommended: ${what}`, async () => {
      guard.answer = ({ username }, ticket) => ({
        username,
        ticket,
        CSRFPreventionToken: csrfOf(ticket),
        ...change,
      });

      const error = await operatorError(client().get('/version'));

      expect(error.code).to.equal('Unauthorized');
      expect(error.message).to.contain('second factor').and.to.contain('API token');
      expect(seen).to.deep.equal([]);
    });
  }

  for (const answer of [
    null,
    { username: 'balancer@pve' },
    { username: 'balancer@pve', ticket: 'PVE:a\r\nX-Evil: 1', CSRFPreventionToken: 'x' },
    { username: 'balancer@pve', ticket: 'PVE:a' },
    { username: 'balancer@pve', ticket: 'PVE:a', CSRFPreventionToken: 'x\r\ny' },
    { username: 7, ticket: 'PVE:a', CSRFPreventionToken: 'x' },
  ]) {
    it(`a login answered with ${JSON.stringify(answer)} is an unexpected answer`, async () => {
      guard.answer = () => Object(answer);

      expect((await operatorError(client().get('/version'))).code).to.equal('UnexpectedAnswer');
    });
  }

  it('is who the realm says, for what case the realm does not mind', async () => {
    guard.answer = (_form, ticket) => ({
      username: 'Balancer@pve',
      ticket,
      CSRFPreventionToken: csrfOf(ticket),
    });
    const ours = client();

    expect(ours.user).to.equal('balancer@pve');
    await ours.get('/version');
    expect(ours.user).to.equal('Balancer@pve');
  });

  it('logs in through the endpoint that answers; the ticket is good for all', async () => {
    const ours = client(['https://127.0.0.1:1', server.url]);

    expect((await ours.get('/version')).data).to.equal(1);
    expect(ours.activeEndpoint).to.equal(server.url);
  });

  it('a 403 names what the user lacks, and no token', async () => {
    guard.reply = (_request, response) => sendFixture(response, '403_permission');

    const { message } = await operatorError(client().get('/version'));

    expect(message).to.contain('balancer@pve lacks VM.Migrate on /vms/100').and.not.to.contain('token');
  });

  for (const login of [
    { username: 'balancer', password: 'x' },
    { username: 'balancer@pve!operator', password: 'x' },
    { username: 'balancer@pve', password: '' },
  ]) {
    it(`refuses ${JSON.stringify(login)}`, () => {
      const credentials = { kind: 'Password', ...login } as const;
      expect(() => testClient(['https://pve1.example:8006'], { credentials }))
        .to.throw()
        .with.property('code', 'CredentialsInvalid');
    });
  }
});
