import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { runCommandLine } from '../../../src/commands/command-line.ts';
import { COMMANDS } from '../../../src/commands/commands.ts';
import { formatBytes } from '../../../src/lib/bytes.ts';
import { type RecordedIoOptions, recordedIo } from '../../support/command-io.ts';
import { type CslbVector, cslbVectors, expectedMoves, policyOf } from '../../support/cslb-vectors.ts';

const POLICY = `apiVersion: v1
kind: Secret
metadata: {name: lab-pve}
---
apiVersion: pve-cslb.io/v1alpha1
kind: BalancePolicy
metadata: {name: lab}
spec:
  clusterRef: {name: not-in-this-file}
  mode: DryRun
  tolerance: TOLERANCE
  exclusions: {vmids: [107]}
---
apiVersion: pve-cslb.io/v1alpha1
kind: PveCluster
metadata: {name: lab}
spec: {endpoints: []}
`;

const SKEWED = vectorNamed('skew-1001');

function vectorNamed(name: string): CslbVector {
  const vector = cslbVectors.find((each) => each.name === name);
  if (!vector) throw new Error(`there is no vector ${name}`);
  return vector;
}

// biome-ignore lint/suspicious/noExplicitAny: tests change answers at will
function responsesOf(vector: CslbVector): Record<string, any> {
  return structuredClone(vector.snapshot.responses);
}

/** A text without the breaks of its lines. */
function unwrapped(text: string): string {
  return text.replaceAll('\n', ' ');
}

