import { expect } from 'chai';
import fc from 'fast-check';

import { turnOff } from '../../../src/simulator/world/outage.ts';
import { isRunning, TaskFailure } from '../../../src/simulator/world/task.ts';
import { createWorld, labScenario } from '../../support/simulator/scenarios.ts';
import { guestOf, migrate, textOf, wait } from '../../support/simulator/world.ts';

describe('a simulated live migration', () => {
  it('locks the VM, takes as long as its memory needs, moves it and starts its uptime anew', () => {
    const cluster = createWorld({ migrationBandwidth: '128Mi' });
    const guest = guestOf(cluster, 100);
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 5);
    expect([guest.lock, guest.node]).to.deep.equal(['migrate', 'pve1']);
    // A little over 6 GiB at 128 MiB/s: 49 s.
    wait(cluster, 42);
    expect(guest.node).to.equal('pve1');
    wait(cluster, 6);
    expect([guest.lock, guest.node, isRunning(task)]).to.deep.equal(['migrate', 'pve2', true]);
    expect(cluster.now() - guest.startTime).to.be.at.most(5_000);
    wait(cluster, 5);
    expect([guest.lock, task.exitStatus]).to.deep.equal([undefined, 'OK']);
    expect(textOf(task)).to.match(/starting migration of VM 100 to node 'pve2' \(192\.0\.2\.12\)/);
    expect(textOf(task)).to.match(/transferred [\d.]+ GiB of [\d.]+ GiB VM-state/);
    expect(task.log.at(-1)).to.equal('TASK OK');
    expect(cluster.violations).to.deep.equal([]);
  });

  it('shows no CPU in the first round on the target, and what it does from the second on', () => {
    const cluster = createWorld();
    const guest = guestOf(cluster, 100);
    migrate(cluster, 100, 'pve2');
    const seen: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      wait(cluster, 1);
      if (guest.statistics?.node === 'pve2') seen.push(guest.statistics.cpu);
    }
    expect(seen[0]).to.equal(0);
    expect(seen.filter((cpu) => cpu === 0)).to.have.length.within(9, 11);
    expect(seen.at(-1)).to.equal(0.5);
  });

  it('fills the memory of the target as it goes', () => {
    const cluster = createWorld({ migrationBandwidth: '128Mi' });
    migrate(cluster, 100, 'pve3');
    wait(cluster, 30);
    const arrival = cluster.arrivals.get(100);
    expect(arrival?.arrivedBytes()).to.be.within(
      0.4 * (arrival?.totalBytes ?? 0),
      0.6 * (arrival?.totalBytes ?? 0),
    );
  });

  it('fails where the target has no room, and leaves the VM running where it was', () => {
    const cluster = createWorld({
      guests: [
        { vmid: 100, type: 'qemu', node: 'pve1', cpus: 4, memory: '32Gi', demand: { memory: '31Gi' } },
        { vmid: 101, type: 'qemu', node: 'pve2', cpus: 4, memory: '32Gi', demand: { memory: '31Gi' } },
      ],
    });
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 30);
    expect(task.exitStatus).to.equal('migration problems');
    expect(textOf(task)).to.match(/online migrate failure - remote command failed with exit code/);
    const guest = guestOf(cluster, 100);
    expect([guest.node, guest.status, guest.lock]).to.deep.equal(['pve1', 'running', undefined]);
  });

  it('counts what else is on its way to the target', () => {
    const guest = { type: 'qemu', cpus: 4, memory: '32Gi', demand: { memory: '31Gi' } } as const;
    const cluster = createWorld({
      guests: [
        { ...guest, vmid: 100, node: 'pve1' },
        { ...guest, vmid: 101, node: 'pve2' },
      ],
    });
    const tasks = [migrate(cluster, 100, 'pve3'), migrate(cluster, 101, 'pve3')];
    wait(cluster, 300);
    expect(tasks.map((task) => task.exitStatus)).to.deep.equal(['OK', 'migration problems']);
  });

  it('aborts when the target is off, after the time ssh takes to find out', () => {
    const cluster = createWorld();
    turnOff(cluster, cluster.node('pve2'), new Map());
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 9);
    expect(isRunning(task)).to.equal(true);
    wait(cluster, 2);
    expect(task.exitStatus).to.equal('migration aborted');
    expect(textOf(task)).to.include("Can't connect to destination address using public key");
  });

  it('refuses local disks unless they are to be moved, and then moves their bytes too', () => {
    const changes = {
      guests: [
        {
          vmid: 100,
          type: 'qemu' as const,
          node: 'pve1',
          cpus: 2,
          memory: '1Gi',
          disks: [{ storage: 'local', size: '100Gi' }],
        },
      ],
    };
    const refused = createWorld(changes);
    const task = migrate(refused, 100, 'pve2');
    wait(refused, 30);
    expect(task.exitStatus).to.equal('migration aborted');
    expect(textOf(task)).to.include('without with-local-disks option');

    const cluster = createWorld(changes);
    const copying = migrate(cluster, 100, 'pve2', { withLocalDisks: true });
    wait(cluster, 90);
    expect(isRunning(copying)).to.equal(true);
    wait(cluster, 30);
    expect(copying.exitStatus).to.equal('OK');
  });

  it('keeps to a bandwidth limit', () => {
    const cluster = createWorld();
    const task = migrate(cluster, 100, 'pve2', { bandwidthLimit: 64 * 1024 ** 2 });
    wait(cluster, 90);
    expect(isRunning(task)).to.equal(true);
    wait(cluster, 30);
    expect(task.exitStatus).to.equal('OK');
  });

  it('waits for another migration of the guest, gives up after 10 s, and the overlap is recorded', () => {
    const cluster = createWorld({ migrationBandwidth: '64Mi' });
    const first = migrate(cluster, 100, 'pve2');
    const second = migrate(cluster, 100, 'pve3');
    wait(cluster, 12);
    expect(second.exitStatus).to.equal(
      "can't lock file '/var/lock/pve-manager/pve-migrate-100' - got timeout",
    );
    wait(cluster, 300);
    expect(first.exitStatus).to.equal('OK');
    expect(cluster.violations).to.deep.equal(['two migrations of qemu/100 overlap']);
  });

  it('ends as it was told to, once', () => {
    for (const exitStatus of ['migration aborted', 'migration problems', 'received interrupt']) {
      const cluster = createWorld();
      cluster.plannedFailures.set(100, { exitStatus, reason: 'disk on fire' });
      const task = migrate(cluster, 100, 'pve2');
      wait(cluster, 60);
      expect(task.exitStatus).to.equal(exitStatus);
      expect(task.log.at(-1)).to.equal(`TASK ERROR: ${exitStatus}`);
      const guest = guestOf(cluster, 100);
      expect([guest.node, guest.status, guest.lock]).to.deep.equal(['pve1', 'running', undefined]);
      const next = migrate(cluster, 100, 'pve2');
      wait(cluster, 60);
      expect(next.exitStatus).to.equal('OK');
    }
  });

  it('whose node crashes writes no last line and leaves the lock', () => {
    const cluster = createWorld();
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 5);
    turnOff(cluster, cluster.node('pve1'), new Map());
    expect(task.exitStatus).to.equal('unexpected status');
    expect(textOf(task)).not.to.include('TASK');
    const guest = guestOf(cluster, 100);
    expect([guest.node, guest.status, guest.lock]).to.deep.equal(['pve1', 'stopped', 'migrate']);
  });

  it('can be killed, and frees its link', () => {
    const cluster = createWorld();
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 5);
    cluster.tasks.kill(task, new TaskFailure('received interrupt'));
    expect(task.exitStatus).to.equal('received interrupt');
    expect([cluster.arrivals.size, cluster.network.incoming('pve2').length]).to.deep.equal([0, 0]);
  });
});

