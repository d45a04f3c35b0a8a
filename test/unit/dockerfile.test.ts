import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const TEXT = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** Its instructions, one a line, in stages; before the first FROM there is a stage of arguments. */
const STAGES: readonly (readonly string[])[] = TEXT.replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split(/^(?=FROM )/m)
  .map((stage) => stage.split('\n').filter((line) => line !== ''));

function stageFrom(start: RegExp): readonly string[] {
  const stage = STAGES.find(([from = '']) => start.test(from));
  if (stage) return stage;
  throw new Error(`The Dockerfile has no stage ${start.source}.`);
}

// `test/image` builds it, for the architecture of the machine that runs the tests.
describe('the Dockerfile', () => {
  it('runs commands on the builder only, so that every architecture can be built anywhere', () => {
    const running = STAGES.filter((stage) => stage.some((line) => line.startsWith('RUN ')));
    expect(running).to.have.length(1);
    expect(running[0]?.[0]).to.match(/^FROM --platform=\$\{BUILDPLATFORM\} \S+ AS build$/);
  });

  it('takes its base images as arguments, with public ones as their defaults', () => {
    const defaults = new Map(
      STAGES[0]?.map((line): [string, string] => {
        const [, name = '', image = ''] = /^ARG (\w+)=(\S+)$/.exec(line) ?? [];
        return [name, image];
      }),
    );
    expect([...defaults.keys()]).to.deep.equal(['BUILD_IMAGE', 'BASE_IMAGE']);
    for (const image of defaults.values()) {
      expect(image).to.match(/^[a-z.]+\.[a-z]+\/[a-z0-9/-]+:[a-z0-9.-]+$/);
    }
  });

  it('installs what is locked and runs no scripts of packages', () => {
    const commands = stageFrom(/ AS build$/).filter((line) => / npm (ci|prune) /.test(line));
    expect(commands).to.have.length(2);
    for (const command of commands) expect(command).to.include('--ignore-scripts');
  });

  it('lets the build see what it copies, and nothing else', () => {
    const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const copied = stageFrom(/ AS build$/)
      .filter((line) => line.startsWith('COPY '))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(ignored).to.have.members(['*', ...copied.map((path) => `!${path}`)]);
  });
});
