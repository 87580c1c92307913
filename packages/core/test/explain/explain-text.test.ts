import { expect } from 'chai';
import type { PairExplanation } from '../../src/explain/explain-pair.js';
import { explainText } from '../../src/explain/explain-text.js';

describe('explainText', () => {
  const face = (row: number) => ({ row, name: `face ${row}`, cluster: 0 });
  const explanation = (links: number, weakest: number): PairExplanation =>
    ({
      pipeline: 'p',
      faces: [face(0), face(links)],
      together: true,
      similarity: 0.25,
      stages: [{ round: 1, kind: 'deoverlapper', stage: 'core/infomap', said: 'said' }],
      linked: true,
      path: {
        steps: Array.from({ length: links }, (_, s) => ({
          from: face(s),
          to: face(s + 1),
          score: 0.5,
          similarity: 0.5,
        })),
        weakest,
      },
    }) as unknown as PairExplanation;
  const links = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('    '));

  it('says what parts two faces where no link between them is too weak', () => {
    const at = (together: boolean, value: number): string =>
      explainText({ ...explanation(2, 0), together, threshold: { option: 'threshold', value } });
    expect(at(false, 0.4)).to.include('threshold is 0.4, so no link is too weak: infomap parts them by');
    for (const text of [at(true, 0.4), at(false, 0.6)]) expect(text).not.to.include('too weak');
  });

  it('shows every link of a short path', () => {
    expect(links(explainText(explanation(12, 4)))).to.have.length(12);
  });

  it('shows the first, the weakest and the last link of a long one, and how many lie between', () => {
    expect(links(explainText(explanation(40, 9)))).to.deep.equal([
      '    face 0 -> face 1  0.500',
      '    ... 8 more',
      '    face 9 -> face 10  0.500  <- weakest',
      '    ... 29 more',
      '    face 39 -> face 40  0.500',
    ]);
  });
});
