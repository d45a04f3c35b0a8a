import { expect } from 'chai';

import { OperatorError } from '../../../src/lib/errors.ts';
import { parseScenario } from '../../../src/simulator/scenario/read-document.ts';
import { createScenario } from '../../../src/simulator/scenario/scenario.ts';
import { labScenario } from '../../support/simulator/scenarios.ts';

const USERS = 'users: [{name: a@pve}]';
const NODES = 'nodes: [{name: pve1, cpus: 8, memory: 16Gi}]';

function problemOf(yaml: string): string {
  try {
    createScenario(parseScenario(yaml));
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'InvalidInput') return error.message;
    throw error;
  }
  throw new Error('the scenario was taken');
}

describe('a scenario', () => {
  it('needs only users and nodes', () => {
    const scenario = createScenario(parseScenario(`${USERS}\n${NODES}`));
    expect(scenario.nodes[0]).to.include({ cpus: 8, cores: 4, memoryBytes: 16 * 1024 ** 3 });
    expect(scenario.storages.map((storage) => storage.name)).to.deep.equal(['local', 'ceph-vm']);
    expect(scenario.guests).to.deep.equal([]);
  });

  it('draws the members of a group from its ranges, the same ones for the same seed', () => {
    const group = {
      count: 60,
      firstVmid: 300,
      type: 'qemu' as const,
      name: 'web-{n}',
      node: ['pve1', 'pve2'],
      cpus: [2, 4] as const,
      memory: ['4Gi', '8Gi'] as const,
      demand: { cpu: [0.2, 1.5] as const, memory: ['2Gi', '6Gi'] as const },
    };
    const guests = createScenario(labScenario({ guests: [], guestGroups: [group], seed: 7 })).guests;
    expect(guests).to.have.length(60);
    expect(guests[1]).to.include({ vmid: 301, name: 'web-2', node: 'pve2' });
    for (const guest of guests) {
      expect(guest.cpus).to.be.within(2, 4);
      expect(guest.memoryBytes).to.be.within(4 * 1024 ** 3, 8 * 1024 ** 3);
      expect(guest.cpuDemand.points[0]?.value).to.be.within(0.2, 1.5);
      expect(guest.memoryDemand.points[0]?.value).to.be.within(2 * 1024 ** 3, guest.memoryBytes);
    }
    expect(new Set(guests.map((guest) => guest.memoryBytes)).size).to.be.greaterThan(30);
    const again = createScenario(labScenario({ guests: [], guestGroups: [group], seed: 7 })).guests;
    expect(again).to.deep.equal(guests);
    const other = createScenario(labScenario({ guests: [], guestGroups: [group], seed: 8 })).guests;
    expect(other).not.to.deep.equal(guests);
  });

  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    ['text that is no YAML', 'nodes: [', /is not YAML: /],
    ['nothing', '', /wrong at the top: must be object/],
    ['a field it does not have', `${USERS}\n${NODES}\nnode: 1`, /the top: unknown field 'node'/],
    ['no users', NODES, /the top: must have required property 'users'/],
    [
      'a size that is none',
      `${USERS}\nnodes: [{name: a, cpus: 1, memory: 16GB}]`,
      /nodes\[0\]\.memory: .*such as 64Gi/,
    ],
    [
      'a duration that is none',
      `${USERS}\n${NODES}\nevents: [{at: 1d, quorum: false}]`,
      /events\[0\]\.at: .*such as 90s/,
    ],
    [
      'an event that does two things',
      `${USERS}\n${NODES}\nevents: [{at: 1s, quorum: false, unlock: 100}]`,
      /exactly one action/,
    ],
    [
      'an unknown release',
      `cluster: {version: "6.4"}\n${USERS}\n${NODES}`,
      /cluster\.version: must be one of 8\.4, 9\.1, 9\.2/,
    ],
    [
      'a node that is not there',
      `${USERS}\n${NODES}\nguests: [{vmid: 100, type: qemu, node: b, cpus: 1, memory: 1Gi}]`,
      /guest 100: there is no node 'b'/,
    ],
    [
      'two guests of one VMID',
      `${USERS}\n${NODES}\nguestGroups: [{count: 2, firstVmid: 100, type: lxc, node: pve1, cpus: 1, memory: 1Gi}, {count: 1, firstVmid: 101, type: lxc, node: pve1, cpus: 1, memory: 1Gi}]`,
      /there are two guests 101/,
    ],
    [
      'a paused container',
      `${USERS}\n${NODES}\nguests: [{vmid: 100, type: lxc, node: pve1, cpus: 1, memory: 1Gi, status: paused}]`,
      /guest 100: a container cannot be paused/,
    ],
    [
      'a token secret that is no UUID',
      `users: [{name: a@pve, tokens: [{id: t1, secret: x}]}]\n${NODES}`,
      /users\[0\]\.tokens\[0\]\.secret: must be a UUID/,
    ],
    [
      'an event for a guest that is not there',
      `${USERS}\n${NODES}\nevents: [{at: 1s, unlock: 100}]`,
      /event at 1s: there is no guest 100/,
    ],
  ];
  for (const [what, yaml, message] of mistakes) {
    it(`with ${what} is refused in a sentence that names the place`, () => {
      expect(problemOf(yaml)).to.match(message);
    });
  }
});
