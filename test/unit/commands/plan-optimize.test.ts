import { expect } from 'chai';
import { formatBytes } from '../../../src/lib/bytes.ts';
import { responsesOf } from '../../support/cslb-vectors.ts';
import { createPlanFolder, type PlanFolder, runPlan, SKEWED } from '../../support/plan-folder.ts';

/** A text without the breaks of its lines. */
function unwrapped(text: string): string {
  return text.replaceAll('\n', ' ');
}

describe('cslb plan', () => {
  let folder: PlanFolder;
  before(() => {
    folder = createPlanFolder();
  });
  after(() => folder.remove());

  describe('with the strategy Optimize', () => {
    let snapshot: unknown = SKEWED.snapshot;
    beforeEach(() => {
      snapshot = SKEWED.snapshot;
    });
    const optimized = (tolerance: string, placement: object, ...args: readonly string[]) => {
      const spec = {
        clusterRef: { name: 'lab' },
        mode: 'DryRun',
        strategy: 'Optimize',
        tolerance,
        placement,
      };
      const metadata = { name: 'lab' };
      const policy = { apiVersion: 'pve-cslb.io/v1alpha1', kind: 'BalancePolicy', metadata, spec };
      const files = [folder.save('snapshot.json', snapshot), folder.save('optimize.json', policy)] as const;
      return runPlan(['--snapshot', files[0], '--policy', files[1], ...args]);
    };

    it('tells in its table of spreads in the place of weights', async () => {
      const { code, stdout } = await optimized('20%', {});
      expect(code).to.equal(0);
      expect(stdout).to.match(/^pve01 +Source +- +77\.3% +71\.8% +8$/m);
      expect(stdout.split('\n').every((line) => line.length <= 80)).to.equal(true);
      expect(unwrapped(stdout)).to.match(
        / Not balanced: spread cpu 6\d\.\d%, memory 4\d\.\d%, tolerance 20%; \d migrations? would bring it to cpu \d+\.\d%, memory \d+\.\d%\. $/,
      );
      const balanced = await optimized('100%', {});
      expect(unwrapped(balanced.stdout)).to.match(
        / Balanced: spread cpu .*, tolerance 100%; nothing would be migrated\. $/,
      );
    });

    it('tells of guests that HA moves along, with the memory of all', async () => {
      const responses = responsesOf(SKEWED);
      const [one, other] = responses['/cluster/resources'].filter(
        ({ type, node, status }: Record<string, unknown>) =>
          type === 'qemu' && node === 'pve01' && status === 'running',
      );
      const pair = [one, other].map(({ vmid, mem }) => {
        const state = { state: 'started', node: 'pve01' };
        return { vmid: Number(vmid), sid: `vm:${vmid}`, mem: Number(mem), state };
      });
      const [lead, companion] = pair;
      if (!lead || !companion) throw new Error('there are no two guests');
      responses['/cluster/ha/status/manager_status'] = {
        manager_status: { service_status: Object.fromEntries(pair.map(({ sid, state }) => [sid, state])) },
        quorum: { node: 'pve01', quorate: '1' },
      };
      responses['/cluster/ha/resources'] = pair.map(({ sid }) => ({ sid, type: 'vm', digest: 'a' }));
      responses['/cluster/ha/rules'] = [
        {
          ...{ rule: 'pair', type: 'resource-affinity', affinity: 'positive', order: 1, digest: 'a' },
          resources: pair.map(({ sid }) => sid).join(','),
        },
      ];
      snapshot = { responses };
      const { stdout } = await optimized('100%', { drainNodes: ['pve01'] });
      expect(stdout.replaceAll(/\s+/g, ' ')).to.contain(
        `HA moves qemu/${companion.vmid} ${other.name} along`,
      );
      const json = JSON.parse(
        (await optimized('100%', { drainNodes: ['pve01'] }, '--output', 'json')).stdout,
      );
      const migration = json.migrations.find(({ vmid }: { vmid: number }) => vmid === lead.vmid);
      expect(migration.companions.map(({ vmid }: { vmid: number }) => vmid)).to.deep.equal([companion.vmid]);
      const memory = formatBytes(migration.memoryBytes + migration.companions[0].memoryBytes);
      expect(stdout).to.match(new RegExp(`qemu/${lead.vmid} .* ${memory}\n`));
    });

    it('tells of what cannot be had and of what is not so yet', async () => {
      const placement = {
        rules: [
          { name: 'gone', type: 'Pin', guests: { vmids: [104] }, nodes: ['pve99'] },
          { name: 'nobody', type: 'Affinity', guests: { tags: ['none-such'] } },
        ],
        drainNodes: ['pve02'],
      };
      const { stdout } = await optimized('100%', placement);
      const text = unwrapped(stdout);
      expect(text).to.contain("In placement, rule 'gone' pins to nodes that the cluster does not have.");
      expect(text).to.contain("In placement, rule 'nobody' names no guest of the cluster at present.");
      expect(text).to.match(
        /Required rules broken and guests on drained nodes: \d+ now, \d+ after the plan\./,
      );
      expect(text).to.match(/ Not as required: spread .*; \d+ migrations would bring it to cpu/);

      const json = await optimized('100%', placement, '--output', 'json');
      const report = JSON.parse(json.stdout);
      expect(report.strategy).to.equal('Optimize');
      expect(report.imbalance).to.include({ mean: null, deviation: null, tolerance: 1 });
      expect(report.imbalance.resources.map(({ name }: { name: string }) => name)).to.deep.equal([
        'cpu',
        'memory',
      ]);
      expect(report.predicted.resources).to.have.length(2);
      expect(report.nodes[0].weight).to.equal(null);
      expect(report.problems).to.deep.equal([
        { subject: "rule 'gone'", reason: 'pins to nodes that the cluster does not have' },
        { subject: "rule 'nobody'", reason: 'names no guest of the cluster at present' },
      ]);
      expect(report.unmet.before).to.be.above(report.unmet.after);
      expect(json.stderr).to.contain("rule 'gone'");
    });

    it('refuses a placement that contradicts itself', async () => {
      const { code, stderr } = await optimized('20%', { drainNodes: ['*'] });
      expect(code).to.equal(2);
      expect(stderr).to.contain('spec.placement.drainNodes must leave nodes for the guests');
    });
  });
});
