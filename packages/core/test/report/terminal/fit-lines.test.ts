import { expect } from 'chai';
import { fitLines, shortened } from '../../../src/report/terminal/fit-lines.js';

describe('fitLines', () => {
  it('breaks between words, what follows standing further in, and leaves what fits', () => {
    expect(fitLines('  one two three four five\nshort', 16)).to.equal('  one two three\n      four five\nshort');
    expect(fitLines('  one two three', 9), 'no room to stand in').to.equal('  one two\nthree');
    expect(fitLines('aaa   bbb', 9)).to.equal('aaa   bbb');
    expect(fitLines('aaa bbb', Infinity)).to.equal('aaa bbb');
  });

  it('never breaks a word, and counts no colours', () => {
    expect(fitLines('see /a/very/long/path now', 8)).to.equal('see\n/a/very/long/path\nnow');
    expect(fitLines('\u001b[1mab\u001b[22m cd', 5)).to.equal('\u001b[1mab\u001b[22m cd');
  });

  it('keeps both ends of what it shortens', () => {
    expect(shortened('gcn-v-of-all, tuned', 9)).to.equal('gcn-…uned');
    expect(shortened('short', 5)).to.equal('short');
    for (let width = 1; width < 8; width++) expect(shortened('12345678', width).length).to.equal(width);
  });
});
