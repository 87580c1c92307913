// JavaScript, since it sets a variable for the processes that run the tests: tsx takes its options from there.
process.env.TSX_TSCONFIG_PATH = require('node:path').join(__dirname, 'tsconfig.base.json');

module.exports = {
  spec: ['packages/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
  'node-option': ['import=tsx', 'conditions=l2c-source'],
  timeout: 60000,
};
