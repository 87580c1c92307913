import { expect } from 'chai';
import { splitsOf } from '../../src/cluster/cluster-splits.js';
import { Features, normalise } from '../../src/data/features.js';
import { clusterSizes, toLabels } from '../../src/data/labels.js';
import { spanningForest } from '../../src/graph/spanning-forest.js';

/** Faces on a half circle, by angle in degrees; every two are linked by their cosine. */
function linked(angles: readonly number[], groups: readonly number[]) {
  const n = angles.length;
  const radians = angles.map((angle) => (angle * Math.PI) / 180);
  const features = normalise(
    Features.from(
      radians.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]),
      2,
    ),
  );
  const pairs = angles.flatMap((_, i) => angles.slice(i + 1).map((_, j) => [i, i + 1 + j] as const));
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => pairs.filter(([from]) => from < i).length);
  const scores = Float32Array.from(pairs, ([i, j]) => features.dot(i, j));
  const labels = toLabels(groups);
  const links = { n, offsets, targets: Int32Array.from(pairs, ([, j]) => j) };
  const forest = spanningForest(links, scores, labels.values);
  return { features, labels, forest, scores, splits: splitsOf(features, labels, clusterSizes(labels), forest, scores) };
}

describe('splits of clusters', () => {
  it('cut the weakest link that has two faces on either side', () => {
    const { splits, features } = linked([0, 2, 4, 30, 32, 80], [0, 0, 0, 0, 0, 0]);
    expect(splits).to.have.length(1);
    const [split] = splits;
    // 80 degrees hangs on alone, so the cut is between 4 and 30
    expect(split.parts).to.deep.equal([3, 3]);
    expect([...split.link].sort()).to.deep.equal([2, 3]);
    expect(split.score).closeTo(Math.cos((26 * Math.PI) / 180), 1e-6);
    const mean = (pairs: readonly (readonly [number, number])[]): number =>
      pairs.reduce((sum, [i, j]) => sum + features.dot(i, j), 0) / pairs.length;
    expect(split.inside).closeTo(mean([[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5]]), 1e-6); // prettier-ignore
    expect(split.across).closeTo(mean([0, 1, 2].flatMap((i) => [3, 4, 5].map((j) => [i, j] as const))), 1e-6);
  });

  it('come with the most different parts first', () => {
    const { splits, labels } = linked([0, 1, 10, 11, 90, 91, 150, 151], [0, 0, 0, 0, 1, 1, 1, 1]);
    expect(splits.map(({ cluster }) => cluster)).to.deep.equal([labels.values[4], labels.values[0]]);
  });

  it('pass over what is too small, and what no links hold together', () => {
    expect(linked([0, 50, 100], [0, 0, 0]).splits).to.deep.equal([]);
    const { features, labels, scores } = linked([0, 1, 60, 61], [0, 0, 0, 0]);
    const apart = { n: 4, offsets: Int32Array.of(0, 1, 1, 2, 2), targets: Int32Array.of(1, 3) };
    const forest = spanningForest(apart, Float32Array.of(scores[0], scores[5]), labels.values);
    expect(splitsOf(features, labels, clusterSizes(labels), forest, scores)).to.deep.equal([]);
  });
});
