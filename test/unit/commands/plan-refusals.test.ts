import { join } from 'node:path';
import { expect } from 'chai';
import { responsesOf } from '../../support/cslb-vectors.ts';
import { createPlanFolder, type PlanFolder, planPolicy, runPlan, SKEWED } from '../../support/plan-folder.ts';

describe('cslb plan', () => {
  let folder: PlanFolder;
  before(() => {
    folder = createPlanFolder();
  });
  after(() => folder.remove());

  describe('refuses with exit code 2 and one line', () => {
    const good = () => folder.save('good.json', SKEWED.snapshot);
    const policy = () => folder.save('good.yaml', planPolicy());
    const notResponses = () => folder.save('wrong.json', { answers: {} });
    const wrongFigures = () => {
      const responses = responsesOf(SKEWED);
      responses['/cluster/status'] = 'none';
      return folder.save('figures.json', { responses });
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
        () => ['--snapshot', join(folder.path, 'no.json'), '--policy', policy()],
        /no\.json: does not exist/,
      ],
      [
        'a missing policy',
        () => ['--snapshot', good(), '--policy', join(folder.path, 'no.yaml')],
        /no\.yaml: does not exist/,
      ],
      ['a directory', () => ['--snapshot', folder.path, '--policy', policy()], /cannot be read/],
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
        () => ['--snapshot', good(), '--policy', folder.save('bad.yaml', planPolicy('120%'))],
        /spec\.tolerance must be a percentage/,
      ],
    ];
    for (const [what, args, message] of cases) {
      it(what, async () => {
        const { code, stdout, stderr } = await runPlan(args());
        expect([code, stdout]).to.deep.equal([2, '']);
        expect(stderr).to.match(/^cslb: [^\n]+\n$/);
        expect(stderr).to.match(message);
      });
    }
  });
});
