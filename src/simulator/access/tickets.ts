import { createHmac, randomBytes } from 'node:crypto';

/** What a login gives (docs/proxmox-api.md §2.3). */
export interface TicketPair {
  readonly ticket: string;
  readonly csrfToken: string;
}

export interface Tickets {
  issue(user: string, now: number): TicketPair;
  /** The half ticket of somebody who still owes a second factor. */
  challenge(user: string, now: number): TicketPair;
  /** Whose valid ticket this is. */
  userOf(ticket: string, now: number): string | undefined;
  answersChallenge(ticket: string, user: string, now: number): boolean;
  isCsrfTokenOf(user: string, token: string, now: number): boolean;
  /** Nothing that was issued so far is valid any more. */
  expireAll(): void;
}

const LIFETIME_S = 7_200;
const CLOCK_SKEW_S = 300;
const HALF = '!tfa!';

export function createTickets(): Tickets {
  let key = randomBytes(32);

  function sign(kind: string, subject: string, time: string): string {
    return createHmac('sha256', key).update(`${kind} ${subject} ${time}`).digest('base64');
  }

  function make(subject: string, user: string, now: number): TicketPair {
    const time = Math.floor(now / 1000)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
    return {
      ticket: `PVE:${subject}:${time}::${sign('ticket', `${subject} ${user}`, time)}`,
      csrfToken: `${time}:${sign('csrf', user, time).replace(/=+$/, '')}`,
    };
  }

  /** Whether it was issued to the user, for `subject`. */
  function verify(ticket: string, subject: string, user: string, now: number): boolean {
    const prefix = `PVE:${subject}:`;
    if (!ticket.startsWith(prefix)) return false;
    const [time = '', signature] = ticket.slice(prefix.length).split('::');
    return signature === sign('ticket', `${subject} ${user}`, time) && isFresh(time, now);
  }

  return {
    issue: (user, now) => make(user, user, now),
    challenge: (user, now) => make(challengeSubject(), user, now),
    userOf(ticket, now) {
      const user = /^PVE:([^:]+):/.exec(ticket)?.[1];
      if (user === undefined || user.startsWith(HALF)) return undefined;
      return verify(ticket, user, user, now) ? user : undefined;
    },
    answersChallenge: (ticket, user, now) => verify(ticket, challengeSubject(), user, now),
    isCsrfTokenOf(user, token, now) {
      const [time = '', signature] = token.split(':');
      return signature === sign('csrf', user, time).replace(/=+$/, '') && isFresh(time, now);
    },
    expireAll() {
      key = randomBytes(32);
    },
  };
}

/** Whether this is the ticket of a login that was only begun. */
export function isHalfTicket(ticket: string): boolean {
  return ticket.startsWith(`PVE:${HALF}`);
}

function challengeSubject(): string {
  return `${HALF}${encodeURIComponent(JSON.stringify({ totp: true, recovery: [] }))}`;
}

function isFresh(time: string, now: number): boolean {
  const age = Math.floor(now / 1000) - Number.parseInt(time, 16);
  return age >= -CLOCK_SKEW_S && age <= LIFETIME_S;
}
