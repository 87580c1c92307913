import { expect } from 'chai';
import { bcubed } from '../../src/builtin/bcubed.js';
import { connectedComponents, stableComponents } from '../../src/builtin/connected-components.js';
import { scoreRange, stableThreshold } from '../../src/graph/stability.js';
import { createRandom } from '../../src/stages/random.js';
import { toEdgeProposals } from '../../src/testing/tiny-faces.js';

type Link = [number, number, number];

/** Groups of `size` whose members are linked by .7 to .9, and a weak link of .1 to .3 from each group to the next. */
function groups(count: number, size: number, seed = 1): ReturnType<typeof toEdgeProposals> {
  const random = createRandom(seed);
  const links: Link[] = [];
  for (let group = 0; group < count; group++) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        if (a !== b) links.push([group * size + a, group * size + b, 0.7 + 0.2 * random.next()]);
      }
    }
    links.push([group * size, ((group + 1) % count) * size + 1, 0.1 + 0.2 * random.next()]);
  }
  const rows = links.sort((a, b) => a[0] - b[0] || b[2] - a[2]);
  return toEdgeProposals(count * size, rows);
}

describe('stability', () => {
  it('cuts in the gap between weak and strong links', () => {
    const edges = groups(12, 5);
    const found = stableComponents(edges, edges.similarities);
    expect(found.stability).to.equal(1);
    expect(found.threshold).to.be.within(0.3, 0.65);
    expect(found.plateau[0]).to.be.at.most(0.36);
    expect(found.plateau[1]).to.be.at.least(0.64);
    expect(found.doubt).to.equal(undefined);
    expect(connectedComponents(edges, edges.similarities, found.threshold).clusters).to.equal(12);
  });

  it('compares as the definition says', () => {
    const edges = groups(12, 5, 3);
    const at = (threshold: number) => connectedComponents(edges, edges.similarities, threshold).values;
    const { curve } = stableComponents(edges, edges.similarities);
    const known = curve.filter(({ stability }) => stability !== undefined);
    expect(known.length).to.be.above(20);
    for (const { threshold, stability, clusters } of known) {
      const [below, above] = [at(threshold - 0.04), at(threshold + 0.04)];
      const size = (labels: Int32Array, i: number): number => labels.filter((label) => label === labels[i]).length;
      const kept = [...below.keys()].filter((i) => size(below, i) > 1 || size(above, i) > 1);
      const expected = kept.length === 0 ? 0 : bcubed(kept.map((i) => below[i]), kept.map((i) => above[i])).f; // prettier-ignore
      expect(stability, `at ${threshold}`).to.be.closeTo(expected, 1e-12);
      expect(clusters).to.equal(connectedComponents(edges, edges.similarities, threshold).clusters);
    }
  });

  it('takes the widest plateau of clusters that join for the most part, at its lower end', () => {
    // Pairs above .9; tens between .5 and .8, stable for long; forties below .3, stable for a short while; noise between.
    const size = (threshold: number): number => {
      if (threshold > 0.9) return 2;
      if (threshold > 0.8) return 4 + Math.round(50 * (0.9 - threshold));
      if (threshold > 0.5) return 10;
      if (threshold > 0.3) return 11 + Math.round(100 * (0.5 - threshold));
      return threshold > 0.1 ? 40 : 41 + Math.round(300 * (0.1 - threshold));
    };
    const at = (threshold: number): Int32Array =>
      Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / size(threshold)));
    const choose = (nested: boolean | 'nearly') => stableThreshold(400, -0.1, 1, at, { nested });
    expect(choose('nearly').threshold).to.be.closeTo(0.56, 1e-9);
    expect(choose(true).threshold).to.be.closeTo(0.16, 1e-9);
    expect(choose(false).threshold).to.be.greaterThan(0.5);
  });

  it('asks from the highest threshold down, once each', () => {
    const asked: number[] = [];
    stableThreshold(2, 0, 0.5, (threshold) => {
      asked.push(threshold);
      return Int32Array.of(0, 1);
    });
    expect(asked).to.deep.equal([...new Set(asked)].sort((a, b) => b - a));
    expect(asked[0]).to.equal(0.56);
    expect(asked.at(-1)).to.equal(-0.1);
  });

  it('is not taken in by one cluster that swallows the others, nor by a threshold that cuts nothing', () => {
    // Pairs above .6, ever fewer clusters below, a single one from .2 down: as stable as can be.
    const collapsing = (threshold: number): Int32Array =>
      Int32Array.from({ length: 400 }, (_, i) => (threshold > 0.6 ? i >> 1 : Math.max(0, i >> 1) % (1 + Math.max(0, Math.floor(400 * (threshold - 0.2)))))); // prettier-ignore
    expect(stableThreshold(400, 0, 0.95, collapsing, { nested: false }).threshold).to.be.within(0.64, 0.92);
    // Below .3 nothing is cut any more, whatever is lowered.
    const idle = (threshold: number): Int32Array =>
      Int32Array.from({ length: 400 }, (_, i) => (threshold > 0.6 ? i >> 1 : threshold > 0.3 ? i % Math.ceil(100 * threshold) : i >> 3)); // prettier-ignore
    expect(stableThreshold(400, 0.3, 0.95, idle).threshold).to.be.within(0.64, 0.92);
  });

  it('is not taken in by a few duplicates, which are perfectly stable', () => {
    // Two pairs down to .6; below, fours that a few faces join late: not quite so stable.
    const late = (i: number, threshold: number): boolean => ((i * 7919) % 1000) / 2000 < threshold - 0.3;
    const faces = (threshold: number): Int32Array =>
      Int32Array.from({ length: 400 }, (_, i) => {
        if (threshold > 0.6) return i < 4 ? i >> 1 : i;
        return threshold <= 0.3 ? 0 : late(i, threshold) ? i : i - (i % 4);
      });
    const { threshold, stability, curve } = stableThreshold(400, 0, 0.95, faces);
    expect(curve.find((point) => point.threshold === 0.8)?.stability).to.equal(1);
    expect(threshold).to.be.within(0.34, 0.56);
    expect(stability).to.be.within(0.85, 0.99);
  });

  it('keeps an identity that has most of the faces together', () => {
    const links: Link[] = [];
    const random = createRandom(2);
    const join = (from: number, to: number): void => {
      for (let i = from; i < to; i++)
        for (let j = from; j < to; j++) if (i !== j) links.push([i, j, 0.55 + 0.35 * random.next()]);
    };
    join(0, 40);
    for (let pair = 40; pair < 60; pair += 2) join(pair, pair + 2);
    for (let i = 0; i < 60; i++) links.push([i, (i + 31) % 60, 0.05 + 0.15 * random.next()]);
    const edges = toEdgeProposals(60, links);
    const found = stableComponents(edges, edges.similarities);
    expect(connectedComponents(edges, edges.similarities, found.threshold).clusters).to.equal(11);
    expect(found.doubt).to.match(/one cluster holds 67 %/);
  });

  it('takes the lower of two peaks where partitions are nested, else the higher', () => {
    // Pairs above .6, fours from .3 to .6, one cluster below: stable in the middle of both stretches.
    const labels = (threshold: number): Int32Array =>
      Int32Array.from({ length: 40 }, (_, i) => (threshold > 0.6 ? i >> 1 : threshold > 0.3 ? i >> 2 : 0));
    const chosen = (nested: boolean): number => stableThreshold(40, 0, 0.9, labels, { nested }).threshold;
    expect(chosen(true)).to.be.within(0.36, 0.56);
    expect(chosen(false)).to.be.within(0.66, 0.96);
  });

  it('keeps one identity, or a few, together', () => {
    const links: Link[] = [];
    for (let i = 0; i < 30; i++) for (let j = 0; j < 30; j++) if (i !== j) links.push([i, j, 1]);
    const alike = toEdgeProposals(30, links);
    const one = stableComponents(alike, alike.similarities);
    expect(connectedComponents(alike, alike.similarities, one.threshold).clusters).to.equal(1);
    expect(one.doubt).to.equal('one cluster holds 100 % of the instances');
    const three = groups(3, 10);
    const found = stableComponents(three, three.similarities);
    expect(connectedComponents(three, three.similarities, found.threshold).clusters).to.equal(3);
    expect(found.doubt).to.match(/one cluster holds 33 %/);
  });

  it('says where nothing is stable, and where there is nothing', () => {
    const random = createRandom(4);
    const noise = stableThreshold(200, 0, 1, () => Int32Array.from({ length: 200 }, () => random.integer(60)));
    expect(noise.doubt).to.match(/no threshold is stable/);
    const empty = toEdgeProposals(3, []);
    expect(stableComponents(empty, empty.similarities).doubt).to.equal('there is no link');
    const pair = toEdgeProposals(2, [[0, 1, 0.9]]);
    expect(stableComponents(pair, pair.similarities).threshold).to.be.a('number');
  });

  it('bounds scores where cosines lie', () => {
    expect(scoreRange([])).to.deep.equal([Infinity, -Infinity]);
    expect(scoreRange([0.5, -Infinity, NaN, 0.2])).to.deep.equal([0.2, 0.5]);
    expect(scoreRange([-1.0001, 0.5, 1.5])).to.deep.equal([-1, 1]);
    expect(scoreRange([-9998, -2, 0.3, 0.5])).to.deep.equal([0.3, 0.5]);
    const far = Float32Array.from({ length: 1000 }, (_, i) => (i < 10 ? -0.5 : i / 1000));
    expect(scoreRange(far)[0]).to.be.closeTo(0.01, 1e-3);
  });
});
