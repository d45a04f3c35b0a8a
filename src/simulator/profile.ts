/** What differs between the Proxmox VE releases that can be simulated (docs/proxmox-api.md §9). */
export interface Profile {
  readonly version: string;
  readonly release: Release;
  readonly repositoryId: string;
  readonly kernel: string;
  readonly qemu: string;
  readonly features: ReadonlySet<Feature>;
}

export type Release = '8.4' | '9.1' | '9.2';

/** What a release has and the one before it has not. */
export type Feature =
  /** HA rules and `failback` of resources instead of groups; refused HA moves fail (§4.11, §6.4). */
  | 'haRules'
  /** GET .../lxc/{vmid}/migrate (§6.3). */
  | 'containerPreconditions'
  /** `with-conntrack-state`, `has-dbus-vmstate` (§6.2). */
  | 'conntrackState'
  /** PSI in lists and rrddata, `memhost`, finer rrddata (§4.6, §4.9). */
  | 'pressure'
  /** `memory.available` of a node (§4.5). */
  | 'availableMemory'
  /** `network` entries in /cluster/resources, where older releases have `sdn` (§4.3). */
  | 'networkResources'
  /** One text for every bad ticket or token (§2.7). */
  | 'plainUnauthorized'
  /** HA balances by itself when told to, can be disarmed, and refuses moves against node affinity (§10.1, §10.2). */
  | 'haAutoRebalance'
  /** `cpuinfo.vendor` and `family` (§4.5). */
  | 'cpuVendor';

const NINE: readonly Feature[] = [
  'haRules',
  'containerPreconditions',
  'conntrackState',
  'pressure',
  'availableMemory',
  'networkResources',
];

export const PROFILES: readonly Profile[] = [
  {
    version: '8.4.14',
    release: '8.4',
    repositoryId: 'b0a7c0de98765432',
    kernel: '6.8.12-9-pve',
    qemu: '9.2.0',
    features: new Set(),
  },
  {
    version: '9.1.2',
    release: '9.1',
    repositoryId: 'c0ffee1234567890',
    kernel: '6.17.2-1-pve',
    qemu: '10.1.2',
    features: new Set(NINE),
  },
  {
    version: '9.2.11',
    release: '9.2',
    repositoryId: 'feedface01234567',
    kernel: '7.0.2-6-pve',
    qemu: '10.2.1',
    features: new Set([...NINE, 'plainUnauthorized', 'haAutoRebalance', 'cpuVendor']),
  },
];

/** The profile of a release such as `9.1`; undefined when it cannot be simulated. */
export function findProfile(release: string): Profile | undefined {
  return PROFILES.find((profile) => profile.release === release);
}

/** Whether a guest's process started by `source` also runs on `target`: never on an older release (§6). */
export function canRunOn(source: Profile, target: Profile): boolean {
  return PROFILES.indexOf(source) <= PROFILES.indexOf(target);
}
