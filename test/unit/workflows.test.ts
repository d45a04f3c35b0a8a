import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const PROJECT = new URL('../../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, PROJECT), 'utf8');
}

const workflows: ReadonlyMap<string, Workflow> = new Map(
  globSync('.github/workflows/*.yaml', { cwd: PROJECT }).map((path) => [path, parse(read(path))]),
);

function workflow(name: string): Workflow {
  const found = workflows.get(`.github/workflows/${name}.yaml`);
  if (found) return found;
  throw new Error(`There is no workflow ${name}.`);
}

const steps = ({ jobs }: Workflow) => Object.values(jobs).flatMap((job) => job.steps ?? []);

describe('the workflows', () => {
  for (const [path, each] of workflows) {
    describe(path, () => {
      it('may read the code, and nothing else but what a job says', () => {
        expect(each.permissions).to.deep.equal({ contents: 'read' });
      });

      it('uses actions of a named version, and this repository of the same commit', () => {
        const uses = [...steps(each), ...Object.values(each.jobs)].flatMap((user) => user.uses ?? []);
        expect(uses).to.not.have.length(0);
        for (const name of uses)
          expect(name).to.match(/^([\w-]+\/[\w-]+@v\d+(\.\d+)*|\.\/\.github\/workflows\/\w+\.yaml)$/);
      });

      it('leaves no credentials in the checkout', () => {
        const checkouts = steps(each).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
        for (const checkout of checkouts) expect(checkout.with?.['persist-credentials']).to.equal(false);
      });

      it('lets no text of an event into a shell', () => {
        for (const { run = '' } of steps(each)) expect(run).to.not.include('${{');
      });

      it('calls what there is', () => {
        const { scripts } = JSON.parse(read('package.json'));
        const commands = steps(each)
          .map(({ run = '' }) => run)
          .join('\n');
        for (const [, name = ''] of commands.matchAll(/npm (?:run )?((?!ci)[\w:]+)/g))
          expect(scripts).to.have.property(name);
        for (const [, file = ''] of commands.matchAll(/node (scripts\/\S+)/g)) {
          expect(existsSync(new URL(file, PROJECT)), file).to.equal(true);
        }
        const local = Object.values(each.jobs).flatMap(({ uses }) => uses ?? []);
        for (const file of local) expect(existsSync(new URL(file, PROJECT)), file).to.equal(true);
      });
    });
  }

  it('test every push and every pull request', () => {
    const ci = workflow('ci');
    expect(ci.on).to.have.keys('push', 'pull_request', 'workflow_call');
    expect(steps(ci).map(({ run }) => run)).to.include('npm test');
    expect(ci.jobs.test?.permissions).to.equal(undefined);
  });

  it('release tags of versions only, after all tests, in this order', () => {
    const { on, jobs } = workflow('release');
    expect(on).to.deep.equal({ push: { tags: ['v*'] } });
    expect(Object.entries(jobs).map(([name, { needs }]) => [name, needs])).to.deep.equal([
      ['test', undefined],
      ['image', 'test'],
      ['charts', 'image'],
      ['announce', 'charts'],
    ]);
    expect(jobs.test?.uses).to.equal('./.github/workflows/ci.yaml');
  });

  it('may publish, sign and attest where that is done, and write to the repository only to announce', () => {
    const { jobs } = workflow('release');
    const publish = { contents: 'read', packages: 'write', 'id-token': 'write', attestations: 'write' };
    expect(jobs.image?.permissions).to.deep.equal(publish);
    expect(jobs.charts?.permissions).to.deep.equal(publish);
    expect(jobs.announce?.permissions).to.deep.equal({ contents: 'write' });
  });

  it('publish image and charts with signature and provenance, the image with its contents', () => {
    const { image, charts } = workflow('release').jobs;
    const build = image?.steps?.find(({ uses }) => uses?.startsWith('docker/build-push-action@'));
    expect(build?.with).to.deep.include({
      platforms: 'linux/amd64,linux/arm64',
      push: true,
      provenance: 'mode=max',
      sbom: true,
    });
    for (const job of [image, charts]) {
      const uses = job?.steps?.map((step) => step.uses?.replace(/@.*/, ''));
      expect(uses).to.include.members(['sigstore/cosign-installer', 'actions/attest-build-provenance']);
      expect(job?.steps?.some(({ run }) => run?.startsWith('cosign sign --yes '))).to.equal(true);
    }
  });

  it('give the image the build arguments that it has', () => {
    const build = workflow('release').jobs.image?.steps?.find(({ uses }) =>
      uses?.startsWith('docker/build-push-action@'),
    );
    const names = [...String(build?.with?.['build-args']).matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);
    expect(names).to.have.members(['REVISION', 'SOURCE', 'CREATED']);
    for (const name of names) expect(read('Dockerfile')).to.match(new RegExp(`^ARG ${name}=`, 'm'));
  });

  it('release the charts that there are', () => {
    const charts = globSync('helm/*/Chart.yaml', { cwd: PROJECT }).map((path) => path.split('/')[1]);
    expect(workflow('release').jobs.charts?.strategy?.matrix.chart).to.have.members(charts);
  });

  it('package the charts with the helm that tested them', () => {
    const setup = workflow('release').jobs.charts?.steps?.find(({ uses }) =>
      uses?.startsWith('azure/setup-helm@'),
    );
    const [, tested = ''] = /\shelm\.sh\/helm\/v4 (v\S+)/.exec(read('test/chart-tools/go.mod')) ?? [];
    expect(setup?.with?.version).to.equal(tested);
  });
});
