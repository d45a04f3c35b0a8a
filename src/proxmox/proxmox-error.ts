import { type ErrorCode, OperatorError } from '../lib/errors.ts';

/** An error that Proxmox VE itself answered with, and what callers need to tell one from the other. */
export class ProxmoxError extends OperatorError {
  readonly status: number;
  /** PVE's own words. */
  readonly text: string;
  /** Parameter to complaint, of a 400. */
  readonly fields: Readonly<Record<string, string>>;
  /** `Date` header, milliseconds since the epoch; undefined where the answer had none. */
  readonly proxmoxTime: number | undefined;

  constructor(code: ErrorCode, message: string, details: ProxmoxErrorDetails) {
    super(code, message);
    this.status = details.status;
    this.text = details.text;
    this.fields = details.fields;
    this.proxmoxTime = details.proxmoxTime;
  }
}

interface ProxmoxErrorDetails {
  readonly status: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly proxmoxTime: number | undefined;
}
