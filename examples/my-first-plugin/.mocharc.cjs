module.exports = { spec: ['test/**/*.test.js'] };
