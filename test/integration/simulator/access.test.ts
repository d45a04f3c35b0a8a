import { expect } from 'chai';

import type { UserDocument } from '../../../src/simulator/scenario/document.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { errorFixture } from '../../support/proxmox-fixture.ts';
import { pveRequest, type RawAnswer } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';
import { labScenario } from '../../support/simulator/scenarios.ts';

const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit'];
const USERS: readonly UserDocument[] = [
  ...labScenario().users,
  { name: 'admin@pve', password: 'sesame', acl: [{ path: '/', privileges: PRIVILEGES }] },
  { name: 'careful@pve', password: 'sesame', totp: '123456' },
  { name: 'root@pam', password: 'toor' },
];
const HOUR = 3_600_000;

interface Login {
  readonly username: string;
  readonly ticket: string;
  readonly CSRFPreventionToken: string;
  readonly cap?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly clustername?: string;
  readonly NeedTFA?: number;
}

function login(simulator: Simulator, form: Readonly<Record<string, string>>): Promise<RawAnswer> {
  return pveRequest(simulator, '/access/ticket', { method: 'POST', form, token: undefined });
}

async function loggedIn(simulator: Simulator, form: Readonly<Record<string, string>>): Promise<Login> {
  const answer = await login(simulator, form);
  expect(answer.status).to.equal(200);
  return JSON.parse(answer.body).data;
}

function withTicket(simulator: Simulator, path: string, ticket: Login, method = 'GET', csrf = true) {
  return pveRequest(simulator, path, {
    method,
    token: undefined,
    headers: {
      Cookie: `PVEAuthCookie=${encodeURIComponent(ticket.ticket)}`,
      ...(csrf ? { CSRFPreventionToken: ticket.CSRFPreventionToken } : {}),
    },
    ...(method === 'POST' ? { form: { target: 'pve2', online: '1' } } : {}),
  });
}

