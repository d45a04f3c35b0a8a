import { expect } from 'chai';
import type { ProxmoxCluster } from '../../../../src/controllers/proxmox-cluster.ts';
import { createConnections } from '../../../../src/controllers/pve-cluster/connections.ts';
import { createVirtualClock } from '../../../../src/lib/virtual-clock.ts';
import { createFakeProxmoxCluster } from '../../../support/fake-proxmox-cluster.ts';

function connection(secret: string) {
  const credentials = { kind: 'Token', id: 'balancer@pve!operator', secret } as const;
  return { endpoints: ['https://pve1.example:8006'], credentials, requestTimeoutMs: 1_000 };
}

function world() {
  const closed: ProxmoxCluster[] = [];
  let refused = false;
  const connections = createConnections(() => {
    if (refused) throw new Error('it cannot work');
    const proxmox: ProxmoxCluster = {
      ...createFakeProxmoxCluster(createVirtualClock(), ['pve1']),
      close: async () => {
        closed.push(proxmox);
      },
    };
    return proxmox;
  });
  return {
    connections,
    closed,
    refuse: () => {
      refused = true;
    },
  };
}

describe('the connections of PveClusters', () => {
  it('are kept as long as what they were made of is the same', async () => {
    const { connections, closed } = world();
    const first = await connections.open('lab/lab', connection('a'));

    expect(await connections.open('lab/lab', connection('a'))).to.equal(first);
    expect(await connections.open('lab/other', connection('a'))).to.not.equal(first);
    expect(closed).to.deep.equal([]);
  });

  it('are closed one probe after they were replaced, so that whoever uses one comes to an end', async () => {
    const { connections, closed } = world();
    const first = await connections.open('lab/lab', connection('a'));
    const second = await connections.open('lab/lab', connection('b'));
    expect(second).to.not.equal(first);
    expect(closed).to.deep.equal([]);

    expect(await connections.open('lab/lab', connection('b'))).to.equal(second);
    expect(closed).to.deep.equal([first]);
  });

  it('are all closed in the end, once each', async () => {
    const { connections, closed, refuse } = world();
    const first = await connections.open('lab/lab', connection('a'));
    const second = await connections.open('lab/lab', connection('b'));
    const other = await connections.open('lab/other', connection('a'));
    await connections.close('lab/lab');
    expect(closed).to.have.members([first, second]);
    refuse();
    await connections.open('lab/other', connection('b')).catch(() => undefined);
    await connections.closeAll();
    await connections.closeAll();

    expect(closed).to.have.members([first, second, other]);
  });
});
