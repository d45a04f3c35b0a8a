import { writeFileSync } from 'node:fs';
import mocha from 'mocha';

/**
 * Mocha's spec reporter, which at the end also writes how many tests passed, failed and were skipped, as JSON, to the
 * file of the reporter option `file`. A hook that fails counts as a failed test.
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
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}
