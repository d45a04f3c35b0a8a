import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import type { PostOutcome } from '../../../src/proxmox/client.ts';
import { type MigrationRequest, startMigration } from '../../../src/proxmox/migration.ts';
import type { Query } from '../../../src/proxmox/reader.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;
const VM = { vmid: 102, type: 'qemu', node: 'pve1', target: 'pve2' } as const;
const CONTAINER = { vmid: 201, type: 'lxc', node: 'pve1', target: 'pve2' } as const;
const DATE = Date.UTC(2025, 10, 22, 12);

function done(data: unknown, { date }: { date: number | undefined } = { date: DATE }): PostOutcome {
  const body = JSON.stringify({ data });
  const answer = {
    endpoint: 'https://pve1.example:8006',
    method: 'POST',
    path: '/',
    status: 200,
    reason: 'OK',
    server: 'pve-api-daemon/3.0',
    contentType: 'application/json;charset=UTF-8',
    date,
    body,
  } as const;
  return { kind: 'Done', answer };
}

async function start(outcome: PostOutcome, migration: MigrationRequest = VM) {
  const posts: { readonly path: string; readonly form: Query }[] = [];
  const answer = await startMigration(
    {
      async post(path, form) {
        posts.push({ path, form });
        return outcome;
      },
    },
    migration,
    signal,
  );
  return { answer, posts };
}

describe('migration', () => {
  it('of a VM is asked for online', async () => {
    const upid = fixtureData('9.1/POST_nodes_{node}_qemu_{vmid}_migrate');
    const { answer, posts } = await start(done(upid));

    expect(posts).to.deep.equal([
      { path: '/nodes/pve1/qemu/102/migrate', form: { target: 'pve2', online: 1 } },
    ]);
    expect(answer).to.deep.equal({ kind: 'Accepted', upid, proxmoxTime: DATE });
  });

  it('is limited in KiB a second, rounded down, and never to no limit at all', async () => {
    const limits = [];
    for (const bandwidthLimitBytes of [104_857_600, 1_500, 1]) {
      const { posts } = await start(done('none'), { ...VM, bandwidthLimitBytes });
      limits.push(...posts);
    }
    expect(limits.map((post) => post.form.bwlimit)).to.deep.equal([102_400, 1, 1]);
  });

  it('copies local disks where it is to, which containers do by themselves', async () => {
    const forms = [];
    for (const migration of [VM, CONTAINER]) {
      const { posts } = await start(done('none'), { ...migration, withLocalDisks: true });
      forms.push(...posts.map(({ form }) => form));
    }
    expect(forms).to.deep.equal([
      { target: 'pve2', online: 1, 'with-local-disks': 1 },
      { target: 'pve2', restart: 1 },
    ]);
  });

  it('of a guest that does not run is asked for as it is, disks included', async () => {
    const forms = [];
    for (const migration of [VM, CONTAINER]) {
      const { posts } = await start(done('none'), { ...migration, stopped: true, withLocalDisks: true });
      forms.push(...posts.map(({ form }) => form));
    }
    expect(forms).to.deep.equal([{ target: 'pve2' }, { target: 'pve2' }]);
  });

  it('of a container is asked for with a restart', async () => {
    const upid = fixtureData('9.1/POST_nodes_{node}_lxc_{vmid}_migrate');
    const { answer, posts } = await start(done(upid), CONTAINER);

    expect(posts).to.deep.equal([
      { path: '/nodes/pve1/lxc/201/migrate', form: { target: 'pve2', restart: 1 } },
    ]);
    expect(answer.kind).to.equal('Accepted');
  });

  it('of an HA-managed guest is accepted as a request to HA', async () => {
    const upid = fixtureData('9.1/POST_nodes_{node}_qemu_{vmid}_migrate_ha_managed').replace(
      ':100:',
      ':102:',
    );

    expect((await start(done(upid))).answer.kind).to.equal('Accepted');
  });

  it('takes the time of its task where the answer has none', async () => {
    const upid = fixtureData('9.1/POST_nodes_{node}_qemu_{vmid}_migrate');
    const { answer } = await start(done(upid, { date: undefined }));

    expect(answer).to.deep.include({ kind: 'Accepted', proxmoxTime: 0x6921a596 * 1_000 });
  });

  const upid = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
  const strange: readonly unknown[] = [
    null,
    {},
    '',
    'UPID:garbage',
    upid.replace(':102:', ':103:'),
    upid.replace('qmigrate', 'qmstart'),
    upid.replace('qmigrate', 'vzmigrate'),
    upid.replace('UPID:pve1', 'UPID:pve3'),
  ];
  for (const data of strange) {
    it(`answered with ${JSON.stringify(data)} is unknown`, async () => {
      expect((await start(done(data))).answer.kind).to.equal('Unknown');
    });
  }

  it('hands on a refusal and an unknown outcome with their words', async () => {
    const error = new OperatorError('ServerError', 'VM is locked (backup)');

    expect((await start({ kind: 'Refused', error })).answer).to.deep.equal({
      kind: 'Refused',
      message: 'VM is locked (backup)',
    });
    expect((await start({ kind: 'Unknown', error })).answer.kind).to.equal('Unknown');
  });
});
