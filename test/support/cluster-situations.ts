import type { ConditionUpdate } from '../../src/controllers/conditions.ts';
import type { ClusterProbe } from '../../src/controllers/proxmox-cluster.ts';
import {
  failedConditions,
  probedConditions,
  shortcomingOf,
  unseenConditions,
} from '../../src/controllers/pve-cluster/cluster-conditions.ts';
import { type ErrorCode, OperatorError } from '../../src/lib/errors.ts';
import type { ArgoCdHealth } from './argo-cd-health.ts';
import type { KStatus } from './kstatus.ts';

const PROBE: ClusterProbe = {
  version: '9.1.2',
  identity: 'lab AA:BB',
  quorate: true,
  nodes: { total: 3, online: 3 },
  guests: { total: 9, running: 8 },
  missingPrivileges: [],
  proxmoxTime: 0,
};

function probed(changes: Partial<ClusterProbe>, older?: string, unverified = false) {
  const probe = { ...PROBE, ...changes };
  return probedConditions(probe, shortcomingOf(probe, older), unverified);
}

function failed(code: ErrorCode): readonly ConditionUpdate[] {
  return failedConditions(new OperatorError(code, 'It is so.'), false);
}

/** What kstatus and Argo CD make of a PveCluster in each situation. */
export const CLUSTER_SITUATIONS: readonly (readonly [
  string,
  readonly ConditionUpdate[],
  { readonly kstatus: KStatus; readonly argoCd: ArgoCdHealth },
])[] = [
  ['not probed yet', unseenConditions(), { kstatus: 'InProgress', argoCd: 'Progressing' }],
  ['ready', probed({}), { kstatus: 'Current', argoCd: 'Healthy' }],
  ['ready without verification', probed({}, undefined, true), { kstatus: 'Current', argoCd: 'Healthy' }],
  [
    'lacking a privilege',
    probed({ missingPrivileges: ['VM.Migrate on /vms'] }),
    { kstatus: 'Failed', argoCd: 'Degraded' },
  ],
  ['a duplicate', probed({}, 'older'), { kstatus: 'Failed', argoCd: 'Degraded' }],
  ['without quorum', probed({ quorate: false }), { kstatus: 'InProgress', argoCd: 'Degraded' }],
  ['unreachable', failed('Unreachable'), { kstatus: 'InProgress', argoCd: 'Degraded' }],
  ['not trusted', failed('CertificateUntrusted'), { kstatus: 'Failed', argoCd: 'Degraded' }],
  ['refusing the credentials', failed('Unauthorized'), { kstatus: 'Failed', argoCd: 'Degraded' }],
  ['without its Secret', failed('CredentialsNotFound'), { kstatus: 'Failed', argoCd: 'Degraded' }],
];
