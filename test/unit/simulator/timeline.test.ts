import { expect } from 'chai';
import fc from 'fast-check';

import { delay, firstOf, type Process, runProcess } from '../../../src/simulator/world/process.ts';
import { createTimeline } from '../../../src/simulator/world/timeline.ts';

describe('the simulated timeline', () => {
  it('runs actions in the order of their times, those of one time in the order they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (times) => {
        const timeline = createTimeline(0);
        const ran: { readonly time: number; readonly order: number }[] = [];
        times.forEach((time, order) => {
          timeline.at(time, () => ran.push({ time: timeline.now(), order }));
        });
        timeline.advanceTo(100);
        const expected = times
          .map((time, order) => ({ time, order }))
          .sort((left, right) => left.time - right.time || left.order - right.order);
        expect(ran).to.deep.equal(expected);
        expect(timeline.now()).to.equal(100);
      }),
    );
  });

  it('gives the same events however it is advanced', () => {
    const run = (steps: readonly number[]) => {
      const timeline = createTimeline(0);
      const ran: number[] = [];
      const repeat = () => {
        ran.push(timeline.now());
        timeline.after(7, repeat);
      };
      timeline.after(7, repeat);
      for (const step of steps) timeline.advanceTo(step);
      return ran;
    };
    expect(run([100])).to.deep.equal(run([1, 13, 14, 50, 51, 100]));
  });

  it('does not run what was cancelled, and does not go back', () => {
    const timeline = createTimeline(10);
    let ran = 0;
    const cancel = timeline.after(5, () => {
      ran += 1;
    });
    cancel();
    timeline.advanceTo(20);
    timeline.advanceTo(15);
    expect([ran, timeline.now()]).to.deep.equal([0, 20]);
  });
});

describe('a simulated process', () => {
  it('goes on when the first of several waits is over, and gives up the others', () => {
    const timeline = createTimeline(0);
    const times: number[] = [];
    function* body(): Process {
      yield firstOf(delay(timeline, 30), delay(timeline, 10));
      times.push(timeline.now());
      yield delay(timeline, 100);
      times.push(timeline.now());
    }
    let ended = false;
    runProcess(body(), (error) => {
      expect(error).to.equal(undefined);
      ended = true;
    });
    timeline.advanceTo(200);
    expect(times).to.deep.equal([10, 110]);
    expect(ended).to.equal(true);
  });

  it('runs its finally blocks when it is stopped, and nothing after', () => {
    const timeline = createTimeline(0);
    const steps: string[] = [];
    function* body(): Process {
      try {
        yield delay(timeline, 10);
        steps.push('went on');
      } finally {
        steps.push('cleaned up');
      }
    }
    const process = runProcess(body(), () => steps.push('ended'));
    process.stop();
    timeline.advanceTo(100);
    expect(steps).to.deep.equal(['cleaned up']);
  });
});
