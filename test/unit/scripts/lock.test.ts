import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withLock } from '../../../scripts/lock.mjs';

describe('a lock between processes', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(folder, 'made', 'on', 'demand', 'build.lock');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('lets one in at a time and tells the other that it waits', async () => {
    const seen: string[] = [];
    const first = withLock(
      path,
      async () => {
        seen.push('first in');
        await new Promise(setImmediate);
        seen.push('first out');
      },
      () => seen.push('first waits'),
    );
    const second = withLock(
      path,
      async () => seen.push('second in'),
      () => seen.push('second waits'),
    );
    await Promise.all([first, second]);
    expect(seen).to.deep.equal(['first in', 'second waits', 'first out', 'second in']);
  });

  it('is free again after a failure', async () => {
    let failure: unknown;
    await withLock(path, () => Promise.reject(new Error('build failed')), noWait).catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.have.property('message', 'build failed');
    expect(existsSync(path)).to.equal(false);
  });

  it('is taken over from a holder that was killed', async () => {
    const abandoned = join(folder, 'abandoned.lock');
    writeFileSync(abandoned, '1\n');
    utimesSync(abandoned, new Date(0), new Date(0));
    expect(
      await withLock(
        abandoned,
        async () => 'done',
        () => {},
      ),
    ).to.equal('done');
  });
});

function noWait(): void {
  throw new Error('Nobody holds this lock.');
}
