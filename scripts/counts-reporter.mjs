import { writeFileSync } from 'node:fs';
import mocha from 'mocha';

/**
 * Mocha's spec reporter, which at the end also writes to the file of the reporter option `file`, as JSON, how many tests
 * passed and were skipped, and what failed. A hook that fails counts as a failed test.
 */
// biome-ignore lint/style/noDefaultExport: mocha takes a reporter only as its module's default export.
export default class CountsReporter extends mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    /** @type {string} */
    const file = options.reporterOptions.file;
    runner.once('end', () => {
      const failures = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message}`);
      writeFileSync(
        file,
        JSON.stringify({ passed: this.stats.passes, failures, skipped: this.stats.pending }),
      );
    });
  }
}
