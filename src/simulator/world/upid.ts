/** A task's identity (docs/proxmox-api.md §7.1). `user` is `user@realm` or `user@realm!token`. */
export interface Upid {
  readonly node: string;
  readonly pid: number;
  /** Start of the process in hundredths of a second since the node booted. */
  readonly pstart: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly type: string;
  readonly id: string;
  readonly user: string;
}

const PATTERN =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

export function formatUpid(upid: Upid): string {
  const numbers = [upid.pid, upid.pstart, upid.startTime].map(hexadecimal).join(':');
  return `UPID:${upid.node}:${numbers}:${upid.type}:${upid.id}:${upid.user}:`;
}

/** Undefined when `text` is no UPID. */
export function parseUpid(text: string): Upid | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, node = '', pid = '', pstart = '', startTime = '', type = '', id = '', user = ''] = match;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    startTime: Number.parseInt(startTime, 16),
    type,
    id,
    user,
  };
}

function hexadecimal(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
