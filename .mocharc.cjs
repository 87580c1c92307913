// JavaScript, since it sets a variable for the processes that run the tests: tsx takes its options from there.
process.env.TSX_TSCONFIG_PATH = require('node:path').join(__dirname, 'tsconfig.base.json');

// `npx mocha FILE` runs that file alone; mocha by itself would add it to the list.
const named = process.argv.slice(2).some((argument) => argument.endsWith('.test.ts'));

module.exports = {
  spec: named ? [] : ['packages/*/test/**/*.test.ts'],
  'node-option': ['import=tsx', 'conditions=l2c-source'],
  timeout: 240000,
};
