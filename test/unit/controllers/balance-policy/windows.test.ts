import { expect } from 'chai';
import fc from 'fast-check';
import { windowState } from '../../../../src/controllers/balance-policy/windows.ts';

const NIGHTS = { schedule: '0 22 * * *', duration: '6h', timeZone: 'Europe/Berlin' };
const HOUR = 3_600_000;

function stateAt(time: string, ...windows: (typeof NIGHTS)[]): string {
  const state = windowState(windows, Date.parse(time));
  if (state.kind === 'Closed') return `Closed until ${new Date(state.opens).toISOString()}`;
  return state.closes === undefined ? 'Open' : `Open until ${new Date(state.closes).toISOString()}`;
}

describe('windows', () => {
  it('are always open where there are none', () => {
    expect(stateAt('2026-07-01T12:00:00Z')).to.equal('Open');
  });

  it('open at their very moment and close at the end of their duration', () => {
    expect(stateAt('2026-07-01T19:59:59.999Z', NIGHTS)).to.equal('Closed until 2026-07-01T20:00:00.000Z');
    expect(stateAt('2026-07-01T20:00:00Z', NIGHTS)).to.equal('Open until 2026-07-02T02:00:00.000Z');
    expect(stateAt('2026-07-02T01:59:59.999Z', NIGHTS)).to.equal('Open until 2026-07-02T02:00:00.000Z');
    expect(stateAt('2026-07-02T02:00:00Z', NIGHTS)).to.equal('Closed until 2026-07-02T20:00:00.000Z');
  });

  it('last their duration when the clocks change meanwhile, in both directions', () => {
    expect(stateAt('2026-03-28T23:00:00Z', NIGHTS)).to.equal('Open until 2026-03-29T03:00:00.000Z');
    expect(stateAt('2026-10-24T23:00:00Z', NIGHTS)).to.equal('Open until 2026-10-25T02:00:00.000Z');
  });

  it('open right after the gap when the clocks skip their start', () => {
    const early = { ...NIGHTS, schedule: '30 2 * * *', duration: '1h' };
    expect(stateAt('2026-03-29T00:59:00Z', early)).to.equal('Closed until 2026-03-29T01:00:00.000Z');
    expect(stateAt('2026-03-29T01:00:00Z', early)).to.equal('Open until 2026-03-29T02:00:00.000Z');
  });

  it('open once when the clocks repeat their start', () => {
    const early = { ...NIGHTS, schedule: '30 2 * * *', duration: '10m' };
    expect(stateAt('2026-10-25T00:30:00Z', early)).to.equal('Open until 2026-10-25T00:40:00.000Z');
    expect(stateAt('2026-10-25T01:30:00Z', early)).to.equal('Closed until 2026-10-26T01:30:00.000Z');
  });

  it('are no others when their starts are several, as a list or a range', () => {
    const twice = { ...NIGHTS, schedule: '15,45 2 * * *', duration: '10m' };
    expect(stateAt('2026-03-29T00:59:00Z', twice)).to.equal('Closed until 2026-03-29T01:00:00.000Z');
    expect(stateAt('2026-03-29T01:05:00Z', twice)).to.equal('Open until 2026-03-29T01:10:00.000Z');
    expect(stateAt('2026-03-29T01:15:00Z', twice)).to.equal('Closed until 2026-03-30T00:15:00.000Z');
    expect(stateAt('2026-10-25T00:50:00Z', twice)).to.equal('Open until 2026-10-25T00:55:00.000Z');
    expect(stateAt('2026-10-25T01:20:00Z', twice)).to.equal('Closed until 2026-10-26T01:15:00.000Z');
    const range = { ...NIGHTS, schedule: '30 1-2 * * *', duration: '20m' };
    expect(stateAt('2026-10-25T00:45:00Z', range)).to.equal('Open until 2026-10-25T00:50:00.000Z');
    expect(stateAt('2026-10-25T01:45:00Z', range)).to.equal(
      'Closed until 2026-10-25T23:30:00.000Z'.replace('25T23:30', '26T00:30'),
    );
  });

  it('go by the hours that pass where they are hourly, and open in both of two equal ones', () => {
    const hourly = { ...NIGHTS, schedule: '0 * * * *', duration: '10m' };
    expect(stateAt('2026-10-25T00:05:00Z', hourly)).to.equal('Open until 2026-10-25T00:10:00.000Z');
    expect(stateAt('2026-10-25T01:05:00Z', hourly)).to.equal('Open until 2026-10-25T01:10:00.000Z');
    expect(stateAt('2026-03-29T01:05:00Z', hourly)).to.equal('Open until 2026-03-29T01:10:00.000Z');
    const even = { ...NIGHTS, schedule: '0 */2 * * *', duration: '10m' };
    expect(stateAt('2026-03-29T00:30:00Z', even)).to.equal('Closed until 2026-03-29T02:00:00.000Z');
  });

  it('longer than the time between their starts are always open', () => {
    const daily = { ...NIGHTS, duration: '30h' };
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }), (now) => {
        expect(windowState([daily], now).kind).to.equal('Open');
      }),
    );
  });

  it('are open while one of several is, until the last of them closes', () => {
    const noon = { schedule: '0 12 * * *', duration: '1h', timeZone: 'UTC' };
    const longer = { schedule: '30 12 * * *', duration: '2h', timeZone: 'UTC' };
    expect(stateAt('2026-07-01T12:45:00Z', noon, longer)).to.equal('Open until 2026-07-01T14:30:00.000Z');
    expect(stateAt('2026-07-01T11:00:00Z', longer, noon)).to.equal('Closed until 2026-07-01T12:00:00.000Z');
  });

  it('are open at a time exactly when a start lies no longer ago than the duration', () => {
    const hourly = { schedule: '15 * * * *', duration: '20m', timeZone: 'Europe/Berlin' };
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }), (now) => {
        const sinceQuarterPast = (((now - HOUR / 4) % HOUR) + HOUR) % HOUR;
        expect(windowState([hourly], now).kind).to.equal(sinceQuarterPast < 1_200_000 ? 'Open' : 'Closed');
      }),
    );
  });

  for (const [problem, window, text] of [
    ['a schedule that is none', { ...NIGHTS, schedule: 'at ten in the evening' }, 'is no cron schedule'],
    ['a schedule that never comes', { ...NIGHTS, schedule: '0 0 31 2 *' }, 'never comes'],
    ['an unknown time zone', { ...NIGHTS, timeZone: 'Mars/Olympus' }, "there is no time zone 'Mars/Olympus'"],
  ] as const) {
    it(`refuse ${problem}, naming which window it is`, () => {
      expect(() => windowState([NIGHTS, window], Date.UTC(2026, 6)))
        .to.throw(text)
        .with.property('code', 'InvalidSpec');
      expect(() => windowState([NIGHTS, window], Date.UTC(2026, 6))).to.throw('`spec.windows[1]`');
    });
  }
});
