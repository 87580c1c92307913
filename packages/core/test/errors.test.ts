import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { errorCodes, formatProblem, L2cError, problem, type ErrorCode } from '../src/errors.js';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('has a heading for each code, in the order of the code', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).to.deep.equal([...errorCodes]);
  });
  it('tells the exit status of each code as the code has it', () => {
    const rows = [...page.matchAll(/^\| \[(E_\w+)\]\(#(\w+)\) +\| (\d) +\|/gm)];
    expect(rows.map(([, code]) => code)).to.deep.equal([...errorCodes]);
    for (const [, code, anchor, exit] of rows) {
      expect(problem(code as ErrorCode, '', 'fact').exitCode, code).to.equal(Number(exit));
      expect(anchor).to.equal(code.toLowerCase());
    }
  });
  it('says more than a heading about each', () => {
    for (const section of page.split(/^## /m).slice(1)) expect(section.split(/\s+/).length, section).to.be.above(20);
  });
});

describe('L2cError', () => {
  it('says place, fact and way out on a line, and leaves out what is not there', () => {
    expect(formatProblem({ code: 'E_FILE', place: 'a.bin', fact: 'is cut short', wayOut: 'copy it again' })).to.equal(
      'a.bin: is cut short; copy it again',
    );
    expect(formatProblem({ code: 'E_FILE', place: '', fact: 'is cut short' })).to.equal('is cut short');
  });
  it('spells out controls in places and names, which stay as they are in its problems', () => {
    const evil = '\u001b]0;title\u0007\u001b[2J\u009b31m\u202egnp.\u2066é\u007f\r';
    const error = problem('E_FILE', evil, `names ${evil}`, `rename ${evil}`);
    const spelled = '\\u001b]0;title\\u0007\\u001b[2J\\u009b31m\\u202egnp.\\u2066é\\u007f\\u000d';
    expect(error.message).to.equal(`${spelled}: names ${spelled}; rename ${spelled}`);
    expect(error.problems[0].place).to.equal(evil);
  });
  it('holds every problem, and refuses only where all of them are refusals', () => {
    const refusal = { code: 'E_CONFIG', place: 'a', fact: 'b' } as const;
    const failure = { code: 'E_STAGE', place: 'c', fact: 'd' } as const;
    const error = new L2cError([refusal, failure]);
    expect(error.message).to.equal('a: b\nc: d');
    expect(error.code).to.equal('E_CONFIG');
    expect(error.problems).to.have.length(2);
    expect(error.exitCode).to.equal(1);
    expect(new L2cError([refusal, refusal]).exitCode).to.equal(2);
  });
  it('is known across copies of the package, and nothing else is taken for one', async () => {
    const copy = new URL('../src/errors.js?copy', import.meta.url).href;
    const other = (await import(copy)) as { L2cError: typeof L2cError; problem: typeof problem };
    expect(other.L2cError).not.to.equal(L2cError);
    expect(other.problem('E_FILE', 'a', 'b')).to.be.instanceOf(L2cError);
    expect(problem('E_FILE', 'a', 'b')).to.be.instanceOf(other.L2cError);
    for (const value of [new RangeError('a'), { name: 'L2cError', code: 'E_FILE', problems: [] }, null, 'E_FILE']) {
      expect(value instanceof L2cError).to.equal(false);
    }
  });
  it('keeps the cause', () => {
    const cause = new TypeError('inner');
    expect(problem('E_PLUGIN', 'p', 'throws', undefined, cause).cause).to.equal(cause);
  });
});