describe('logging in to the simulator', () => {
  const running = runningSimulators();
  const start = () => running.start({ users: USERS });

  it('gives a ticket that reads, and writes with its CSRF token', async () => {
    const simulator = await start();
    const ticket = await loggedIn(simulator, { username: 'admin@pve', password: 'sesame' });
    expect(ticket).to.include({ username: 'admin@pve', clustername: 'lab' });
    expect(ticket.cap?.vms).to.deep.equal({ 'VM.Audit': 1, 'VM.Migrate': 1 });
    expect((await withTicket(simulator, '/cluster/status', ticket)).status).to.equal(200);
    const refused = await withTicket(simulator, '/nodes/pve1/qemu/100/migrate', ticket, 'POST', false);
    const expected = errorFixture('401_csrf');
    expect([refused.status, refused.reason, refused.body]).to.deep.equal([401, expected.reason, '']);
    const upid = await withTicket(simulator, '/nodes/pve1/qemu/100/migrate', ticket, 'POST');
    expect(JSON.parse(upid.body).data).to.match(/:qmigrate:100:admin@pve:$/);
    expect(simulator.requests().at(-1)).to.include({ user: 'admin@pve' });
  });

  it('takes the realm by itself, and refuses what is wrong in one way', async () => {
    const simulator = await start();
    expect((await login(simulator, { username: 'admin', realm: 'pve', password: 'sesame' })).status).to.equal(
      200,
    );
    const wrong = [
      { username: 'admin@pve', password: 'x' },
      { username: 'admin', password: 'sesame' },
      { username: 'nobody@pve', password: 'sesame' },
      { username: 'balancer@pve', password: '' },
    ];
    for (const form of wrong) {
      const answer = await login(simulator, form);
      expect([answer.status, answer.reason]).to.deep.equal([401, 'authentication failure']);
      expect(JSON.parse(answer.body)).to.deep.equal({ data: null, message: 'authentication failure\n' });
    }
    const incomplete = await login(simulator, { username: 'admin@pve', path: '/' });
    expect(Object.keys(JSON.parse(incomplete.body).errors).sort()).to.deep.equal(['password', 'privs']);
  });

  it('lasts two hours, and is renewed with the ticket as password', async () => {
    const simulator = await start();
    const first = await loggedIn(simulator, { username: 'admin@pve', password: 'sesame' });
    await running.clock.advance(HOUR);
    const second = await loggedIn(simulator, { username: 'admin@pve', password: first.ticket });
    expect(second.ticket).not.to.equal(first.ticket);
    await running.clock.advance(HOUR + 1_000);
    expect((await withTicket(simulator, '/nodes', first)).status).to.equal(401);
    expect((await withTicket(simulator, '/nodes', second)).status).to.equal(200);
    expect((await login(simulator, { username: 'admin@pve', password: first.ticket })).status).to.equal(401);
    expect((await login(simulator, { username: 'root@pam', password: second.ticket })).status).to.equal(401);
  });

  it('can be ended from outside: all tickets, or one user', async () => {
    const simulator = await start();
    const ticket = await loggedIn(simulator, { username: 'admin@pve', password: 'sesame' });
    simulator.control.setUserEnabled('admin@pve', false);
    expect((await withTicket(simulator, '/nodes', ticket)).reason).to.equal("user 'admin@pve' is disabled");
    expect((await login(simulator, { username: 'admin@pve', password: 'sesame' })).status).to.equal(401);
    simulator.control.setUserEnabled('admin@pve', true);
    expect((await withTicket(simulator, '/nodes', ticket)).status).to.equal(200);
    simulator.control.expireTickets();
    expect((await withTicket(simulator, '/nodes', ticket)).reason).to.equal(
      'permission denied - invalid PVE ticket',
    );
  });

  it('asks for the second factor, in one step or two', async () => {
    const simulator = await start();
    const half = await loggedIn(simulator, { username: 'careful@pve', password: 'sesame' });
    expect(half).to.include({ NeedTFA: 1 });
    expect(half).not.to.have.property('cap');
    expect(half.ticket).to.match(/^PVE:!tfa!/);
    expect((await withTicket(simulator, '/nodes', half)).reason).to.equal('No ticket');
    const second = { username: 'careful@pve', 'tfa-challenge': half.ticket };
    expect((await login(simulator, { ...second, password: 'totp:000000' })).status).to.equal(401);
    const whole = await loggedIn(simulator, { ...second, password: 'totp:123456' });
    expect((await withTicket(simulator, '/nodes', whole)).status).to.equal(200);
    const atOnce = { username: 'careful@pve', password: 'sesame', otp: '123456' };
    expect(await loggedIn(simulator, atOnce)).not.to.have.property('NeedTFA');
    expect((await login(simulator, { ...atOnce, otp: '000000' })).status).to.equal(401);
  });

  it('lets root use what only root may, which its tokens may not', async () => {
    const simulator = await start();
    const root = await loggedIn(simulator, { username: 'root@pam', password: 'toor' });
    const answer = await pveRequest(simulator, '/nodes/pve1/qemu/100/migrate', {
      method: 'POST',
      token: undefined,
      form: { target: 'pve2', online: '1', migration_type: 'insecure', force: '1' },
      headers: {
        Cookie: `PVEAuthCookie=${encodeURIComponent(root.ticket)}`,
        CSRFPreventionToken: root.CSRFPreventionToken,
      },
    });
    expect(answer.status).to.equal(200);
  });

  it('holds a refusal back for three seconds, that of a login as well', async () => {
    const simulator = await running.start({ users: USERS }, { unauthorizedDelayMs: 3_000 });
    let answered = false;
    const answer = login(simulator, { username: 'admin@pve', password: 'x' }).finally(() => {
      answered = true;
    });
    while (running.clock.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
    await running.clock.advance(2_999);
    expect(answered).to.equal(false);
    await running.clock.advance(1);
    expect((await answer).status).to.equal(401);
  });
});
