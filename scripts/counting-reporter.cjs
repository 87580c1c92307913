// mocha's spec reporter, which also writes how many tests passed, failed and were skipped to the file named by
// L2C_TEST_COUNTS. Used by .ci/run: `mocha --reporter scripts/counting-reporter.cjs`.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.L2C_TEST_COUNTS;
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      if (path) writeFileSync(path, `${passes} ${failures} ${pending}\n`);
    });
  }
};
