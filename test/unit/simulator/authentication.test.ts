import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';

import { createAccounts } from '../../../src/simulator/access/accounts.ts';
import { authenticate } from '../../../src/simulator/access/authentication.ts';
import { createTickets } from '../../../src/simulator/access/tickets.ts';
import { ApiError } from '../../../src/simulator/http/api-error.ts';
import { findProfile, type Profile } from '../../../src/simulator/profile.ts';

const SECRET = '11111111-2222-3333-4444-555555555555';
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

function profileOf(release: string): Profile {
  const profile = findProfile(release);
  if (!profile) throw new Error(`no profile ${release}`);
  return profile;
}

function setUp(release = '9.1') {
  const accounts = createAccounts(
    [
      {
        name: 'u@pve',
        password: 'sesame',
        tokens: [
          { id: 't', secret: SECRET },
          { id: 'old', secret: SECRET, expires: '1h' },
        ],
      },
      { name: 'off@pve', enabled: false, tokens: [{ id: 't', secret: SECRET }] },
    ],
    START,
  );
  const tickets = createTickets();

  function who(headers: IncomingHttpHeaders, options: { method?: string; path?: string; at?: number } = {}) {
    const { method = 'GET', path = '/nodes', at = START } = options;
    try {
      return authenticate({ accounts, tickets }, { headers, method }, path, profileOf(release), at).id;
    } catch (error) {
      if (error instanceof ApiError) return `${error.status} ${error.message}`;
      throw error;
    }
  }

  return {
    accounts,
    tickets,
    who,
    byToken: (text: string, at?: number) =>
      who({ authorization: `PVEAPIToken${text}` }, at === undefined ? {} : { at }),
  };
}

describe('simulated token authentication', () => {
  it('knows its tokens, written with = or a space', () => {
    const { byToken } = setUp();
    expect(byToken(`=u@pve!t=${SECRET}`)).to.equal('u@pve!t');
    expect(byToken(` u@pve!t=${SECRET}`)).to.equal('u@pve!t');
  });

  it('refuses everybody else, with the words of its release', () => {
    const { who, byToken, accounts } = setUp();
    expect(who({})).to.equal('401 No ticket');
    expect(who({ authorization: 'Basic dTpw' })).to.equal('401 No ticket');
    expect(byToken('=u@pve!t=wrong')).to.equal('401 invalid token value!');
    expect(byToken(`=u@pve!other=${SECRET}`)).to.equal("401 no such token 'other' for user 'u@pve'");
    expect(byToken(`=off@pve!t=${SECRET}`)).to.equal("401 user 'off@pve' is disabled");
    expect(byToken('=garbage')).to.equal('401 no tokenid specified');
    expect(byToken(`=u@pve!old=${SECRET}`, START + HOUR)).to.equal("401 token 'old' access expired");
    accounts.revoke('u@pve!t');
    expect(byToken(`=u@pve!t=${SECRET}`)).to.equal("401 no such token 't' for user 'u@pve'");
    expect(setUp('9.2').byToken('=u@pve!t=wrong')).to.equal('401 Authentication failed!');
  });

  it('disables a user with all tokens, and enables both again', () => {
    const { byToken, accounts } = setUp();
    accounts.setEnabled('u@pve', false);
    expect(byToken(`=u@pve!t=${SECRET}`)).to.equal("401 user 'u@pve' is disabled");
    accounts.setEnabled('u@pve', true);
    expect(byToken(`=u@pve!t=${SECRET}`)).to.equal('u@pve!t');
  });
});

describe('simulated ticket authentication', () => {
  it('takes a ticket for two hours, as it is or URL-encoded', () => {
    const { who, tickets } = setUp();
    const { ticket } = tickets.issue('u@pve', START);
    expect(ticket).to.match(/^PVE:u@pve:[0-9A-F]{8}::[A-Za-z0-9+/=]+$/);
    const cookie = `theme=dark; PVEAuthCookie=${encodeURIComponent(ticket)}`;
    expect(who({ cookie })).to.equal('u@pve');
    expect(who({ cookie: `PVEAuthCookie=${ticket}` }, { at: START + 2 * HOUR })).to.equal('u@pve');
    const late = { at: START + 2 * HOUR + 1_000 };
    expect(who({ cookie }, late)).to.equal('401 permission denied - invalid PVE ticket');
    expect(who({ cookie }, { at: START - 400_000 })).to.match(/^401/);
  });

  it('wants the CSRF token for everything that is not a GET', () => {
    const { who, tickets } = setUp();
    const { ticket, csrfToken } = tickets.issue('u@pve', START);
    const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
    const refused = '401 Permission denied - invalid csrf token';
    expect(who({ cookie }, { method: 'POST' })).to.equal(refused);
    expect(who({ cookie, csrfpreventiontoken: 'x' }, { method: 'DELETE' })).to.equal(refused);
    expect(who({ cookie, csrfpreventiontoken: csrfToken }, { method: 'POST' })).to.equal('u@pve');
    const foreign = tickets.issue('off@pve', START).csrfToken;
    expect(who({ cookie, csrfpreventiontoken: foreign }, { method: 'PUT' })).to.equal(refused);
  });

  it('lets the cookie win over a token, and takes no half, changed or expired ticket', () => {
    const { who, tickets } = setUp();
    const authorization = `PVEAPIToken=u@pve!t=${SECRET}`;
    const { ticket } = tickets.issue('u@pve', START);
    expect(who({ authorization, cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` })).to.equal('u@pve');
    const half = encodeURIComponent(tickets.challenge('u@pve', START).ticket);
    expect(who({ cookie: `PVEAuthCookie=${half}` })).to.equal('401 No ticket');
    const other = encodeURIComponent(ticket.replace('u@pve', 'root@pam'));
    expect(who({ cookie: `PVEAuthCookie=${other}` })).to.match(/^401 permission denied/);
    tickets.expireAll();
    expect(who({ cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` })).to.match(/^401 permission denied/);
  });

  it('wants no credentials for a login, and no token', () => {
    const { who } = setUp();
    const login = { method: 'POST', path: '/access/ticket' };
    expect(who({}, login)).to.equal('');
    expect(who({ authorization: `PVEAPIToken=u@pve!t=${SECRET}` }, login)).to.match(
      /^403 Permission check failed \(URI '\/access\/ticket' not available with API token/,
    );
  });
});