describe('cslb plan', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cslb-plan-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function save(name: string, content: unknown): string {
    const file = join(folder, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async function run(args: readonly string[], options: RecordedIoOptions = {}) {
    const io = recordedIo(options);
    const code = await runCommandLine(['plan', ...args], io, COMMANDS);
    return { code, ...io.written };
  }

  function planOf(
    { snapshot = SKEWED.snapshot, tolerance = '20%' }: { snapshot?: unknown; tolerance?: string },
    ...args: readonly string[]
  ) {
    const policy = POLICY.replace('TOLERANCE', tolerance);
    return run([
      '--snapshot',
      save('snapshot.json', snapshot),
      '--policy',
      save('policy.yaml', policy),
      ...args,
    ]);
  }

  for (const vector of cslbVectors) {
    it(`plans the recorded state ${vector.name} as pve-cslb did`, async () => {
      const { expected, snapshot } = vector;
      const { code, stdout } = await run([
        '--snapshot',
        save('vector.json', snapshot),
        '--policy',
        save('vector-policy.json', policyOf(vector)),
        '--output=json',
        '--exit-code',
      ]);
      const report = JSON.parse(stdout);
      expect(code).to.equal(expected.proposals.length > 0 ? 3 : 0);
      expect(report.strategy).to.equal('Cslb');
      expect(report.balanced).to.equal(expected.balanced);
      expect(report.imbalance).to.include({ mean: expected.mean, deviation: expected.stdev });
      const weights = report.nodes
        .filter(({ weight }: { weight: number | null }) => weight !== null)
        .map(({ name, weight }: { name: string; weight: number }) => [name, weight]);
      expect(Object.fromEntries(weights)).to.deep.equal(expected.nodeWeights);
      const moves = report.migrations.map(({ vmid, type, source, target }: Record<string, unknown>) => ({
        vmid,
        type,
        source,
        target,
      }));
      expect(moves).to.deep.equal(expectedMoves(vector));
    });
  }

  it('explains itself in a table that ends with the answer', async () => {
    const { code, stdout, stderr } = await planOf({});
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
      const { stdout, stderr } = await planOf({ snapshot: { responses } }, '-o', 'json');
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

  it('says in its last line that nothing moves, and why above', async () => {
    const lastLines = async (name: string, tolerance: string) => {
      const { code, stdout } = await planOf(
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
    const { stdout, stderr } = await planOf({}, '-o', 'json');
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
      const files = [save('snapshot.json', snapshot), save('optimize.json', policy)] as const;
      return run(['--snapshot', files[0], '--policy', files[1], ...args]);
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

  it('prints the same as YAML', async () => {
    const json = await planOf({}, '--output', 'json');
    const yaml = await planOf({}, '--output', 'yaml');
    expect(parse(yaml.stdout)).to.deep.equal(JSON.parse(json.stdout));
  });

  it('exits with 3 for proposed moves only when asked to', async () => {
    expect((await planOf({})).code).to.equal(0);
    expect((await planOf({}, '--exit-code')).code).to.equal(3);
    expect((await planOf({ tolerance: '100%' }, '--exit-code')).code).to.equal(0);
  });

  it('reads one of the files from standard input', async () => {
    const snapshot = save('stdin.json', SKEWED.snapshot);
    const policy = POLICY.replace('TOLERANCE', '20%');
    const { code, stdout } = await run(['--snapshot', snapshot, '--policy', '-'], { stdin: policy });
    expect(code).to.equal(0);
    expect(stdout).to.contain('Not balanced');
  });

  it('colours on a terminal, and only there', async () => {
    const csi = '\u001b[';
    const files = [
      '--snapshot',
      save('colour.json', SKEWED.snapshot),
      '--policy',
      save('colour.yaml', POLICY.replace('TOLERANCE', '20%')),
    ];
    expect((await run(files, { isTerminal: true })).stdout).to.contain(csi);
    expect((await run(files, { isTerminal: true, env: { NO_COLOR: '1' } })).stdout).to.not.contain(csi);
    expect((await run(files)).stdout).to.not.contain(csi);
  });

  describe('on a cluster in trouble', () => {
    it('proposes nothing without quorum', async () => {
      const responses = responsesOf(SKEWED);
      responses['/cluster/status'][0].quorate = 0;
      const { code, stdout } = await planOf({ snapshot: { responses } }, '--exit-code');
      expect(code).to.equal(0);
      expect(stdout).to.contain('The cluster has no quorum: nothing may be migrated.');
      expect(stdout).to.match(/Not balanced: .*; nothing would be migrated\.\n$/);
    });

    it('does not judge when too few nodes are known', async () => {
      const responses = responsesOf(SKEWED);
      delete responses['/nodes/pve01/status'];
      delete responses['/nodes/pve02/status'];
      const table = await planOf({ snapshot: { responses } }, '--exit-code');
      expect(table.code).to.equal(0);
      expect(table.stdout).to.contain('pve01 takes no part: ');
      expect(table.stdout).to.match(
        /\nCannot be judged: too few online nodes are known; nothing would be migrated\.\n$/,
      );
      const json = await planOf({ snapshot: { responses } }, '-o', 'json');
      expect(JSON.parse(json.stdout)).to.deep.include({ balanced: null, migrations: [] });
      expect(json.stderr).to.contain('The figures of 1 of 3 online nodes are known');
    });
  });

  describe('refuses with exit code 2 and one line', () => {
    const good = () => save('good.json', SKEWED.snapshot);
    const policy = () => save('good.yaml', POLICY.replace('TOLERANCE', '20%'));
    const notResponses = () => save('wrong.json', { answers: {} });
    const wrongFigures = () => {
      const responses = responsesOf(SKEWED);
      responses['/cluster/status'] = 'none';
      return save('figures.json', { responses });
    };
    const cases: readonly (readonly [string, () => readonly string[], RegExp])[] = [
      ['no arguments', () => [], /needs --snapshot FILE and --policy FILE/],
      ['no policy', () => ['--snapshot', good()], /needs --snapshot FILE and --policy FILE/],
      ['an unknown option', () => ['--snapshots', good()], /--snapshots/],
      [
        'an unknown output',
        () => ['--snapshot', good(), '--policy', policy(), '-o', 'xml'],
        /'xml'.*table, json, yaml/,
      ],
      ['both from standard input', () => ['--snapshot', '-', '--policy', '-'], /only one of/],
      [
        'a missing snapshot',
        () => ['--snapshot', join(folder, 'no.json'), '--policy', policy()],
        /no\.json: does not exist/,
      ],
      [
        'a missing policy',
        () => ['--snapshot', good(), '--policy', join(folder, 'no.yaml')],
        /no\.yaml: does not exist/,
      ],
      ['a directory', () => ['--snapshot', folder, '--policy', policy()], /cannot be read/],
      ['bad JSON', () => ['--snapshot', policy(), '--policy', policy()], /is not valid JSON/],
      ['another JSON', () => ['--snapshot', notResponses(), '--policy', policy()], /"responses"/],
      [
        'an answer of the wrong shape',
        () => ['--snapshot', wrongFigures(), '--policy', policy()],
        /\/cluster\/status/,
      ],
      [
        'a policy file without policy',
        () => ['--snapshot', good(), '--policy', good()],
        /has no BalancePolicy/,
      ],
      [
        'an invalid policy',
        () => ['--snapshot', good(), '--policy', save('bad.yaml', POLICY.replace('TOLERANCE', '120%'))],
        /spec\.tolerance must be a percentage/,
      ],
    ];
    for (const [what, args, message] of cases) {
      it(what, async () => {
        const { code, stdout, stderr } = await run(args());
        expect([code, stdout]).to.deep.equal([2, '']);
        expect(stderr).to.match(/^cslb: [^\n]+\n$/);
        expect(stderr).to.match(message);
      });
    }
  });

  it('explains itself with --help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^Usage: cslb plan --snapshot FILE --policy FILE/);
  });
});
