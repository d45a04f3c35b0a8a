import { expect } from 'chai';
import { createCleanUp } from '../../../../scripts/demo/clean-up.ts';

describe("the demo's clean-up", () => {
  it('undoes everything, the last first, once, and then says what failed', async () => {
    const undone: string[] = [];
    const cleanUp = createCleanUp();
    cleanUp.add(() => undone.push('first'));
    cleanUp.add(async () => {
      undone.push('second');
      throw new Error('second failed');
    });
    cleanUp.add(() => undone.push('third'));

    const failed = await cleanUp.run().then(
      () => undefined,
      (error: unknown) => error,
    );
    await cleanUp.run();

    expect(failed).to.be.an('error').with.property('message', 'second failed');
    expect(undone).to.deep.equal(['third', 'second', 'first']);
  });
});
