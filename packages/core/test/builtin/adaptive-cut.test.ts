import { expect } from 'chai';
import { adaptiveCut, adaptiveCutStage, bendOf } from '../../src/builtin/adaptive-cut.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';
import { assertProposals } from '../../src/data/proposals.js';
import { createRandom } from '../../src/stages/random.js';
import { describeStage } from '../../src/testing/describe-stage.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces } from '../../src/testing/tiny-faces.js';

/** The definition, with every mean and deviation computed anew. */
function bend(row: readonly number[], window: number): number {
  const slopes = row.slice(1).map((value, j) => row[j] - value);
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  let [best, kept] = [0, row.length];
  for (let j = 0; j + window < slopes.length; j++) {
    const rest = slopes.slice(j);
    const centre = mean(rest);
    const deviation = Math.sqrt(mean(rest.map((value) => (value - centre) ** 2)));
    const strangeness = Math.abs(mean(slopes.slice(j, j + window)) - centre) / deviation;
    if (strangeness > best) [best, kept] = [strangeness, j + Math.floor((window + 1) / 2) + 1];
  }
  return kept;
}

const descending = (count: number, next: () => number): Float32Array =>
  Float32Array.from({ length: count }, next).sort().reverse();

describe('adaptive-cut', () => {
  describeStage(adaptiveCutStage, [
    { options: { window: 2 } },
    { options: { window: 3, minSimilarity: 0.3 } },
    { options: { window: 3, minSimilarity: 'auto' } },
  ]);

  it('cuts where a row falls from one level to another', () => {
    // 12 of the same identity about .8, 40 strangers about .1: both flat, with a cliff between them.
    const row = Float32Array.from({ length: 52 }, (_, j) => (j < 12 ? 0.8 - 0.002 * j : 0.1 - 0.001 * (j - 12)));
    // The window that has the cliff in it is the strangest where it reaches furthest back; its middle is kept.
    expect(bendOf(row, 0, 52, 4)).to.equal(bend([...row], 4));
    expect(bendOf(row, 0, 52, 4)).to.be.within(10, 16);
  });

  it('is the definition, on rows of any shape', () => {
    const random = createRandom(4);
    for (let row = 0; row < 60; row++) {
      const count = 5 + random.integer(60);
      const window = 2 + random.integer(12);
      const values = descending(count, () => random.next() ** (1 + (row % 3)));
      const shifted = new Float32Array(count + 7);
      shifted.set(values, 7);
      expect(bendOf(shifted, 7, count, window), `row ${row}`).to.equal(bend([...values], window));
    }
  });

  it('does not depend on the scale of a row', () => {
    const random = createRandom(8);
    const values = descending(50, () => random.next());
    const halves = values.map((value) => value / 2);
    expect(bendOf(halves, 0, 50, 6)).to.equal(bendOf(values, 0, 50, 6));
  });

  it('keeps all of a row that is straight, too short to tell, or empty', () => {
    expect(bendOf(new Float32Array(30).fill(0.5), 0, 30, 5)).to.equal(30);
    expect(bendOf(Float32Array.of(0.9, 0.8, 0.1, 0.1), 0, 4, 3)).to.equal(4);
    expect(bendOf(new Float32Array(0), 0, 0, 3)).to.equal(0);
  });

  it('proposes the front of each row, none below the least similarity', () => {
    const { knn } = tinyFaces({ sizes: [8, 7, 6, 1], k: 14, seed: 2 });
    for (const minSimilarity of [-1, 0.4]) {
      const edges = adaptiveCut(knn, { window: 3, minSimilarity });
      assertProposals(edges);
      for (let i = 0; i < knn.n; i++) {
        const row = [...knn.similarities.subarray(i * knn.k, (i + 1) * knn.k)];
        const kept = row.slice(0, bend(row, 3)).filter((value) => value >= minSimilarity).length;
        expect(edges.offsets[i + 1] - edges.offsets[i]).to.equal(kept);
        expect([...edges.targets.subarray(edges.offsets[i], edges.offsets[i + 1])]).to.deep.equal([
          ...knn.ids.subarray(i * knn.k, i * knn.k + kept),
        ]);
      }
    }
  });

  it('warns where the window covers whole rows, and keeps all', async () => {
    const warnings: string[] = [];
    const { features, knn } = tinyFaces();
    const log = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message) };
    const stage = adaptiveCutStage.create({ window: 20, minSimilarity: -1 }, testServices({ log }));
    expect(await stage.propose(features, knn)).to.deep.equal(knnEdges(knn, { k: 0, minSimilarity: -1, mutual: false }));
    expect(warnings).to.have.length(1);
  });
});
