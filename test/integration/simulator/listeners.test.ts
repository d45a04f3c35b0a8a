import { expect } from 'chai';

import type { Simulator } from '../../../src/simulator/simulator.ts';
import { freePort } from '../../support/free-port.ts';
import { pveRequest, type RawAnswer } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';
import { labScenario } from '../../support/simulator/scenarios.ts';

describe('a simulated cluster with a port for every node', () => {
  const running = runningSimulators();
  const start = () => running.start({ listen: 'perNode' });

  function ask(simulator: Simulator, node: string, path: string): Promise<RawAnswer> {
    return pveRequest({ ...simulator, url: simulator.urls[node] ?? '' }, path);
  }

  async function failureOf(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
    throw new Error('the call was answered');
  }

  it('answers from each of them, which knows which one it is', async () => {
    const simulator = await start();
    expect(Object.keys(simulator.urls)).to.deep.equal(['pve1', 'pve2', 'pve3']);
    expect(simulator.url).to.equal(simulator.urls.pve1);
    for (const node of ['pve1', 'pve2', 'pve3']) {
      const { data } = JSON.parse((await ask(simulator, node, '/cluster/status')).body);
      const local = data.filter((entry: { readonly local?: number }) => entry.local === 1);
      expect(local.map(({ name }: { readonly name: string }) => name)).to.deep.equal([node]);
      expect((await ask(simulator, node, '/nodes/localhost/status')).status).to.equal(200);
    }
    expect(new Set(simulator.requests().map(({ node }) => node))).to.deep.equal(
      new Set(['pve1', 'pve2', 'pve3']),
    );
  });

  it('refuses where a node is off, and answers there again when it is on', async () => {
    const simulator = await start();
    simulator.control.setNodeOffline('pve1');
    await simulator.settled();
    expect(await failureOf(ask(simulator, 'pve1', '/version'))).to.equal('ECONNREFUSED');
    expect((await ask(simulator, 'pve2', '/nodes/pve1/status')).status).to.equal(595);
    expect((await ask(simulator, 'pve2', '/cluster/resources')).status).to.equal(200);
    simulator.control.setNodeOnline('pve1');
    await simulator.settled();
    expect((await ask(simulator, 'pve1', '/version')).status).to.equal(200);
  });

  it('can close one port, by hand or by an event, and leaves the others', async () => {
    const simulator = await running.start({
      listen: 'perNode',
      events: [
        { at: '10s', closeListener: 'pve2' },
        { at: '20s', openListener: 'pve2' },
      ],
    });
    await simulator.setReachable(false, 'pve1');
    expect(await failureOf(ask(simulator, 'pve1', '/version'))).to.equal('ECONNREFUSED');
    expect((await ask(simulator, 'pve2', '/nodes/pve1/status')).status).to.equal(200);
    await simulator.setReachable(true, 'pve1');
    expect((await ask(simulator, 'pve1', '/version')).status).to.equal(200);
    await running.clock.advance(10_000);
    simulator.cluster.nodes();
    await simulator.settled();
    expect(await failureOf(ask(simulator, 'pve2', '/version'))).to.equal('ECONNREFUSED');
    await running.clock.advance(10_000);
    expect((await ask(simulator, 'pve1', '/version')).status).to.equal(200);
    await simulator.settled();
    expect((await ask(simulator, 'pve2', '/version')).status).to.equal(200);
  });

  it('takes the port it is given, and refuses events about ports that nobody has', async () => {
    const port = await freePort();
    const simulator = await running.start(
      { listen: 'perNode', nodes: labScenario().nodes.slice(0, 1), guests: [] },
      { port },
    );
    expect(simulator.urls).to.deep.equal({ pve1: `https://127.0.0.1:${port}` });
    const events = [{ at: '1s', closeListener: 'pve2' }];
    expect(await failureOf(running.start({ events }))).to.equal('InvalidInput');
  });

  it('keeps a ticket of one node valid on the others', async () => {
    const simulator = await running.start({
      listen: 'perNode',
      users: [{ name: 'admin@pve', password: 'x' }],
    });
    const login = await pveRequest(simulator, '/access/ticket', {
      method: 'POST',
      form: { username: 'admin@pve', password: 'x' },
      token: undefined,
    });
    const { ticket } = JSON.parse(login.body).data;
    const answer = await pveRequest({ ...simulator, url: simulator.urls.pve3 ?? '' }, '/nodes', {
      token: undefined,
      headers: { Cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` },
    });
    expect(answer.status).to.equal(200);
  });
});
