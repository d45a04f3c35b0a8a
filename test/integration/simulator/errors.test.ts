import { readdirSync } from 'node:fs';
import { expect } from 'chai';

import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ClusterIdentity } from '../../../src/simulator/certificates/certificates.ts';
import type { Release } from '../../../src/simulator/profile.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { errorFixture } from '../../support/proxmox-fixture.ts';
import { pveGet, pveRequest, type RequestOptions } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';
import { labScenario, OPERATOR_TOKEN, type Token, userWithToken } from '../../support/simulator/scenarios.ts';

const AUDITOR: Token = { id: 'auditor@pve!read', secret: '88888888-2222-3333-4444-555555555555' };
const STRANGER: Token = { id: 'guest@pve!none', secret: '99999999-2222-3333-4444-555555555555' };
const WRONG: Token = { ...OPERATOR_TOKEN, secret: '00000000-0000-0000-0000-000000000000' };

const MIGRATE = '/nodes/pve1/qemu/100/migrate';

function post(form: Readonly<Record<string, string>>): RequestOptions {
  return { method: 'POST', form };
}

/** What is asked, and the example of what PVE answers. */
const CASES: readonly {
  readonly fixture: string;
  readonly path: string;
  readonly options?: RequestOptions;
  readonly prepare?: (simulator: Simulator) => void;
  /** 9.1 when absent. */
  readonly release?: Release;
}[] = [
  { fixture: '400_bad_upid', path: '/nodes/pve1/tasks/garbage/status' },
  {
    fixture: '400_no_such_task',
    path: '/nodes/pve1/tasks/UPID:pve1:0001E240:00BC614E:6918A0B0:qmigrate:100:root@pam:/status',
  },
  { fixture: '400_missing_target', path: MIGRATE, options: post({ online: '1' }) },
  {
    fixture: '400_root_only_option',
    path: MIGRATE,
    options: post({ target: 'pve2', migration_network: '10.0.0.0/8' }),
  },
  {
    fixture: '400_several_fields',
    path: MIGRATE,
    options: post({ target: 'pve2', online: 'true', bogus: '1', migration_type: 'foo', bwlimit: '-1' }),
  },
  { fixture: '400_target_is_local', path: MIGRATE, options: post({ target: 'pve1', online: '1' }) },
  { fixture: '400_vmid_format', path: '/nodes/pve1/qemu/12/status/current' },
  { fixture: '401_bad_token_or_ticket', path: '/nodes', options: { token: WRONG }, release: '9.2' },
  { fixture: '401_bad_token_value_older', path: '/nodes', options: { token: WRONG } },
  { fixture: '401_bad_token_value_older', path: '/nodes', options: { token: WRONG }, release: '8.4' },
  {
    fixture: '401_expired_ticket_older',
    path: '/nodes',
    options: { token: undefined, headers: { Cookie: 'PVEAuthCookie=PVE:root@pam:00000000::x' } },
  },
  {
    fixture: '401_login_failed',
    path: '/access/ticket',
    options: { ...post({ username: 'root@pam', password: 'wrong' }), token: undefined },
  },
  {
    fixture: '403_token_not_allowed',
    path: '/access/ticket',
    options: post({ username: 'root@pam', password: 'x' }),
  },
  {
    fixture: '500_ha_groups_migrated',
    path: '/cluster/ha/groups',
  },
  {
    fixture: '500_replicated',
    path: '/nodes/pve2/qemu/103/migrate',
    options: post({ target: 'pve3', online: '1' }),
  },
  { fixture: '501_not_implemented', path: '/nodes/pve1/lxc/201/migrate', release: '8.4' },
  { fixture: '401_no_credentials', path: '/nodes', options: { token: undefined } },
  { fixture: '403_permission', path: MIGRATE, options: { ...post({ target: 'pve2' }), token: AUDITOR } },
  { fixture: '403_permission_node', path: '/nodes/pve1/status', options: { token: STRANGER } },
  {
    fixture: '500_guest_moved',
    path: '/nodes/pve1/qemu/100/status/current',
    prepare: (s) => s.control.moveGuest(100, 'pve2'),
  },
  { fixture: '500_lxc_running', path: '/nodes/pve1/lxc/200/migrate', options: post({ target: 'pve2' }) },
  {
    fixture: '500_no_quorum',
    path: MIGRATE,
    options: post({ target: 'pve2', online: '1' }),
    prepare: (s) => s.control.setQuorate(false),
  },
  { fixture: '500_no_such_node', path: MIGRATE, options: post({ target: 'pve9', online: '1' }) },
  { fixture: '500_running_without_online', path: MIGRATE, options: post({ target: 'pve2' }) },
  { fixture: '500_storage_not_on_target', path: MIGRATE, options: post({ target: 'pve3', online: '1' }) },
  { fixture: '500_unknown_node', path: '/nodes/pve9/status' },
  {
    fixture: '500_vm_locked',
    path: MIGRATE,
    options: post({ target: 'pve2', online: '1' }),
    prepare: (s) => s.control.lockGuest(100, 'backup'),
  },
  {
    fixture: '500_ct_locked',
    path: '/nodes/pve1/lxc/200/migrate',
    prepare: (s) => s.control.lockGuest(200, 'backup'),
  },
  {
    fixture: '501_body_too_large',
    path: MIGRATE,
    options: {
      method: 'POST',
      body: 'x'.repeat(512 * 1024 + 1),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    },
  },
  {
    fixture: '501_chunked',
    path: MIGRATE,
    options: { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } },
  },
  {
    fixture: '501_delete_with_body',
    path: '/nodes/pve1/tasks/UPID',
    options: { method: 'DELETE', body: 'a=1' },
  },
  {
    fixture: '506_content_type',
    path: MIGRATE,
    options: { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } },
  },
  {
    fixture: '595_node_unreachable_no_route',
    path: '/nodes/pve3/status',
    prepare: (s) => s.control.setNodeOffline('pve3'),
  },
  ...['595_node_unreachable_refused', '596_broken_pipe', '596_cert_mismatch'].map((fixture) => ({
    fixture,
    path: '/nodes/pve3/status',
    prepare: (s: Simulator) => {
      const { status, reason } = errorFixture(fixture);
      const effect = { kind: 'answer', status, reason, body: undefined } as const;
      s.control.addFault({ matches: { path: /pve3/ }, effect });
    },
  })),
];

