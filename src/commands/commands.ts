import type { CommandEntry } from './command.ts';

/** The subcommands of `cslb`, in the order in which `cslb --help` lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'operator',
    summary: 'runs the controllers that keep clusters balanced from Kubernetes',
    load: async () => (await import('./operator.ts')).operator,
  },
  {
    name: 'plan',
    summary: 'explains which migrations a policy asks for on a recorded cluster',
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'simulate',
    summary: 'serves a simulated Proxmox cluster from a scenario',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  {
    name: 'validate',
    summary: 'checks manifests against the CRDs, offline',
    load: async () => (await import('./validate.ts')).validate,
  },
];
