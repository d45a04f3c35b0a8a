import { expect } from 'chai';

import type { EventDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { errorFixture } from '../../support/proxmox-fixture.ts';
import { pveGet, pvePost, pveRequest } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';

const MIGRATE = '/nodes/pve1/qemu/100/migrate';
const TO_PVE2 = { target: 'pve2', online: '1' };

describe('an unreliable simulated cluster', () => {
  const running = runningSimulators();

  async function advanceUntil<T>(answer: Promise<T>, step = 1_000): Promise<T> {
    let done = false;
    const watched = answer.finally(() => {
      done = true;
    });
    watched.catch(() => undefined);
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done && running.clock.nextDue() !== undefined) await running.clock.advance(step);
    }
    return watched;
  }

  it('gives up on a node that takes longer than 30 s, which acts all the same', async () => {
    const simulator = await running.start();
    simulator.control.setSlow('pve2', 60_000);
    const begun = running.clock.now();
    const answer = await advanceUntil(
      pveRequest(simulator, '/nodes/pve2/qemu/103/migrate', {
        method: 'POST',
        form: { target: 'pve3', online: '1' },
      }),
    );
    const expected = errorFixture('596_node_hangs');
    expect([answer.status, answer.reason, answer.body]).to.deep.equal([expected.status, expected.reason, '']);
    expect(running.clock.now() - begun).to.be.within(30_000, 32_000);
    expect(simulator.cluster.tasks().map(({ vmid }) => vmid)).to.deep.equal([103]);
    expect((await pveRequest(simulator, '/cluster/resources')).status).to.equal(200);
    simulator.control.setSlow('pve2', 10_000);
    expect((await advanceUntil(pveRequest(simulator, '/nodes/pve2/status'))).status).to.equal(200);
    simulator.control.setSlow('pve2', 0);
    expect((await pveRequest(simulator, '/nodes/pve2/status')).status).to.equal(200);
  });

  it('shows frozen figures of a node whose statistics hang, and forgets them after five minutes', async () => {
    const simulator = await running.start();
    await running.clock.advance(20_000);
    simulator.control.freezeStatistics('pve1', true);
    const listed = async () =>
      (await pveGet(simulator, '/cluster/resources?type=node')).find(
        (node: { readonly node: string }) => node.node === 'pve1',
      );
    const before = await listed();
    simulator.control.setDemand(100, { cpu: 4 });
    await running.clock.advance(120_000);
    expect(await listed()).to.deep.equal(before);
    expect((await pveGet(simulator, '/nodes/pve1/status')).uptime - before.uptime).to.be.at.least(120);
    await running.clock.advance(200_000);
    expect(await listed()).to.deep.equal({ id: 'node/pve1', node: 'pve1', type: 'node', status: 'unknown' });
    simulator.control.freezeStatistics('pve1', false);
    await running.clock.advance(10_000);
    expect((await listed()).status).to.equal('online');
  });

  it('spoils answers in every way there is', async () => {
    const simulator = await running.start();
    const spoilt = async (effect: 'html' | 'truncated' | 'nullData' | 'stringNumbers') => {
      simulator.control.addFault({ matches: { path: /^\/cluster\/status$/ }, effect: { kind: effect } });
      return (await pveRequest(simulator, '/cluster/status')).body;
    };
    expect(await spoilt('html')).to.match(/^<html>/);
    const truncated = await spoilt('truncated');
    expect(truncated).to.match(/^\{"data":\[/);
    expect(() => JSON.parse(truncated)).to.throw(SyntaxError);
    expect(await spoilt('nullData')).to.equal('{"data":null}');
    const text = JSON.parse(await spoilt('stringNumbers'));
    expect(text.data.find((entry: { readonly type: string }) => entry.type === 'cluster').quorate).to.equal(
      '1',
    );
    expect(await pveGet(simulator, '/cluster/status')).to.have.length(4);
  });

  it('sends a body without end, until nobody listens', async () => {
    const simulator = await running.start();
    simulator.control.addFault({ matches: { path: /resources/ }, effect: { kind: 'endless' } });
    const received = await new Promise<number>((resolve, reject) => {
      let bytes = 0;
      void import('node:https').then(({ get }) => {
        const request = get(
          `${simulator.url}/api2/json/cluster/resources`,
          {
            ca: simulator.caCertificate,
            headers: {
              Authorization: 'PVEAPIToken=balancer@pve!operator=11111111-2222-3333-4444-555555555555',
            },
            agent: false,
          },
          (response) => {
            response.on('data', (chunk: Buffer) => {
              bytes += chunk.length;
              if (bytes < 5_000_000) return;
              request.destroy();
              resolve(bytes);
            });
          },
        );
        request.on('error', reject);
      });
    });
    expect(received).to.be.at.least(5_000_000);
    expect(await pveGet(simulator, '/cluster/status')).to.have.length(4);
  });

  it('carries out every kind of event', async () => {
    const at = '10s';
    const events: EventDocument[] = [
      { at, slowNode: { node: 'pve3', delay: '1s' } },
      { at, freezeStatistics: { node: 'pve3', on: true } },
      { at, backup: { vmid: 103, duration: '1m' } },
      { at, haServiceState: { vmid: 101, state: 'error' } },
      { at, options: { bwlimit: 'migration=1024' } },
      { at, failNextMigration: { vmid: 100, exitStatus: 'migration problems', leaves: 'locked' } },
      { at, disableUser: 'admin@pve' },
      { at, expireTickets: true },
      { at, fault: { path: '^/version$', effect: 'answer', status: 503, reason: 'Busy', body: 'later' } },
      { at, fault: { path: '^/nodes$', effect: 'nullData', times: 2 } },
      { at, disarmHa: 'freeze' },
      { at: '30s', disarmHa: 'off' },
      { at: '30s', enableUser: 'admin@pve' },
    ];
    const simulator = await running.start({ cluster: { name: 'lab', version: '9.2' }, events });
    await running.clock.advance(10_000);
    const guest = async (vmid: number) =>
      (await pveGet(simulator, '/cluster/resources?type=vm')).find(
        (each: { readonly vmid: number }) => each.vmid === vmid,
      );
    expect(await guest(103)).to.include({ lock: 'backup' });
    expect(await guest(101)).to.include({ hastate: 'error' });
    expect(simulator.cluster.tasks().map(({ type, user }) => [type, user])).to.deep.equal([
      ['vzdump', 'root@pam'],
    ]);
    expect((await pveGet(simulator, '/cluster/options')).bwlimit).to.equal('migration=1024');
    const busy = await pveRequest(simulator, '/version');
    expect([busy.status, busy.reason, busy.body]).to.deep.equal([503, 'Busy', 'later']);
    expect(await pveGet(simulator, '/nodes')).to.equal(null);
    const status = await pveGet(simulator, '/cluster/ha/status/manager_status');
    expect(status.manager_status.disarm).to.deep.equal({ mode: 'freeze', state: 'disarmed' });
    await running.clock.advance(80_000);
    expect(await guest(103)).not.to.have.property('lock');
    expect(
      (await pveGet(simulator, '/cluster/ha/status/manager_status')).manager_status,
    ).not.to.have.property('disarm');
  });

  it('limits a migration to what the datacenter allows, and to less on request', async () => {
    const options: ScenarioDocument['options'] = { bwlimit: 'migration=102400' };
    const seconds = async (form: Readonly<Record<string, string>>): Promise<number> => {
      const simulator = await running.start({ options: options ?? {} });
      await pvePost(simulator, MIGRATE, { ...TO_PVE2, ...form });
      const begun = running.clock.now();
      while (simulator.cluster.tasks()[0]?.exitStatus === undefined) await running.clock.advance(1_000);
      return (running.clock.now() - begun) / 1000;
    };
    // About 6.2 GiB at 100 MiB/s.
    expect(await seconds({})).to.be.within(62, 75);
    expect(await seconds({ bwlimit: '51200' })).to.be.within(122, 140);
    expect(await seconds({ bwlimit: '1024000' })).to.be.within(62, 75);
    expect(await seconds({ bwlimit: '0' })).to.be.within(62, 75);
  });

  it('takes five seconds to kill a live migration, and leaves its lock', async () => {
    const simulator: Simulator = await running.start({ migrationBandwidth: '64Mi' });
    const upid = await pvePost(simulator, MIGRATE, TO_PVE2);
    await running.clock.advance(20_000);
    const begun = running.clock.now();
    const path = `/nodes/pve1/tasks/${encodeURIComponent(upid)}`;
    const answer = await advanceUntil(pveRequest(simulator, path, { method: 'DELETE' }), 500);
    expect([answer.status, answer.body]).to.deep.equal([200, '{"data":null}']);
    expect(running.clock.now() - begun).to.be.within(5_000, 6_000);
    expect((await pveGet(simulator, `${path}/status`)).exitstatus).to.equal('unexpected status');
    expect(await pveGet(simulator, '/nodes/pve1/qemu/100/status/current')).to.include({ lock: 'migrate' });
  });
});
