import { expect } from 'chai';
import { parse } from 'yaml';
import { responsesOf, vectorNamed } from '../../support/cslb-vectors.ts';
import { createPlanFolder, type PlanFolder, planPolicy, runPlan, SKEWED } from '../../support/plan-folder.ts';

describe('cslb plan', () => {
  let folder: PlanFolder;
  before(() => {
    folder = createPlanFolder();
  });
  after(() => folder.remove());

  it('explains itself in a table that ends with the answer', async () => {
    const { code, stdout, stderr } = await folder.planOf({});
    expect(stdout).to.equal(`NODE   ROLE    WEIGHT    CPU  MEMORY  GUESTS
pve01  Source     416  77.3%   71.8%       8
pve02  Target     125  11.5%   24.3%       6
pve03  Target     147  21.2%   37.8%       6

#  GUEST     NAME    FROM   TO      MEMORY
1  qemu/104  vm-104  pve01  pve02  793.8Mi
   pve01 weighs 416, 25 above the limit of mean 229 + deviation 162; this is its
   lightest guest that may move, and pve02 (125) the lightest node with room

9 guests may not move (which ones: --output json):
  7  a container moves only by restart, which the policy forbids
     (migration.containers: Never)
  1  excluded by VMID
  1  is a template

Not in the snapshot and taken as unproblematic: /cluster/replication.
Each guest's own configuration and preconditions were not looked at and are
taken as unproblematic.

Not balanced: imbalance 70.7%, tolerance 20%; 1 migration would bring it to
69.9%.
`);
    expect([code, stderr]).to.deep.equal([0, '']);
  });

  it('says in its last line that nothing moves, and why above', async () => {
    const lastLines = async (name: string, tolerance: string) => {
      const { code, stdout } = await folder.planOf(
        { snapshot: vectorNamed(name).snapshot, tolerance },
        '--exit-code',
      );
      expect(code).to.equal(0);
      return stdout.trimEnd().split('\n');
    };
    expect((await lastLines('quiet-1007', '20%')).at(-1)).to.equal(
      'Balanced: imbalance 1.1%, tolerance 20%; nothing would be migrated.',
    );
    const exhausted = await lastLines('quiet-1007', '0.5%');
    expect(exhausted.slice(-4)).to.deep.equal([
      'CSLB never moves anything between two nodes: neither can weigh more than mean +',
      'deviation.',
      '',
      'Not balanced: imbalance 1.1%, tolerance 0.5%; nothing would be migrated.',
    ]);
  });

  it('prints JSON of the documented form, its notes on stderr', async () => {
    const { stdout, stderr } = await folder.planOf({}, '-o', 'json');
    const report = JSON.parse(stdout);
    expect(report).to.have.all.keys(
      'strategy',
      'balanced',
      'imbalance',
      'nodes',
      'migrations',
      'predicted',
      'skipped',
      'problems',
      'unmet',
    );
    expect(report.imbalance).to.have.all.keys('value', 'tolerance', 'mean', 'deviation', 'resources');
    expect(report).to.deep.include({ problems: [], unmet: { before: 0, after: 0 } });
    expect(report.predicted.value).to.be.below(report.imbalance.value);
    expect(report.nodes[0]).to.have.all.keys('name', 'weight', 'cpu', 'memory', 'guests', 'role');
    expect(report.migrations).to.have.length(1);
    expect(report.migrations[0]).to.include({
      vmid: 104,
      type: 'qemu',
      name: 'vm-104',
      memoryBytes: 832362377,
    });
    expect(report.skipped).to.deep.include({ vmid: 107, reason: 'excluded by VMID' });
    expect(stderr).to.contain('taken as unproblematic: /cluster/replication.');
  });

  it('prints the same as YAML', async () => {
    const json = await folder.planOf({}, '--output', 'json');
    const yaml = await folder.planOf({}, '--output', 'yaml');
    expect(parse(yaml.stdout)).to.deep.equal(JSON.parse(json.stdout));
  });

  it('exits with 3 for proposed moves only when asked to', async () => {
    expect((await folder.planOf({})).code).to.equal(0);
    expect((await folder.planOf({}, '--exit-code')).code).to.equal(3);
    expect((await folder.planOf({ tolerance: '100%' }, '--exit-code')).code).to.equal(0);
  });

  it('reads one of the files from standard input', async () => {
    const snapshot = folder.save('stdin.json', SKEWED.snapshot);
    const policy = planPolicy();
    const { code, stdout } = await runPlan(['--snapshot', snapshot, '--policy', '-'], { stdin: policy });
    expect(code).to.equal(0);
    expect(stdout).to.contain('Not balanced');
  });

  it('colours on a terminal, and only there', async () => {
    const csi = '\u001b[';
    const files = [
      '--snapshot',
      folder.save('colour.json', SKEWED.snapshot),
      '--policy',
      folder.save('colour.yaml', planPolicy()),
    ];
    expect((await runPlan(files, { isTerminal: true })).stdout).to.contain(csi);
    expect((await runPlan(files, { isTerminal: true, env: { NO_COLOR: '1' } })).stdout).to.not.contain(csi);
    expect((await runPlan(files)).stdout).to.not.contain(csi);
  });

  describe('on a cluster in trouble', () => {
    it('proposes nothing without quorum', async () => {
      const responses = responsesOf(SKEWED);
      responses['/cluster/status'][0].quorate = 0;
      const { code, stdout } = await folder.planOf({ snapshot: { responses } }, '--exit-code');
      expect(code).to.equal(0);
      expect(stdout).to.contain('The cluster has no quorum: nothing may be migrated.');
      expect(stdout).to.match(/Not balanced: .*; nothing would be migrated\.\n$/);
    });

    it('does not judge when too few nodes are known', async () => {
      const responses = responsesOf(SKEWED);
      delete responses['/nodes/pve01/status'];
      delete responses['/nodes/pve02/status'];
      const table = await folder.planOf({ snapshot: { responses } }, '--exit-code');
      expect(table.code).to.equal(0);
      expect(table.stdout).to.contain('pve01 takes no part: ');
      expect(table.stdout).to.match(
        /\nCannot be judged: too few online nodes are known; nothing would be migrated\.\n$/,
      );
      const json = await folder.planOf({ snapshot: { responses } }, '-o', 'json');
      expect(JSON.parse(json.stdout)).to.deep.include({ balanced: null, migrations: [] });
      expect(json.stderr).to.contain('The figures of 1 of 3 online nodes are known');
    });
  });

  it('explains itself with --help', async () => {
    const { code, stdout } = await runPlan(['--help']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^Usage: cslb plan --snapshot FILE --policy FILE/);
  });
});
