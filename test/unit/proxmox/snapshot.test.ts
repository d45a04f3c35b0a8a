import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { clusterResponses } from '../../support/proxmox-fixture.ts';

const OPTIONAL = [
  '/cluster/ha/resources',
  '/cluster/ha/status/manager_status',
  '/cluster/replication',
  '/cluster/status',
  '/cluster/tasks',
];

describe('snapshot', () => {
  for (const json of [null, [], 'text', {}, { responses: [] }, { responses: { '/cluster/resources': {} } }]) {
    it(`refuses ${JSON.stringify(json)}`, () => {
      expect(() => createSnapshotReader(json))
        .to.throw(OperatorError)
        .with.property('code', 'InvalidInput');
    });
  }

  it('answers with the data of a path', async () => {
    const reader = createSnapshotReader({ responses: clusterResponses() }, 7_000);

    expect(await reader.get('/cluster/replication')).to.deep.equal({
      data: clusterResponses()['/cluster/replication'],
      proxmoxTime: 7_000,
    });
  });

  it('names a path that it lacks', async () => {
    const reader = createSnapshotReader({ responses: clusterResponses() });
    const error = await reader.get('/nodes/pve9/status').catch((reason: unknown) => reason);

    expect(error).to.be.instanceOf(OperatorError);
    expect(error).to.have.property('message').that.contains('/nodes/pve9/status');
  });

  it('takes what a plan can do without as unproblematic, and says so', async () => {
    const responses = clusterResponses();
    for (const path of OPTIONAL) delete responses[path];
    const reader = createSnapshotReader({ responses });

    const inventory = await readInventory(reader);

    expect(reader.assumed()).to.deep.equal(OPTIONAL);
    expect(inventory.quorate).to.equal(true);
    expect(inventory.cluster.nodes.map((node) => node.availability)).to.deep.equal([
      'Online',
      'Online',
      'Online',
    ]);
  });

  it('has the storages of their configuration where it lacks their state', async () => {
    const responses = clusterResponses();
    const resources = responses['/cluster/resources'] as readonly { readonly type: string }[];
    responses['/cluster/resources'] = resources.filter(({ type }) => type !== 'storage');
    responses['/storage'] = [
      { storage: 'ceph', type: 'rbd', content: 'images', shared: 1 },
      { storage: 'local', type: 'dir', content: 'images', nodes: 'pve1,pve3' },
      { storage: 'old', type: 'nfs', content: 'images', shared: 1, disable: 1 },
    ];

    const { cluster } = await readInventory(createSnapshotReader({ responses }));

    expect(cluster.storages).to.deep.equal([
      { name: 'ceph', shared: true, nodes: ['pve1', 'pve2', 'pve3'] },
      { name: 'local', shared: false, nodes: ['pve1', 'pve3'] },
    ]);
  });

  it('assumes nothing of a whole one', async () => {
    const reader = createSnapshotReader({ responses: clusterResponses() });
    await readInventory(reader);

    expect(reader.assumed()).to.deep.equal([]);
  });

  it('every recorded state of the algorithm can be read in full', async () => {
    const file = new URL('../../fixtures/cslb/vectors.json', import.meta.url);
    for (const { name, snapshot } of JSON.parse(readFileSync(file, 'utf8')).cases) {
      const { cluster } = await readInventory(createSnapshotReader(snapshot));

      expect(cluster.unreadable, name).to.deep.equal([]);
      expect(new Set(cluster.nodes.map((node) => node.availability)), name).to.deep.equal(
        new Set(['Online']),
      );
    }
  });
});
