import { expect } from 'chai';
import fc from 'fast-check';
import { OperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createEndpointChoice } from '../../../src/proxmox/endpoint-choice.ts';

const LIST = ['a', 'b', 'c'];
const FAULT = new OperatorError('Unreachable', 'gone');

describe('the choice of an endpoint', () => {
  function choice() {
    const clock = createVirtualClock();
    return { clock, endpoints: createEndpointChoice(LIST, clock) };
  }

  it('is the order of preference at first, and names none as active', () => {
    const { endpoints } = choice();

    expect(endpoints.forRead()).to.deep.equal(LIST);
    expect(endpoints.forWrite()).to.deep.equal(LIST);
    expect(endpoints.active).to.equal(undefined);
  });

  it('stays with the one that answers, and puts those that fail last', () => {
    const { endpoints } = choice();
    endpoints.failed('a', FAULT);
    endpoints.answered('b');

    expect(endpoints.active).to.equal('b');
    expect(endpoints.forRead()).to.deep.equal(['b', 'c', 'a']);
    expect(endpoints.forWrite()).to.deep.equal(['b', 'c', 'a']);
  });

  it('lets one read try the preferred one again after a while, no write, and no second read', async () => {
    const { clock, endpoints } = choice();
    endpoints.failed('a', FAULT);
    endpoints.answered('b');
    await clock.advance(30_000);

    expect(endpoints.forWrite()[0]).to.equal('b');
    expect(endpoints.forRead()[0]).to.equal('a');
    expect(endpoints.forRead()[0]).to.equal('b');
  });

  it('returns to the preferred one when it answers, whoever answers later', () => {
    const { endpoints } = choice();
    endpoints.failed('a', FAULT);
    endpoints.answered('b');
    endpoints.answered('a');
    endpoints.answered('b');

    expect(endpoints.active).to.equal('a');
    expect(endpoints.forWrite()[0]).to.equal('a');
  });

  it('asks for a dead one ever more rarely, up to every five minutes', async () => {
    const { clock, endpoints } = choice();
    endpoints.failed('a', FAULT);
    endpoints.answered('b');
    const tried: number[] = [];
    const start = clock.monotonic();
    for (let second = 0; second < 1_800; second += 1) {
      await clock.advance(1_000);
      if (endpoints.forRead()[0] !== 'a') continue;
      endpoints.failed('a', FAULT);
      tried.push((clock.monotonic() - start) / 1_000);
    }

    expect(tried).to.deep.equal([30, 90, 210, 450, 750, 1_050, 1_350, 1_650]);
  });

  it('tries all of them where none works', () => {
    const { endpoints } = choice();
    for (const endpoint of LIST) endpoints.failed(endpoint, FAULT);

    expect(endpoints.forRead()).to.deep.equal(LIST);
    expect(endpoints.forWrite()).to.deep.equal(LIST);
  });

  it('tells who waited that the endpoint failed meanwhile, until it answers', () => {
    const { endpoints } = choice();
    const mark = endpoints.mark();
    endpoints.failed('a', FAULT);

    expect(endpoints.failedSince('a', mark)).to.equal(FAULT);
    expect(endpoints.failedSince('a', endpoints.mark())).to.equal(undefined);
    endpoints.answered('a');
    expect(endpoints.failedSince('a', mark)).to.equal(undefined);
  });

  it('names every endpoint once, and a working one first in every write, whatever happens', async () => {
    const step = fc.record({
      endpoint: fc.constantFrom(...LIST),
      event: fc.constantFrom('answered', 'failed', 'read'),
      wait: fc.integer({ min: 0, max: 400_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, endpoints } = choice();
        const faulty = new Set<string>();
        for (const { endpoint, event, wait } of steps) {
          await clock.advance(wait);
          if (event === 'read') expect([...endpoints.forRead()].sort()).to.deep.equal(LIST);
          else if (event === 'answered') {
            endpoints.answered(endpoint);
            faulty.delete(endpoint);
          } else {
            endpoints.failed(endpoint, FAULT);
            faulty.add(endpoint);
          }
          const [first, ...rest] = endpoints.forWrite();
          expect([first, ...rest].sort()).to.deep.equal(LIST);
          const working = LIST.filter((each) => !faulty.has(each));
          if (working.length > 0) expect(working).to.include(first);
        }
      }),
    );
  });
});
