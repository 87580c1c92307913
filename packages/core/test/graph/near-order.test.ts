import { expect } from 'chai';
import { nearOrder } from '../../src/graph/near-order.js';
import { createRandom } from '../../src/stages/random.js';
import { toEdgeProposals } from '../../src/testing/tiny-faces.js';

type Link = [number, number, number];

function orderOf(n: number, links: readonly Link[]): number[] {
  const edges = toEdgeProposals(n, [...links]);
  return [...nearOrder({ ...edges, scores: edges.similarities })];
}

describe('near order', () => {
  it('gives points that link to each other numbers in a row, best links first', () => {
    // 0-4 and 1-3 link best; 2 goes with 4, and both groups join in the end
    const links: Link[] = [
      [0, 4, 0.9],
      [1, 3, 0.8],
      [2, 4, 0.7],
      [2, 1, 0.1],
    ];
    const numbers = orderOf(6, links);
    expect([...numbers].sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
    const spread = (...points: number[]): number => {
      const own = points.map((point) => numbers[point]);
      return Math.max(...own) - Math.min(...own);
    };
    expect(spread(0, 2, 4)).to.equal(2);
    expect(spread(1, 3)).to.equal(1);
    expect(spread(0, 1, 2, 3, 4)).to.equal(4);
  });

  it('brings groups together that were shuffled', () => {
    const random = createRandom(3);
    const places = random.shuffle(Int32Array.from({ length: 300 }, (_, i) => i));
    const links: Link[] = [];
    for (let i = 0; i < 300; i++) {
      for (let mate = 1; mate < 10; mate++) {
        const other = i - (i % 10) + ((i + mate) % 10);
        links.push([places[i], places[other], 0.5 + 0.4 * random.next()]);
      }
      links.push([places[i], places[random.integer(300)], 0.3 * random.next()]);
    }
    const sorted = links.filter(([i, j]) => i !== j).sort((a, b) => a[0] - b[0] || b[2] - a[2]);
    const numbers = orderOf(300, sorted);
    // others may come in between where groups join
    let spread = 0;
    for (let first = 0; first < 300; first += 10) {
      const own = Array.from({ length: 10 }, (_, at) => numbers[places[first + at]]);
      spread += (Math.max(...own) - Math.min(...own)) / 30;
    }
    expect(spread).to.be.within(9, 60); // 245 of numbers at random
  });

  it('leaves the order where nothing links, and takes -1 for nobody', () => {
    expect(orderOf(3, [])).to.deep.equal([0, 1, 2]);
    expect(orderOf(0, [])).to.deep.equal([]);
    expect(orderOf(3, [[0, -1, 0.5], [1, 2, 0.5]])).to.deep.equal([0, 1, 2]); // prettier-ignore
  });
});
