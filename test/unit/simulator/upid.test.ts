import { expect } from 'chai';
import fc from 'fast-check';

import { formatUpid, parseUpid } from '../../../src/simulator/world/upid.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

describe('a UPID', () => {
  it('says the same as PVE does of a task', () => {
    for (const task of fixtureData('9.1/GET_nodes_pve1_tasks')) {
      const upid = parseUpid(task.upid);
      expect(upid).to.deep.equal({
        node: task.node,
        pid: task.pid,
        pstart: task.pstart,
        startTime: task.starttime,
        type: task.type,
        id: task.id,
        user: `${task.user}!${task.tokenid}`,
      });
      expect(upid && formatUpid(upid)).to.equal(task.upid);
    }
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          node: fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/),
          pid: fc.nat({ max: 2 ** 32 - 1 }),
          pstart: fc.nat({ max: 2 ** 36 - 1 }),
          startTime: fc.nat({ max: 2 ** 32 - 1 }),
          type: fc.constantFrom('qmigrate', 'vzmigrate', 'hamigrate'),
          id: fc.stringMatching(/^[1-9][0-9]{2,8}$/),
          user: fc.constantFrom('root@pam', 'balancer@pve!operator'),
        }),
        (upid) => {
          expect(parseUpid(formatUpid(upid))).to.deep.equal(upid);
        },
      ),
    );
  });

  it('is not anything else', () => {
    expect(parseUpid('garbage')).to.equal(undefined);
    expect(parseUpid('UPID:pve1:0001E240:00BC614E:6918A0B0:qmigrate:100:root@pam')).to.equal(undefined);
  });
});
