import { expect } from 'chai';
import fc from 'fast-check';
import { apiError } from '../../support/fake-api-client.ts';
import { describeChange, reflectedWidgets } from '../../support/reflected-widgets.ts';
import { newWidget, type Widget } from '../../support/widget.ts';

describe('the reflector', () => {
  it('ends up with what the server has, whatever happens on the way', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), name, size: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
      fc.record({ kind: fc.constant('recreate' as const), name, size: fc.nat(9) }),
      fc.record({ kind: fc.constant('end' as const), status: fc.constantFrom(410, 503, undefined, 200) }),
      fc.record({ kind: fc.constant('compact' as const) }),
      fc.record({
        kind: fc.constant('fail' as const),
        call: fc.constantFrom('list' as const, 'watch' as const),
        status: fc.constantFrom(403, 410, 429, 503),
      }),
      fc.record({ kind: fc.constant('advance' as const), milliseconds: fc.nat(20_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { client, clock, reflector, start, stop } = reflectedWidgets();
        // What a consumer that only listens believes to exist.
        const believed = new Map<string, Widget>();
        const contradictions: string[] = [];
        reflector.onChange((change) => {
          const { name: key, uid } = change.object.metadata;
          const known = believed.get(key);
          const fits = change.kind === 'Added' ? known === undefined : known?.metadata.uid === uid;
          if (!fits) contradictions.push(`${describeChange(change)} after ${known?.metadata.uid}`);
          if (change.kind === 'Deleted') believed.delete(key);
          else believed.set(key, change.object);
        });
        await start();
        let uids = 0;
        for (const action of steps) {
          switch (action.kind) {
            case 'put':
              client.put(newWidget(action.name, action.size));
              break;
            case 'recreate':
              uids += 1;
              client.put(newWidget(action.name, action.size, `anew-${uids}`));
              break;
            case 'remove':
              client.remove('Widget', `lab/${action.name}`);
              break;
            case 'end':
              client.endWatches(action.status === 200 ? undefined : apiError(action.status));
              break;
            case 'compact':
              client.compact();
              break;
            case 'fail':
              client.fail(action.call, apiError(action.status));
              break;
            case 'advance':
              await clock.advance(action.milliseconds);
          }
        }
        // Every fault asked for may yet come, each with its pause.
        await clock.advance(40 * 36_000);
        stop();
        const present = ['a', 'b', 'c'].map((key) => client.read<Widget>('Widget', `lab/${key}`));
        const expected = present.filter((object) => object !== undefined);
        expect([...reflector.list()]).to.have.deep.members(expected);
        expect([...believed.values()]).to.have.deep.members(expected);
        expect(contradictions).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });
});