/** What only releases that are not simulated answer, or what has tests of its own. */
const ELSEWHERE = [
  '200_ok_head',
  '400_missing_target_8.3',
  '401_csrf',
  '500_vm_locked_8.3',
  '595_node_unreachable_timeout',
  '596_node_hangs',
];

describe('the simulator refuses', () => {
  let clock: VirtualClock;
  let simulator: Simulator;
  let identity: ClusterIdentity | undefined;

  async function start(release: Release = '9.1'): Promise<void> {
    await simulator?.stop();
    clock = createVirtualClock();
    simulator = await startSimulator({
      scenario: labScenario({
        cluster: { name: 'lab', version: release },
        replication: [{ guest: 103, target: 'pve1' }],
        users: [
          ...labScenario().users,
          userWithToken(AUDITOR, [{ path: '/', privileges: ['VM.Audit', 'Sys.Audit'] }]),
          userWithToken(STRANGER, []),
        ],
        storages: [
          { name: 'nfs-iso', type: 'nfs', content: 'images', shared: true, nodes: ['pve1', 'pve2'] },
        ],
      }),
      clock,
      unauthorizedDelayMs: 0,
      ...(identity === undefined ? {} : { identity }),
    });
    identity = simulator.identity;
  }

  beforeEach(() => start());

  afterEach(() => simulator.stop());

  it('in every way that was recorded', () => {
    const covered = [...CASES.map(({ fixture }) => fixture), ...ELSEWHERE];
    const folder = new URL('../../fixtures/proxmox/errors/', import.meta.url);
    const recorded = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
    expect(recorded.filter((name) => !covered.includes(name))).to.deep.equal([]);
  });

  for (const { fixture, path, options, prepare, release } of CASES) {
    it(`as PVE ${release ?? '9.1'} does: ${fixture}`, async () => {
      if (release !== undefined) await start(release);
      const expected = errorFixture(fixture);
      prepare?.(simulator);
      const answer = await pveRequest(simulator, path, options);
      expect([answer.status, answer.reason]).to.deep.equal([expected.status, expected.reason]);
      // The order in which Perl writes an object's keys says nothing.
      if (expected.body?.startsWith('{'))
        expect(JSON.parse(answer.body)).to.deep.equal(JSON.parse(expected.body));
      else expect(answer.body).to.equal(expected.body ?? '');
      const ignored = ['Date', 'Expires'];
      const stable = (headers: typeof answer.headers) =>
        headers.map(([name, value]) => (ignored.includes(name) ? [name] : [name, value]));
      expect(stable(answer.headers)).to.deep.equal(stable(expected.headers));
    });
  }

  it('an unknown path and an unknown method on a known one with 501 and its own words', async () => {
    const unknown = await pveRequest(simulator, '/cluster/nothing');
    expect([unknown.status, unknown.reason]).to.deep.equal([
      501,
      "Method 'GET /cluster/nothing' not implemented",
    ]);
    expect(JSON.parse(unknown.body)).to.deep.equal({ data: null, message: unknown.reason });
    const method = await pveRequest(simulator, '/version', { method: 'PUT' });
    expect(method.reason).to.equal("Method 'PUT /version' not implemented");
    const head = await pveRequest(simulator, '/version', { method: 'PATCH' });
    expect([head.status, head.reason, head.body]).to.deep.equal([501, "method 'PATCH' not available", '']);
  });

  it('a GET with a body', async () => {
    const answer = await pveRequest(simulator, '/version', { body: 'x=1' });
    expect([answer.status, answer.body]).to.deep.equal([501, "Unexpected content for method 'GET'"]);
  });

  it('parameters that an endpoint does not declare, in the query as well', async () => {
    const answer = await pveRequest(simulator, '/cluster/resources?type=guest&x=1');
    expect(Object.keys(JSON.parse(answer.body).errors).sort()).to.deep.equal(['type', 'x']);
  });

  it('a task of somebody else without Sys.Audit, and shows the own one', async () => {
    const upid = simulator.control.runTask({
      node: 'pve1',
      type: 'vzdump',
      id: '100',
      user: 'root@pam',
      durationMs: 5_000,
    });
    const path = `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`;
    const answer = await pveRequest(simulator, path, { token: STRANGER });
    expect([answer.status, answer.reason]).to.deep.equal([
      403,
      'Permission check failed (/nodes/pve1, Sys.Audit)',
    ]);
    const own = simulator.control.runTask({
      node: 'pve1',
      type: 'x',
      id: '',
      user: STRANGER.id,
      durationMs: 5_000,
    });
    const tasks = await pveGet(simulator, '/nodes/pve1/tasks?source=all', STRANGER);
    expect(tasks.map((task: { readonly upid: string }) => task.upid)).to.deep.equal([own]);
  });

  it('wrong credentials only after three seconds of its own time', async () => {
    const patient = await startSimulator({ scenario: labScenario(), clock });
    try {
      let answered = false;
      const answer = pveRequest(patient, '/nodes', { token: WRONG }).finally(() => {
        answered = true;
      });
      while (clock.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(2_999);
      expect(answered).to.equal(false);
      await clock.advance(1);
      expect((await answer).status).to.equal(401);
    } finally {
      await patient.stop();
    }
  });
});

describe('a simulated node that is asked without TLS', () => {
  const running = runningSimulators();

  it('says where it would answer', async () => {
    const simulator = await running.start();
    for (const [method, status] of [
      ['GET', 301],
      ['POST', 308],
    ] as const) {
      const answer = await fetch(`http://127.0.0.1:${simulator.port}/api2/json/version`, {
        method,
        redirect: 'manual',
      });
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([
        status,
        `https://127.0.0.1:${simulator.port}/api2/json/version`,
      ]);
    }
  });
});
