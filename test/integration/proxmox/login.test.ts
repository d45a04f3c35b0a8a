import { expect } from 'chai';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import type { UserDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import {
  type ImpatientClock,
  impatientClock,
  operatorError,
  testClient,
} from '../../support/proxmox-client.ts';
import { labScenario, START } from '../../support/simulator/scenarios.ts';

const signal = new AbortController().signal;
const LOGIN = { username: 'balancer@pve', password: 'open = "sesame" & 100%' };
const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];
const VM = { vmid: 100, type: 'qemu', node: 'pve1', target: 'pve2' } as const;

describe('Proxmox cluster by user and password, against the simulator', () => {
  const clock = createVirtualClock(START);
  const closing: (() => Promise<void>)[] = [];
  let ours: ImpatientClock;

  async function start(user: Partial<UserDocument> = {}): Promise<[Simulator, ProxmoxCluster]> {
    const acl = [{ path: '/', privileges: PRIVILEGES }];
    const users = [{ name: LOGIN.username, password: LOGIN.password, acl, ...user }];
    const simulator = await startSimulator({
      scenario: labScenario({ users }),
      clock,
      unauthorizedDelayMs: 0,
    });
    ours = impatientClock();
    const cluster = createProxmoxCluster(
      testClient([simulator.url], {
        credentials: { kind: 'Password', ...LOGIN },
        caCertificates: simulator.caCertificate,
        clock: ours,
      }),
    );
    closing.push(
      () => cluster.close(),
      () => simulator.stop(),
    );
    await clock.advance(60_000);
    return [simulator, cluster];
  }

  /** Time passes for both sides. */
  async function pass(milliseconds: number): Promise<void> {
    ours.advance(milliseconds);
    await clock.advance(milliseconds);
  }

  function logins(simulator: Simulator): number {
    return simulator.requests().filter(({ path }) => path === '/access/ticket').length;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('reads the cluster after one login', async () => {
    const [simulator, cluster] = await start();

    expect(await cluster.probe(signal)).to.deep.include({ quorate: true, missingPrivileges: [] });
    expect((await cluster.readInventory(signal)).cluster.guests).to.have.lengthOf(6);
    expect(logins(simulator)).to.equal(1);
  });

  it('migrates as the user, and knows its own tasks by it', async () => {
    const [simulator, cluster] = await start();

    const answer = await cluster.startMigration(VM, signal);
    if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
    const { tasks } = await cluster.listMigrateTasks(VM, signal);

    expect(tasks.map(({ upid, user }) => [upid, user])).to.deep.equal([[answer.upid, cluster.user]]);
    expect(cluster.user).to.equal(LOGIN.username);
    expect(simulator.cluster.tasks()).to.have.lengthOf(1);
  });

  it('works for a day, renewing its ticket', async () => {
    const [simulator, cluster] = await start();
    for (let quarters = 0; quarters < 96; quarters += 1) {
      await cluster.readTime(signal);
      await pass(900_000);
    }

    const refused = simulator.requests().filter(({ status }) => status === 401);
    expect(refused).to.deep.equal([]);
    expect(logins(simulator)).to.equal(24);
  });

  it('logs in again when its ticket is not accepted any more', async () => {
    const [simulator, cluster] = await start();
    await cluster.readTime(signal);
    simulator.control.expireTickets();

    expect((await cluster.probe(signal)).quorate).to.equal(true);
    simulator.control.expireTickets();
    const refused = await cluster.startMigration(VM, signal);
    const accepted = await cluster.startMigration(VM, signal);

    expect(refused.kind).to.equal('Refused');
    expect(accepted.kind).to.equal('Accepted');
    expect(simulator.cluster.tasks()).to.have.lengthOf(1);
  });

  it('is Unauthorized with a wrong password', async () => {
    const [, cluster] = await start({ password: 'another' });

    const error = await operatorError(cluster.probe(signal));

    expect(error.code).to.equal('Unauthorized');
    expect(error.message).to.contain('authentication failure').and.not.to.contain(LOGIN.password);
  });

  it('is Unauthorized with a second factor, and recommends a token', async () => {
    const [, cluster] = await start({ totp: '123456' });

    const error = await operatorError(cluster.probe(signal));

    expect(error.code).to.equal('Unauthorized');
    expect(error.message).to.contain('API token');
  });
});
