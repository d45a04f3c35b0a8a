import { exponentialBackoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError, OperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Authentication, Pass } from './authentication.ts';
import type { Redaction } from './redaction.ts';
import type { TicketAnswer } from './schemas/ticket.ts';

export interface TicketAuthenticationOptions {
  readonly username: string;
  readonly password: string;
  /** POST /access/ticket. Throws `Unauthorized` when PVE refuses. */
  readonly login: (username: string, password: string) => Promise<TicketAnswer>;
  readonly redaction: Redaction;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}

/** Two hours is how long PVE takes a ticket; half of it is when it is renewed (docs/proxmox-api.md §2.5). */
const LIFETIME_MS = 7_200_000;
const RENEWAL_MS = LIFETIME_MS / 2;
/** Until a renewal that failed is tried again. */
const RENEWAL_PAUSE_MS = 60_000;
/** Directories lock accounts after a few wrong passwords, so a refused one is not tried at every call. */
const FIRST_REFUSAL_PAUSE_MS = 30_000;
const LONGEST_REFUSAL_PAUSE_MS = 300_000;

interface Ticket extends Pass {
  readonly value: string;
  /** Both on the clock's monotonic scale. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

interface Refusal {
  readonly error: OperatorError;
  readonly times: number;
  readonly until: number;
}

/** Logs in with a password, once for all that wait for it; a ticket is good for every node of the cluster. */
export function createTicketAuthentication(options: TicketAuthenticationOptions): Authentication {
  const { password, clock, logger, redaction } = options;
  let user = options.username;
  let ticket: Ticket | undefined;
  let obtaining: Promise<Ticket> | undefined;
  let refusal: Refusal | undefined;

  async function obtain(): Promise<Ticket> {
    const held = ticket;
    if (held && clock.monotonic() < held.expiresAt) {
      const renewed = await renew(held);
      if (renewed) return renewed;
    }
    if (refusal && clock.monotonic() < refusal.until) throw refusal.error;
    try {
      ticket = await request(password);
      refusal = undefined;
      logger.debug({ user }, 'Logged in to Proxmox VE');
      return ticket;
    } catch (error) {
      if (isOperatorError(error, 'Unauthorized')) refusal = refusalAfter(refusal, error);
      throw error;
    }
  }

  /** Undefined when PVE does not take the ticket any more. */
  async function renew(held: Ticket): Promise<Ticket | undefined> {
    try {
      ticket = await request(held.value);
    } catch (error) {
      if (isOperatorError(error, 'Unauthorized')) {
        ticket = undefined;
        return undefined;
      }
      if (!isOperatorError(error)) throw error;
      // It is still good, unless it was refused meanwhile; whoever needs it sees for himself whether PVE answers.
      const renewAt = Math.min(held.expiresAt, clock.monotonic() + RENEWAL_PAUSE_MS);
      if (ticket === held) ticket = { ...held, renewAt };
      logger.debug({ user, code: error.code }, 'Could not renew the Proxmox VE ticket');
    }
    return ticket;
  }

  /** @param proof The password, or a ticket that is still valid. */
  async function request(proof: string): Promise<Ticket> {
    const start = clock.monotonic();
    const answer = await options.login(options.username, proof);
    const { ticket: value, CSRFPreventionToken: token } = answer;
    redaction.hideForNow(value);
    if (token !== undefined) redaction.hideForNow(token);
    if (answer.NeedTFA || value.includes(':!tfa!')) throw needsSecondFactor(options.username);
    if (token === undefined) {
      throw new OperatorError('UnexpectedAnswer', `The login of ${user} was answered without a CSRF token.`);
    }
    // Case may differ where the realm does not mind; tasks carry the realm's spelling.
    if (answer.username.toLowerCase() === options.username.toLowerCase()) user = answer.username;
    const cookie = `PVEAuthCookie=${encodeURIComponent(value)}`;
    return {
      value,
      read: { cookie },
      write: { cookie, csrfpreventiontoken: token },
      renewAt: start + RENEWAL_MS,
      expiresAt: start + LIFETIME_MS,
    };
  }

  function refusalAfter(before: Refusal | undefined, error: OperatorError): Refusal {
    const times = before?.times ?? 0;
    const pause = exponentialBackoff(times, FIRST_REFUSAL_PAUSE_MS, LONGEST_REFUSAL_PAUSE_MS);
    return { error, times: times + 1, until: clock.monotonic() + pause };
  }

  return {
    async pass(signal) {
      signal.throwIfAborted();
      if (ticket && clock.monotonic() < ticket.renewAt) return ticket;
      obtaining ??= obtain().finally(() => {
        obtaining = undefined;
      });
      return await orAborted(obtaining, signal);
    },
    discard(pass) {
      // Another call may have seen to it already.
      if (ticket?.read === pass.read) ticket = undefined;
      return true;
    },
    get user() {
      return user;
    },
  };
}

function needsSecondFactor(username: string): OperatorError {
  return new OperatorError(
    'Unauthorized',
    `${username} has a second factor, which the operator cannot give. Put an API token into the Secret instead (tokenId and ` +
      'tokenSecret): tokens need none.',
  );
}

/** What is shared goes on when one of those who wait for it leaves. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
