/** The GET answers of a made-up cluster, path to `data`: the same ones for the same size. A fifth of its nodes is heavy. */
export function largeClusterResponses(nodes: number, guests: number): Record<string, unknown> {
  const random = seededRandom(nodes * 1_000_003 + guests);
  const names = Array.from({ length: nodes }, (_, index) => `pve${String(index + 1).padStart(3, '0')}`);
  const nodeEntries = names.map((node) => ({
    id: `node/${node}`,
    type: 'node',
    node,
    status: 'online',
    uptime: 1_000_000,
    cpu: random(),
    maxcpu: 128,
    mem: 2 ** 38,
    maxmem: 2 ** 40,
  }));
  const guestEntries = Array.from({ length: guests }, (_, index) => {
    const type = index % 4 === 0 ? 'lxc' : 'qemu';
    const maxmem = 2 ** (31 + Math.floor(random() * 4));
    return {
      id: `${type}/${100 + index}`,
      type,
      vmid: 100 + index,
      name: `guest-${100 + index}`,
      node: names[Math.floor(random() * nodes)],
      status: random() < 0.9 ? 'running' : 'stopped',
      template: 0,
      uptime: 500_000,
      cpu: random() * 0.6,
      maxcpu: 4,
      mem: Math.floor(maxmem * random()),
      maxmem,
      tags: index % 10 === 0 ? 'web;pinned' : 'web',
      ...(isHaManaged(index) ? { hastate: 'started' } : {}),
    };
  });
  const managed = guestEntries.flatMap(({ type, vmid }, index) =>
    isHaManaged(index) ? [`${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`] : [],
  );
  return {
    '/cluster/resources': [...nodeEntries, ...guestEntries],
    '/cluster/status': [
      { type: 'cluster', id: 'cluster', name: 'bench', version: 1, nodes, quorate: 1 },
      ...names.map((name, index) => ({
        type: 'node',
        id: `node/${name}`,
        name,
        nodeid: index + 1,
        online: 1,
      })),
    ],
    '/cluster/tasks': [],
    '/cluster/ha/resources': managed.map((sid) => ({ sid, state: 'started' })),
    '/cluster/ha/rules': haRules(names, managed),
    '/cluster/ha/status/manager_status': {},
    '/cluster/options': { crs: { ha: 'static' } },
    '/cluster/replication': [],
    ...Object.fromEntries(
      names.map((name, index) => [`/nodes/${name}/status`, nodeStatus(index % 5 === 0, random)]),
    ),
  };
}

/** A fifth of the guests. */
function isHaManaged(index: number): boolean {
  return index % 5 === 0;
}

/** Every ten HA guests prefer some nodes, and are to be apart. */
function haRules(nodes: readonly string[], sids: readonly string[]): object[] {
  const teams = Array.from({ length: Math.ceil(sids.length / 10) }, (_, team) =>
    sids.slice(team * 10, team * 10 + 10).join(','),
  );
  return teams.flatMap((resources, team) => [
    {
      rule: `prefer-${team}`,
      type: 'node-affinity',
      resources,
      nodes: nodes.map((name, index) => `${name}:${(index + team) % 3}`).join(','),
    },
    { rule: `apart-${team}`, type: 'resource-affinity', affinity: 'negative', resources },
  ]);
}

function nodeStatus(heavy: boolean, random: () => number): object {
  const total = 2 ** 40;
  const used = Math.floor(total * (heavy ? 0.8 + random() * 0.1 : 0.2 + random() * 0.3));
  const load = (heavy ? 48 : 12) + random() * 8;
  return {
    uptime: 1_000_000,
    cpu: load / 64,
    loadavg: [load, load, load].map((value) => value.toFixed(2)),
    cpuinfo: { model: 'Bench', cpus: 128, cores: 64, sockets: 2, mhz: '2445.404', flags: 'aes avx2' },
    memory: { total, used, free: total - used },
    ksm: { shared: 0 },
    pveversion: 'pve-manager/9.1.2/c0ffee1234567890',
    'current-kernel': { machine: 'x86_64' },
  };
}

/** A linear congruential generator: benchmarks need repeatable input, not good randomness. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