describe('a simulated container migration', () => {
  it('stops the container, moves it, starts it again', () => {
    const cluster = createWorld();
    const guest = guestOf(cluster, 200);
    const task = migrate(cluster, 200, 'pve2');
    wait(cluster, 3);
    expect([guest.status, guest.node]).to.deep.equal(['running', 'pve1']);
    wait(cluster, 3.5);
    expect([guest.status, guest.lock]).to.deep.equal(['stopped', 'migrate']);
    wait(cluster, 10);
    expect([guest.status, guest.node, guest.lock]).to.deep.equal(['running', 'pve2', undefined]);
    expect(task.exitStatus).to.equal('OK');
    expect(cluster.now() - guest.startTime).to.be.at.most(10_000);
    expect(textOf(task)).to.match(/starting migration of CT 200 to node 'pve2'/);
  });

  it('aborts when it does not stop in time; it may stop later and stays stopped', () => {
    const guests = (labScenario().guests ?? []).map((guest) =>
      guest.vmid === 200 ? { ...guest, shutdown: '60s' } : guest,
    );
    const cluster = createWorld({ guests });
    const task = migrate(cluster, 200, 'pve2', { shutdownTimeoutMs: 20_000 });
    const guest = guestOf(cluster, 200);
    wait(cluster, 30);
    expect([task.exitStatus, guest.status, guest.node]).to.deep.equal([
      'migration aborted',
      'running',
      'pve1',
    ]);
    expect(textOf(task)).to.include('container did not stop');
    wait(cluster, 60);
    expect([guest.status, guest.node]).to.deep.equal(['stopped', 'pve1']);
  });

  it('of a stopped one only moves it', () => {
    const cluster = createWorld();
    const task = migrate(cluster, 201, 'pve3', { restart: false });
    wait(cluster, 10);
    const guest = guestOf(cluster, 201);
    expect([task.exitStatus, guest.node, guest.status]).to.deep.equal(['OK', 'pve3', 'stopped']);
  });

  it('that fails while it copies is started again where it was', () => {
    const cluster = createWorld();
    cluster.plannedFailures.set(200, { exitStatus: 'migration problems', reason: 'disk on fire' });
    const task = migrate(cluster, 200, 'pve2');
    wait(cluster, 30);
    const guest = guestOf(cluster, 200);
    expect([task.exitStatus, guest.node, guest.status, guest.lock]).to.deep.equal([
      'migration problems',
      'pve1',
      'running',
      undefined,
    ]);
  });
});

