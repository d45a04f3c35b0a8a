import { defineShape } from '../answer-shape.ts';

/** POST /access/ticket (docs/proxmox-api.md §2.3, §2.6). */
export interface TicketAnswer {
  /** As the realm spells it. */
  readonly username: string;
  readonly ticket: string;
  readonly CSRFPreventionToken?: string;
  /** The ticket is only good for giving a second factor. */
  readonly NeedTFA?: number | boolean;
}

export const ticketAnswer = defineShape<TicketAnswer>({
  type: 'object',
  required: ['username', 'ticket'],
  properties: {
    username: { type: 'string' },
    // Both are sent back in headers.
    ticket: { type: 'string', pattern: '^PVE:[\\x21-\\x7e]+$', maxLength: 8192 },
    CSRFPreventionToken: { type: 'string', pattern: '^[\\x21-\\x7e]+$', maxLength: 8192 },
    NeedTFA: { type: ['number', 'boolean'] },
  },
});
