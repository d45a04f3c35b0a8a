/** What differs between the Proxmox VE releases that can be simulated (docs/proxmox-api.md §9). */
export interface Profile {
  readonly version: string;
  readonly release: string;
  readonly repositoryId: string;
  readonly kernel: string;
  readonly qemu: string;
}

const PROFILES: readonly Profile[] = [
  {
    version: '9.1.2',
    release: '9.1',
    repositoryId: 'c0ffee1234567890',
    kernel: '6.17.2-1-pve',
    qemu: '10.1.2',
  },
];

/** The profile of a release such as `9.1`; undefined when it cannot be simulated. */
export function findProfile(release: string): Profile | undefined {
  return PROFILES.find((profile) => profile.release === release);
}