describe('a simulated migration through HA', () => {
  const guests = (labScenario().guests ?? []).map((guest) =>
    guest.vmid === 100 ? { ...guest, haState: 'started' } : guest,
  );

  it('is only queued by its task; HA moves the guest later as root@pam', () => {
    const cluster = createWorld({ guests });
    const task = migrate(cluster, 100, 'pve2');
    expect(task.type).to.equal('hamigrate');
    expect(task.log).to.deep.equal(['Requesting HA migration for VM 100 to node pve2']);
    wait(cluster, 2);
    expect([task.exitStatus, guestOf(cluster, 100).node]).to.deep.equal(['OK', 'pve1']);
    wait(cluster, 19);
    const [worker] = cluster.tasks.running();
    expect([worker?.type, worker?.user, worker?.log[0]]).to.deep.equal([
      'qmigrate',
      'root@pam',
      'task started by HA resource agent',
    ]);
    expect(guestOf(cluster, 100).service?.state).to.equal('migrate');
    wait(cluster, 60);
    expect([guestOf(cluster, 100).node, guestOf(cluster, 100).service?.state]).to.deep.equal([
      'pve2',
      'started',
    ]);
    expect(cluster.violations).to.deep.equal([]);
  });

  it('is refused by HA at once when the target is off or in maintenance', () => {
    const cluster = createWorld({ guests });
    turnOff(cluster, cluster.node('pve2'), new Map());
    cluster.node('pve3').maintenanceMode = true;
    for (const target of ['pve2', 'pve3']) {
      const task = migrate(cluster, 100, target);
      wait(cluster, 120);
      expect(task.exitStatus).to.equal(`command 'ha-manager migrate vm:100 ${target}' failed: exit code 255`);
    }
    expect([guestOf(cluster, 100).node, guestOf(cluster, 100).service?.state]).to.deep.equal([
      'pve1',
      'started',
    ]);
  });

  it('is dropped without a word when the target goes off before HA acts', () => {
    const cluster = createWorld({ guests });
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 5);
    turnOff(cluster, cluster.node('pve2'), new Map());
    wait(cluster, 120);
    expect(task.exitStatus).to.equal('OK');
    expect(cluster.tasks.all()).to.have.length(1);
    expect(guestOf(cluster, 100).node).to.equal('pve1');
  });
});

describe('any simulated migrations', () => {
  it('leave every guest on one node, unlocked, running if it ran, and no memory on its way', () => {
    const step = fc.record({
      vmid: fc.constantFrom(100, 101, 102, 103, 200, 201),
      target: fc.constantFrom('pve1', 'pve2', 'pve3'),
      pause: fc.nat({ max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const cluster = createWorld({ migrationBandwidth: '512Mi' });
        const before = new Map([...cluster.guests.values()].map((guest) => [guest.vmid, guest.status]));
        for (const { vmid, target, pause } of steps) {
          if (guestOf(cluster, vmid).node !== target) migrate(cluster, vmid, target);
          wait(cluster, pause);
        }
        wait(cluster, 1000);
        expect(cluster.tasks.running()).to.deep.equal([]);
        expect(cluster.arrivals.size).to.equal(0);
        const located = [...cluster.nodes.keys()].flatMap((node) =>
          [...cluster.guestsOn(node)].map((guest) => ({ node, guest })),
        );
        expect(located).to.have.length(cluster.guests.size);
        for (const { node, guest } of located) {
          expect(guest.node).to.equal(node);
          expect(guest.lock).to.equal(undefined);
          expect(guest.status).to.equal(before.get(guest.vmid));
        }
      }),
      { numRuns: 60 },
    );
  });
});
