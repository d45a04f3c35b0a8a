import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';

import { systemClock } from '../../../src/lib/clock.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { pveGet, pvePost, pveRequest } from '../../support/simulator/pve-request.ts';
import { labScenario, OPERATOR_TOKEN } from '../../support/simulator/scenarios.ts';

const MIGRATE = { method: 'POST', path: /\/qemu\/100\/migrate$/ };
const TO_PVE2 = { target: 'pve2', online: '1' };

describe('a simulated cluster', () => {
  let clock: VirtualClock;
  const running: Simulator[] = [];

  beforeEach(() => {
    clock = createVirtualClock();
  });

  afterEach(async () => {
    for (const simulator of running.splice(0)) await simulator.stop();
  });

  async function start(changes: Partial<ScenarioDocument> = {}, options: Partial<SimulatorOptions> = {}) {
    const simulator = await startSimulator({
      scenario: labScenario(changes),
      clock,
      unauthorizedDelayMs: 0,
      ...options,
    });
    running.push(simulator);
    return simulator;
  }

  async function failureOf(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
    throw new Error('the call was answered');
  }

  it('moves a VM: lock, progress, new node, new uptime, task and log', async () => {
    const simulator = await start({ migrationBandwidth: '256Mi' });
    const upid = await pvePost(simulator, '/nodes/pve1/qemu/100/migrate', TO_PVE2);
    expect(upid).to.match(
      /^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:qmigrate:100:balancer@pve!operator:$/,
    );
    const task = `/nodes/pve1/tasks/${encodeURIComponent(upid)}`;
    await clock.advance(15_000);
    const [guest] = (await pveGet(simulator, '/cluster/resources?type=vm')).filter(
      (each: { readonly vmid: number }) => each.vmid === 100,
    );
    expect(guest).to.include({ node: 'pve1', lock: 'migrate', status: 'running' });
    expect(await pveGet(simulator, `${task}/status`)).to.include({
      status: 'running',
      user: 'balancer@pve',
      tokenid: 'operator',
    });
    const [active] = await pveGet(simulator, '/nodes/pve1/tasks?source=active');
    expect(active).to.include({ upid, status: 'RUNNING', user: 'balancer@pve!operator' });
    expect(active).not.to.have.property('tokenid');
    await clock.advance(20_000);
    expect(await pveGet(simulator, `${task}/status`)).to.include({ status: 'stopped', exitstatus: 'OK' });
    const current = await pveGet(simulator, '/nodes/pve2/qemu/100/status/current');
    expect(current.uptime).to.be.at.most(10);
    expect(current).not.to.have.property('lock');
    const log = JSON.parse((await pveRequest(simulator, `${task}/log?limit=0`)).body);
    expect(log.total).to.equal(log.data.length);
    expect(log.data[0].t).to.match(/ starting migration of VM 100 to node 'pve2' \(192\.0\.2\.12\)$/);
    expect(log.data.at(-1).t).to.equal('TASK OK');
    const page = JSON.parse((await pveRequest(simulator, `${task}/log?start=1&limit=2`)).body);
    expect(page.data).to.deep.equal(log.data.slice(1, 3));
    expect(page.total).to.equal(log.total);
    expect(await pveGet(simulator, '/nodes/pve1/tasks?vmid=100')).to.have.length(1);
    expect(await pveGet(simulator, '/nodes/pve1/tasks?vmid=101')).to.have.length(0);
    expect(await pveGet(simulator, '/nodes/pve1/tasks?typefilter=vzmigrate')).to.have.length(0);
    expect(simulator.cluster.violations()).to.deep.equal([]);
  });

  it('moves a container: stopped meanwhile, running on the target', async () => {
    const simulator = await start();
    await pvePost(simulator, '/nodes/pve1/lxc/200/migrate', { target: 'pve3', restart: '1' });
    await clock.advance(7_000);
    const status = '/lxc/200/status/current';
    expect(await pveGet(simulator, `/nodes/${simulator.cluster.nodeOf(200)}${status}`)).to.include({
      status: 'stopped',
    });
    await clock.advance(10_000);
    expect(await pveGet(simulator, `/nodes/pve3${status}`)).to.include({ status: 'running' });
    expect(simulator.cluster.tasks()).to.have.length(1);
    expect(simulator.cluster.tasks()[0]).to.include({
      type: 'vzmigrate',
      vmid: 200,
      source: 'pve1',
      target: 'pve3',
      exitStatus: 'OK',
    });
  });

  it('takes JSON bodies, with real booleans', async () => {
    const simulator = await start();
    const answer = await pveRequest(simulator, '/nodes/pve1/qemu/100/migrate', {
      method: 'POST',
      body: JSON.stringify({ target: 'pve2', online: true, targetstorage: null }),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(answer.status).to.equal(200);
  });

  it('acts on a request whose answer is lost, or does not, as told', async () => {
    const simulator = await start();
    simulator.control.loseNextAnswer(MIGRATE);
    expect(await failureOf(pvePost(simulator, '/nodes/pve1/qemu/100/migrate', TO_PVE2))).to.equal(
      'ECONNRESET',
    );
    expect(simulator.cluster.tasks()).to.have.length(1);
    await clock.advance(60_000);
    expect(simulator.cluster.nodeOf(100)).to.equal('pve2');

    simulator.control.loseNextAnswer({ method: 'POST', path: /\/lxc\/200\// }, { afterActing: false });
    const lost = pvePost(simulator, '/nodes/pve1/lxc/200/migrate', { target: 'pve3', restart: '1' });
    expect(await failureOf(lost)).to.equal('ECONNRESET');
    expect(simulator.cluster.tasks()).to.have.length(1);
    expect(simulator.requests().map(({ status }) => status)).to.deep.equal([undefined, undefined]);
  });

  it('acts on a request that it never answers', async () => {
    const simulator = await start();
    simulator.control.hangNextAnswer(MIGRATE);
    let answered = false;
    const hanging = pvePost(simulator, '/nodes/pve1/qemu/100/migrate', TO_PVE2).finally(() => {
      answered = true;
    });
    while (simulator.cluster.tasks().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await pveGet(simulator, '/version');
    expect(answered).to.equal(false);
    await simulator.stop();
    expect(await failureOf(hanging)).to.equal('ECONNRESET');
  });

  it('answers late, in its own time, or something else, as told', async () => {
    const simulator = await start();
    simulator.control.addFault({
      matches: { path: /^\/version$/ },
      effect: { kind: 'slow', delayMs: 60_000 },
    });
    const late = pveGet(simulator, '/version');
    while (clock.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(60_000);
    expect(await late).to.have.property('release', '9.1');
    simulator.control.addFault({
      matches: { path: /^\/version$/ },
      effect: {
        kind: 'answer',
        status: 502,
        reason: 'Bad Gateway',
        contentType: 'text/html',
        body: '<html>',
      },
    });
    const answer = await pveRequest(simulator, '/version');
    expect([answer.status, answer.body]).to.deep.equal([502, '<html>']);
    expect(await pveGet(simulator, '/version')).to.have.property('release', '9.1');
  });

  it('says its own time in Date, uptimes and tasks', async () => {
    const simulator = await start({ speed: 10 });
    const dateOf = async () => {
      const { headers } = await pveRequest(simulator, '/version');
      return Date.parse(headers.find(([name]) => name === 'Date')?.[1] ?? '');
    };
    const before = await dateOf();
    const { uptime } = await pveGet(simulator, '/nodes/pve1/status');
    await clock.advance(60_000);
    expect((await dateOf()) - before).to.equal(600_000);
    expect((await pveGet(simulator, '/nodes/pve1/status')).uptime - uptime).to.equal(600);
  });

  it('keeps resources as the last round left them, and a node’s status live', async () => {
    const simulator = await start();
    await clock.advance(15_000);
    simulator.control.setDemand(100, { cpu: 4 });
    const cpuOf = async (path: string) => {
      const entries = await pveGet(simulator, path);
      return entries.find((entry: { readonly vmid: number }) => entry.vmid === 100).cpu;
    };
    expect(await cpuOf('/cluster/resources?type=vm')).to.equal(0.5);
    expect(await cpuOf('/nodes/pve1/qemu')).to.equal(1);
    await clock.advance(10_000);
    expect(await cpuOf('/cluster/resources?type=vm')).to.equal(1);
  });

  it('says of a node that went off what the others still know, for five minutes', async () => {
    const simulator = await start();
    simulator.control.setNodeOffline('pve2');
    const read = async () => {
      const resources = await pveGet(simulator, '/cluster/resources');
      const find = (id: string) => resources.find((entry: { readonly id: string }) => entry.id === id);
      return { node: find('node/pve2'), guest: find('qemu/103') };
    };
    const early = await read();
    expect(early.node).to.include({ status: 'offline', maxcpu: 16 });
    expect(early.node).not.to.have.property('cpu');
    expect(early.guest).to.include({ status: 'running', name: 'app-1' });
    await clock.advance(320_000);
    const late = await read();
    expect(late.node).to.deep.equal({ id: 'node/pve2', node: 'pve2', type: 'node', status: 'offline' });
    expect(late.guest).to.deep.equal({
      id: 'qemu/103',
      vmid: 103,
      type: 'qemu',
      node: 'pve2',
      status: 'unknown',
    });
    const nodes = await pveGet(simulator, '/nodes');
    expect(nodes.every((node: object) => 'ssl_fingerprint' in node)).to.equal(true);
  });

  it('loses quorum with the majority of its nodes', async () => {
    const simulator = await start();
    const quorateOf = async () => {
      const entries = await pveGet(simulator, '/cluster/status');
      return entries.find((entry: { readonly type: string }) => entry.type === 'cluster').quorate;
    };
    simulator.control.setNodeOffline('pve2');
    expect(await quorateOf()).to.equal(1);
    simulator.control.setNodeOffline('pve3');
    expect(await quorateOf()).to.equal(0);
    simulator.control.setNodeOnline('pve3');
    expect(await quorateOf()).to.equal(1);
  });

  it('does not answer while the node that is asked is off', async () => {
    const simulator = await start();
    expect(await pveGet(simulator, '/nodes/localhost/status')).to.have.property('uptime');
    simulator.control.setNodeOffline('pve1');
    expect(await failureOf(pveGet(simulator, '/version'))).to.equal('ECONNRESET');
    simulator.control.setNodeOnline('pve1');
    expect(await pveGet(simulator, '/version')).to.have.property('release', '9.1');
  });

  it('carries out the events of its scenario', async () => {
    const simulator = await start({
      events: [
        { at: '30s', nodeOffline: 'pve3' },
        { at: '60s', nodeOnline: 'pve3' },
        { at: '40s', lock: { vmid: 101, lock: 'backup' } },
        { at: '50s', unlock: 101 },
        { at: '55s', fault: { path: '^/version$', effect: 'loseRequest' } },
        { at: '70s', revokeToken: OPERATOR_TOKEN.id },
      ],
    });
    const state = () => [
      simulator.cluster.nodes().find(({ name }) => name === 'pve3')?.online,
      simulator.cluster.guests().find(({ vmid }) => vmid === 101)?.lock,
    ];
    await clock.advance(29_000);
    expect(state()).to.deep.equal([true, undefined]);
    await clock.advance(12_000);
    expect(state()).to.deep.equal([false, 'backup']);
    await clock.advance(20_000);
    expect(state()).to.deep.equal([true, undefined]);
    expect(await failureOf(pveGet(simulator, '/version'))).to.equal('ECONNRESET');
    expect(await pveGet(simulator, '/version')).to.have.property('release', '9.1');
    await clock.advance(10_000);
    expect((await pveRequest(simulator, '/version')).status).to.equal(401);
  });

  it('is recognised after a restart with the identity it had', async () => {
    const first = await start();
    const { port, identity } = first;
    const certificates = await pveGet(first, '/nodes/pve2/certificates/info');
    await first.stop();
    const second = await start({}, { port, identity });
    expect(second.url).to.equal(first.url);
    expect(await pveGet(second, '/nodes/pve2/certificates/info')).to.deep.equal(certificates);
    const [ca] = certificates;
    expect(ca.filename).to.equal('pve-root-ca.pem');
    expect(ca.fingerprint).to.equal(new X509Certificate(second.caCertificate).fingerprint256);
    const nodes = await pveGet(second, '/nodes');
    const pve2 = nodes.find((node: { readonly node: string }) => node.node === 'pve2');
    expect(pve2.ssl_fingerprint).to.equal(certificates[1].fingerprint);
  });

  it('has a certificate for the node’s name, localhost and the loopback addresses', async () => {
    const simulator = await start();
    for (const servername of ['pve1', 'localhost']) {
      const socket = await new Promise<TLSSocket>((resolve, reject) => {
        const { port, caCertificate } = simulator;
        const opened = connect({ port, host: '127.0.0.1', servername, ca: caCertificate }, () =>
          resolve(opened),
        );
        opened.on('error', reject);
      });
      expect(socket.getPeerCertificate().subjectaltname)
        .to.include('IP Address:127.0.0.1')
        .and.include('DNS:localhost');
      socket.destroy();
    }
    const untrusted = new Promise((resolve, reject) => {
      request(simulator.url, { agent: false }, resolve).on('error', reject).end();
    });
    expect(await failureOf(untrusted)).to.equal('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('can be cut off and come back, and goes on meanwhile', async () => {
    const simulator = await start();
    await pvePost(simulator, '/nodes/pve1/qemu/100/migrate', TO_PVE2);
    await simulator.setReachable(false);
    expect(await failureOf(pveGet(simulator, '/version'))).to.equal('ECONNREFUSED');
    await clock.advance(60_000);
    await simulator.setReachable(true);
    expect(await pveGet(simulator, '/nodes/pve2/qemu/100/status/current')).to.include({ status: 'running' });
  });

  it('compresses what is long, for who takes it', async () => {
    const simulator = await start();
    const plain = await pveRequest(simulator, '/cluster/resources');
    const packed = await new Promise<Buffer>((resolve, reject) => {
      const headers = {
        Authorization: `PVEAPIToken=${OPERATOR_TOKEN.id}=${OPERATOR_TOKEN.secret}`,
        'Accept-Encoding': 'gzip',
      };
      const options = { ca: simulator.caCertificate, agent: false, headers };
      request(`${simulator.url}/api2/json/cluster/resources`, options, (response) => {
        expect(response.headers['content-encoding']).to.equal('gzip');
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks)));
      })
        .on('error', reject)
        .end();
    });
    const ids = (body: string) => JSON.parse(body).data.map((entry: { readonly id: string }) => entry.id);
    expect(ids(gunzipSync(packed).toString())).to.have.members(ids(plain.body));
  });

  it('keeps a connection for 100 requests, and closes it after an error', async () => {
    const simulator = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connectionOf = async (path: string) => {
      const { headers } = await pveRequest(simulator, path, { agent });
      return headers.find(([name]) => name === 'Connection')?.[1];
    };
    try {
      for (let count = 1; count < 100; count += 1)
        expect(await connectionOf('/version')).to.equal('Keep-Alive');
      expect(await connectionOf('/version')).to.equal('close');
      expect(await connectionOf('/version')).to.equal('Keep-Alive');
      expect(await connectionOf('/nothing')).to.equal('close');
    } finally {
      agent.destroy();
    }
  });

  it('runs on the wall clock as well, faster', async () => {
    const simulator = await start({ speed: 1000 }, { clock: systemClock });
    await pvePost(simulator, '/nodes/pve1/qemu/100/migrate', TO_PVE2);
    while (simulator.cluster.tasks()[0]?.exitStatus === undefined) await systemClock.sleep(5);
    expect(simulator.cluster.nodeOf(100)).to.equal('pve2');
  });

  it('knows who asked for what', async () => {
    const simulator = await start();
    await pveGet(simulator, '/cluster/resources?type=vm');
    await pveRequest(simulator, '/nodes', { token: undefined });
    expect(simulator.requests().map(({ time, ...rest }) => rest)).to.deep.equal([
      {
        node: 'pve1',
        method: 'GET',
        path: '/cluster/resources',
        query: 'type=vm',
        status: 200,
        user: OPERATOR_TOKEN.id,
      },
      { node: 'pve1', method: 'GET', path: '/nodes', query: '', status: 401, user: undefined },
    ]);
  });
});
