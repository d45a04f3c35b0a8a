import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const REAPER = fileURLToPath(new URL('../support/reaper.ts', import.meta.url));

/** A process that watches over a `sleep` which shares its standard output, and then does `ending`. */
function startParent(directory: string, ending: string) {
  const program = `
    import { spawn } from 'node:child_process';
    import { createReaper } from ${JSON.stringify(REAPER)};
    const reaper = createReaper(${JSON.stringify(directory)});
    const sleep = spawn('sleep', ['600'], { stdio: 'inherit' });
    sleep.unref();
    reaper.watch(sleep.pid);
    process.stdout.write('watching');
    ${ending}
  `;
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the reaper of the control plane', () => {
  it('kills what it watches when its process was killed with SIGKILL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reaper-'));
    const parent = startParent(directory, 'setInterval(() => {}, 1000);');
    await once(parent.stdout, 'readable');
    parent.kill('SIGKILL');
    // The output ends when its last holder, the sleep, is gone.
    expect(await text(parent.stdout)).to.equal('watching');
  });

  it('kills what it watches when its process simply ends', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reaper-'));
    const parent = startParent(directory, '');
    expect(await text(parent.stdout)).to.equal('watching');
  });

  it('removes the folder when asked to reap', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reaper-'));
    const parent = startParent(directory, 'await reaper.reap();');
    expect(await text(parent.stdout)).to.equal('watching');
    expect(existsSync(directory)).to.equal(false);
  });
});
