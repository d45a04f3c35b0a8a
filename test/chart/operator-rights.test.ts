import { expect } from 'chai';
import { type RenderedObject, renderChart } from '../support/chart/render-chart.ts';

const CHART = 'pve-cslb-operator';
const NAMESPACE = 'pve-cslb-system';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Binding {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly object[];
}

/** What the controllers do in a namespace, and nothing else. */
const RULES: readonly Rule[] = [
  {
    apiGroups: ['pve-cslb.io'],
    resources: ['balancepolicies', 'pveclusters'],
    verbs: ['get', 'list', 'watch'],
  },
  {
    apiGroups: ['pve-cslb.io'],
    resources: ['balancepolicies/status', 'pveclusters/status'],
    verbs: ['patch'],
  },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
];

function rulesOf(object: RenderedObject): readonly Rule[] {
  return object.rules as readonly Rule[];
}

/** The rights that an object of this kind is bound to, as `namespace/name`, or `/name` for the whole cluster. */
async function bound(values: object): Promise<ReadonlyMap<string, readonly Rule[]>> {
  const objects = await renderChart({ chart: CHART, values });
  const account = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata.name ?? 'operators';
  const rights = new Map<string, readonly Rule[]>();
  for (const binding of objects.filter(({ kind }) => kind.endsWith('Binding'))) {
    const { roleRef, subjects } = binding as RenderedObject & Binding;
    expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }]);
    const role = objects.find(
      ({ kind, metadata }) =>
        kind === roleRef.kind &&
        metadata.name === roleRef.name &&
        metadata.namespace === binding.metadata.namespace,
    );
    if (role === undefined)
      throw new Error(`${binding.metadata.name} binds ${roleRef.name}, which there is not.`);
    rights.set(`${binding.metadata.namespace ?? ''}/${roleRef.name}`, rulesOf(role));
  }
  return rights;
}

describe('the rights that the operator chart gives the operator', () => {
  const LEADS = `${NAMESPACE}/pve-cslb-operator:leader-election`;

  it('are those it needs, in every namespace, and those on its Lease', async () => {
    const rights = await bound({});
    expect([...rights.keys()]).to.have.members(['/pve-cslb-system:pve-cslb-operator', LEADS]);
    expect(rights.get('/pve-cslb-system:pve-cslb-operator')).to.deep.equal(RULES);
    expect(rights.get(LEADS)).to.deep.equal([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['pve-cslb-operator'],
        verbs: ['get', 'update'],
      },
    ]);
  });

  it('are those in the watched namespaces and nowhere else, where they are named', async () => {
    const rights = await bound({ watchNamespaces: ['one', 'two'] });
    expect([...rights.keys()]).to.have.members([
      'one/pve-cslb-system:pve-cslb-operator',
      'two/pve-cslb-system:pve-cslb-operator',
      LEADS,
    ]);
    for (const namespace of ['one', 'two']) {
      expect(rights.get(`${namespace}/pve-cslb-system:pve-cslb-operator`)).to.deep.equal(RULES);
    }
  });

  it('are limited to Secrets and ConfigMaps by name where the values name them', async () => {
    const rights = await bound({ rbac: { secretNames: ['lab-pve'], configMapNames: ['lab-ca'] } });
    const rules = rights.get('/pve-cslb-system:pve-cslb-operator');
    expect(rules).to.deep.include({ ...RULES[3], resourceNames: ['lab-pve'] });
    expect(rules).to.deep.include({ ...RULES[4], resourceNames: ['lab-ca'] });
  });

  it('never let Secrets be listed or watched, nor anything be written but status, Events and the Lease', async () => {
    for (const values of [{}, { watchNamespaces: ['one'] }]) {
      for (const rule of [...(await bound(values)).values()].flat()) {
        expect(rule.verbs).not.to.include('*');
        if (rule.resources.includes('secrets')) expect(rule.verbs).to.deep.equal(['get']);
        const writes = rule.verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb));
        if (writes.length === 0) continue;
        expect(
          rule.resources.every((name) => /\/status$|^events$|^leases$/.test(name)),
          String(rule.resources),
        ).to.equal(true);
      }
    }
  });

  it('are none on Leases without leader election', async () => {
    expect([...(await bound({ leaderElection: { enabled: false } })).keys()]).to.deep.equal([
      '/pve-cslb-system:pve-cslb-operator',
    ]);
  });

  it('are left to somebody else where that is wanted', async () => {
    const objects = await renderChart({ chart: CHART, values: { rbac: { create: false } } });
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'))).to.deep.equal([]);
  });

  it('do not share names with a release of the same name in another namespace', async () => {
    const names = async (namespace: string) =>
      (await renderChart({ chart: CHART, namespace }))
        .filter(({ kind }) => kind.startsWith('ClusterRole'))
        .map(({ metadata }) => metadata.name);
    const [here, there] = [await names('here'), await names('there')];
    expect(here.filter((name) => there.includes(name))).to.deep.equal([]);
  });
});

describe('the rights that the operator chart gives people', () => {
  const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

  async function roles(aggregate: object) {
    const objects = await renderChart({ chart: CHART, values: { rbac: { aggregate } } });
    return Object.fromEntries(
      objects
        .filter(({ metadata }) => /:(viewer|editor)$/.test(metadata.name))
        .map((role) => [
          role.metadata.name.replace(/^.*:/, ''),
          {
            rules: rulesOf(role),
            to: ['view', 'edit', 'admin'].filter(
              (name) => role.metadata.labels?.[AGGREGATE + name] === 'true',
            ),
          },
        ]),
    );
  }

  it('come with the roles view, edit and admin', async () => {
    const { viewer, editor } = await roles({});
    expect(viewer?.to).to.deep.equal(['view', 'edit', 'admin']);
    expect(viewer?.rules.flatMap(({ verbs }) => verbs)).to.deep.equal(['get', 'list', 'watch']);
    expect(editor?.to).to.deep.equal(['edit', 'admin']);
    expect(editor?.rules.flatMap(({ verbs }) => verbs)).to.include.members([
      'create',
      'delete',
      'patch',
      'update',
    ]);
  });

  it('include neither status nor Secrets', async () => {
    for (const { rules } of Object.values(await roles({}))) {
      expect(rules.flatMap(({ resources }) => resources)).to.deep.equal(['balancepolicies', 'pveclusters']);
    }
  });

  it('can be kept from each of them', async () => {
    expect(await roles({ view: false, edit: false, admin: false })).to.deep.equal({});
    expect((await roles({ edit: false })).editor?.to).to.deep.equal(['admin']);
    expect((await roles({ edit: false })).viewer?.to).to.deep.equal(['view', 'admin']);
  });
});
