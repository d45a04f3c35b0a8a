import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatUpid,
  guestTypeOfTask,
  isMigrateTask,
  parseUpid,
  parseVmid,
} from '../../../src/proxmox/upid.ts';

const TEXT = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';

describe('UPID', () => {
  it('says where, when, what and who', () => {
    expect(parseUpid(TEXT)).to.deep.equal({
      node: 'pve1',
      pid: 0x956cc,
      processStart: 0x0ad0be16,
      startTime: 0x6921a596 * 1_000,
      type: 'qmigrate',
      id: '102',
      user: 'balancer@pve!operator',
    });
  });

  for (const text of [
    '',
    'UPID:',
    TEXT.slice(0, -1),
    `${TEXT}x`,
    ` ${TEXT}`,
    TEXT.replace('pve1', 'pve/1'),
    TEXT.replace('6921A596', '6921A59'),
    TEXT.replace('102', '1 2'),
    `${TEXT}\n`,
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(parseUpid(text)).to.equal(undefined);
    });
  }

  it('is written as it was read', () => {
    const hex = fc.integer({ min: 0, max: 0xffffffff });
    const upids = fc.record({
      node: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/),
      pid: hex,
      processStart: fc.integer({ min: 0, max: 0xfffffffff }),
      startTime: hex.map((seconds) => seconds * 1_000),
      type: fc.stringMatching(/^[a-z]{1,12}$/),
      id: fc.stringMatching(/^\d{0,9}$/),
      user: fc.stringMatching(/^[a-z]{1,8}@[a-z]{2,4}(![a-z]{2,4})?$/),
    });
    fc.assert(
      fc.property(upids, (upid) => {
        expect(parseUpid(formatUpid(upid))).to.deep.equal(upid);
      }),
    );
    expect(formatUpid(parseUpid(TEXT) ?? expect.fail())).to.equal(TEXT);
  });

  it('types tell migrations and guest types', () => {
    expect(['qmigrate', 'vzmigrate', 'hamigrate', 'vzdump', 'qmstart'].map(isMigrateTask)).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(['qmigrate', 'vzmigrate', 'hamigrate', 'vzdump'].map(guestTypeOfTask)).to.deep.equal([
      'qemu',
      'lxc',
      undefined,
      undefined,
    ]);
  });

  it('ids of guests are VMIDs only', () => {
    expect(['100', '999999999', '99', '0100', '1000000000', '', 'local', '1e3'].map(parseVmid)).to.deep.equal(
      [100, 999999999, ...Array(6).fill(undefined)],
    );
  });
});
