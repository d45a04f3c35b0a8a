import { expect } from 'chai';
import { responsesOf } from '../../support/cslb-vectors.ts';
import { createPlanFolder, type PlanFolder, SKEWED } from '../../support/plan-folder.ts';

describe('cslb plan', () => {
  let folder: PlanFolder;
  before(() => {
    folder = createPlanFolder();
  });
  after(() => folder.remove());

  describe('looks at the guests that the snapshot has answers for', () => {
    const guest = '/nodes/pve01/qemu/104';
    const config = { cores: 2, cpu: 'host', scsi0: 'elsewhere:vm-104-disk-0,size=8G' };
    const precondition = {
      running: 1,
      allowed_nodes: ['pve02', 'pve03'],
      not_allowed_nodes: {},
      local_disks: [],
      local_resources: [],
    };
    const planWith = async (answers: Record<string, unknown>) => {
      const responses = { ...responsesOf(SKEWED), ...answers };
      const { stdout, stderr } = await folder.planOf({ snapshot: { responses } }, '-o', 'json');
      return { report: JSON.parse(stdout), stderr };
    };
    const withPrecondition = (traits: object) => ({
      [`${guest}/config`]: {},
      [`${guest}/migrate`]: { ...precondition, ...traits },
    });

    it('and moves one with nothing in the way', async () => {
      const { report, stderr } = await planWith(withPrecondition({}));
      expect(report.migrations).to.have.length(1);
      expect(report.migrations[0]).to.include({ vmid: 104, target: 'pve02' });
      expect(stderr).to.not.contain('configuration');
    });

    it('and passes over a target that Proxmox does not allow', async () => {
      const { report } = await planWith(withPrecondition({ allowed_nodes: ['pve03'] }));
      expect(report.migrations[0]).to.include({ vmid: 104, target: 'pve03' });
    });

    const blocks: readonly (readonly [string, Record<string, unknown>, string])[] = [
      [
        'devices',
        withPrecondition({ local_resources: ['hostpci0'] }),
        'it uses devices of its node: hostpci0',
      ],
      [
        'a missing storage',
        { [`${guest}/config`]: config, [`${guest}/migrate`]: { ...precondition, allowed_nodes: undefined } },
        'storage elsewhere of its scsi0 is disabled, or the user lacks Datastore.Audit on it',
      ],
      [
        'an answer that cannot be read',
        { [`${guest}/config`]: [], [`${guest}/migrate`]: precondition },
        'it could not be looked at: ',
      ],
    ];
    for (const [what, answers, reason] of blocks) {
      it(`and leaves one alone that has ${what}`, async () => {
        const { report } = await planWith(answers);
        expect(report.migrations.map(({ vmid }: { vmid: number }) => vmid)).to.not.include(104);
        const skipped = report.skipped.find(({ vmid }: { vmid: number }) => vmid === 104);
        expect(skipped.reason).to.satisfy((text: string) => text.startsWith(reason));
      });
    }
  });
});
