import { expect } from 'chai';
import { isRecord } from '../../src/api/validation/structural-schema.ts';
import { validatePolicy } from '../../src/api/validation/validate-manifest.ts';
import type { ControlPlane } from '../support/control-plane.ts';
import { CRD_FILES } from '../support/crd-files.ts';
import { fullest, withinSums } from '../support/fullest.ts';
import { installCrds } from '../support/install-crds.ts';
import { MANIFEST_CASES } from '../support/manifest-cases/manifest-cases.ts';
import { clusterManifest, policyManifest } from '../support/manifests.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

const LARGEST_OBJECT_BYTES = 512 * 1024;

describe('the CRDs on an API server', () => {
  let controlPlane: ControlPlane;
  let namespace: string;

  before(async () => {
    controlPlane = await sharedControlPlane();
    namespace = await createTestNamespace('crds');
    await installCrds(controlPlane);
  });

  async function kubectl(args: readonly string[], input?: string) {
    return controlPlane.kubectl(['--namespace', namespace, ...args], input);
  }

  async function run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await kubectl(args, input);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  async function applyStatus(manifest: object): Promise<void> {
    const options = ['--server-side', '--subresource=status', '--field-manager=test', '--filename=-'];
    await run(['apply', ...options], JSON.stringify(manifest));
  }

  describe('judge a manifest as offline validation does:', () => {
    for (const { title, manifest, refusedWith, kubectlSays } of MANIFEST_CASES) {
      it(`${refusedWith === undefined ? 'accept' : 'refuse'} ${title}`, async () => {
        const { code, stderr } = await kubectl(['apply', '--dry-run=server', '--filename=-'], manifest);
        if (refusedWith === undefined) {
          expect(stderr).to.equal('');
          expect(code).to.equal(0);
          return;
        }
        const separator = refusedWith.indexOf(' ');
        expect(code).to.equal(1);
        if (kubectlSays !== undefined) {
          expect(stderr).to.include(kubectlSays);
          return;
        }
        expect(stderr).to.include(`${refusedWith.slice(0, separator)}: Invalid value`);
        expect(stderr).to.include(refusedWith.slice(separator + 1));
      });
    }
  });

  it('have the defaults that offline validation fills in', async () => {
    const stdout = await run(
      ['create', '--dry-run=server', '--output=json', '--filename=-'],
      policyManifest({}),
    );
    const offline = validatePolicy(JSON.parse(policyManifest({})));
    expect(offline.kind).to.equal('Valid');
    expect(offline).to.have.nested.property('object.spec').that.deep.equals(JSON.parse(stdout).spec);
  });

  it('refuse another cluster for an existing policy, and take other changes', async () => {
    const metadata = { name: 'immutable' };
    await run(['apply', '--filename=-'], policyManifest({}, metadata));
    await run(['apply', '--filename=-'], policyManifest({ tolerance: '30%' }, metadata));
    const changed = policyManifest({ clusterRef: { name: 'other' } }, metadata);
    const { code, stderr } = await kubectl(['apply', '--filename=-'], changed);
    expect(code).to.equal(1);
    expect(stderr).to.include('spec.clusterRef: Invalid value');
    expect(stderr).to.include('cannot be changed; for another cluster create another BalancePolicy');
  });

  it('show the state of a policy in columns, its message when asked for more', async () => {
    const metadata = { name: 'columns' };
    await run(['apply', '--filename=-'], policyManifest({ mode: 'DryRun' }, metadata));
    const condition = (type: string, status: string, message: string) => ({
      type,
      status,
      reason: 'DryRun',
      message,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    await applyStatus({
      ...head('BalancePolicy', 'columns'),
      status: {
        conditions: [condition('Ready', 'True', 'Planned 3 migrations.'), condition('Balanced', 'False', '')],
        imbalance: { value: '23.4%', tolerance: '20.0%' },
        inFlight: 2,
      },
    });
    const table = await run(['get', 'bpol', 'columns']);
    const wide = await run(['get', 'bpol', 'columns', '--output=wide']);
    expect(rowsOf(table)).to.deep.equal([
      ['NAME', 'CLUSTER', 'MODE', 'READY', 'BALANCED', 'IMBALANCE', 'MIGRATIONS', 'AGE'],
      ['columns', 'lab', 'DryRun', 'True', 'False', '23.4%', '2', '…'],
    ]);
    expect(wide)
      .to.match(/AGE +MESSAGE\n/)
      .and.to.include('Planned 3 migrations.');
  });

  it('show the state of a cluster in columns', async () => {
    await run(['apply', '--filename=-'], clusterManifest({}, { name: 'columns' }));
    await applyStatus({
      ...head('PveCluster', 'columns'),
      status: {
        version: '9.1.2',
        nodes: { total: 5, online: 4 },
        guests: { total: 70, running: 60 },
        activeEndpoint: 'https://pve1.example:8006',
      },
    });
    const table = await run(['get', 'pve', 'columns', '--output=wide']);
    expect(rowsOf(table)).to.deep.equal([
      ['NAME', 'READY', 'VERSION', 'NODES', 'ENDPOINT', 'AGE', 'GUESTS', 'MESSAGE'],
      ['columns', '9.1.2', '4', 'https://pve1.example:8006', '…', '60'],
    ]);
    const category = await run(['get', 'proxmox', '--output=name']);
    expect(category).to.include('pvecluster.pve-cslb.io/columns');
    expect(category).to.include('balancepolicy.pve-cslb.io/columns');
  });

  it('take no status from a manifest, and say in it that nobody has seen the object yet', async () => {
    const manifest = { ...JSON.parse(policyManifest({}, { name: 'no-status' })), status: { inFlight: 3 } };
    await run(['apply', '--filename=-'], JSON.stringify(manifest));
    expect(await run(['get', 'bpol', 'no-status', '--output=jsonpath={.status}'])).to.equal(
      '{"observedGeneration":-1}',
    );
  });

  it('refuse more companions than a policy has room for', async () => {
    await run(['apply', '--filename=-'], policyManifest({}, { name: 'groups' }));
    const group = (vmid: number, size: number) => ({
      ...{ vmid, type: 'qemu', name: 'a', source: 'pve1', target: 'pve2', memory: '1Gi', reason: '' },
      companions: Array.from({ length: size }, (_, index) => ({
        vmid: vmid + index,
        type: 'qemu',
        name: 'b',
      })),
    });
    const statusOf = (sizes: readonly number[]) => ({
      ...head('BalancePolicy', 'groups'),
      status: {
        plan: {
          ...{ id: '1-a', time: '2026-01-01T00:00:00Z', strategy: 'Optimize', migrationCount: sizes.length },
          migrations: sizes.map((size, index) => group(100 * (index + 1), size)),
        },
      },
    });
    await applyStatus(statusOf([16, 16, 8]));
    const options = ['--server-side', '--subresource=status', '--field-manager=test', '--filename=-'];
    const { code, stderr } = await kubectl(['apply', ...options], JSON.stringify(statusOf([16, 16, 8, 1])));
    expect(code).to.equal(1);
    expect(stderr).to.include('must have at most 40 companions together');
  });

  for (const { name, kind, schema } of CRD_FILES) {
    it(`keep a ${kind} with every list full below 512 KiB`, async () => {
      const { spec, status } = schema.properties ?? {};
      if (!spec || !status) throw new Error(`${name} has no spec or no status`);
      await run(
        ['apply', '--server-side', '--filename=-'],
        JSON.stringify({ ...head(kind, 'full'), spec: possible(fullest(spec)) }),
      );
      const full = withinSums(status, fullest(status));
      await applyStatus({ ...head(kind, 'full'), status: full });
      const stored = await run(['get', name, 'full', '--output=json', '--show-managed-fields']);
      const object = JSON.parse(stored);
      expect(object.status).to.deep.equal(full);
      expect(Buffer.byteLength(JSON.stringify(object))).to.be.lessThan(LARGEST_OBJECT_BYTES);
    });
  }
});

/** Rules of one name are refused, and so are nodes with another type than `Pin`. */
function possible(spec: unknown): unknown {
  if (!isRecord(spec) || !isRecord(spec.placement) || !Array.isArray(spec.placement.rules)) return spec;
  const rules = spec.placement.rules.map((rule, index) => ({
    ...rule,
    type: 'Pin',
    name: `${index}`.padStart(40, 'x'),
  }));
  return { ...spec, placement: { ...spec.placement, rules } };
}

function head(kind: string, name: string): object {
  return { apiVersion: 'pve-cslb.io/v1alpha1', kind, metadata: { name } };
}

/** The cells of a table that kubectl printed, ages replaced. */
function rowsOf(table: string): readonly (readonly string[])[] {
  const rows = table.trimEnd().split('\n');
  return rows.map((row) =>
    row
      .split(/ {2,}/)
      .filter(Boolean)
      .map((cell) => cell.replace(/^\d+[ms]$/, '…')),
  );
}
