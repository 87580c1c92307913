import { expect } from 'chai';
import { bcubed } from '../../src/builtin/bcubed.js';
import { pairwise } from '../../src/builtin/pairwise.js';
import { analyseClusters } from '../../src/cluster/cluster-analysis.js';
import type { DecidingLinks } from '../../src/cluster/deciding-links.js';
import { estimatesBy, estimateQuality, gapDoubt, qualityEvidence } from '../../src/cluster/quality-estimate.js';
import { createCompute } from '../../src/compute/create-compute.js';
import { exactNeighbours } from '../../src/compute/neighbours/exact-neighbours.js';
import { Features, normalise } from '../../src/data/features.js';
import { toLabels, type Labels } from '../../src/data/labels.js';
import { evenOffsets } from '../../src/graph/csr.js';
import { createRandom } from '../../src/stages/random.js';
import { syntheticFaces } from '../../src/synth/synthetic-faces.js';
import { quietRun } from '../pipeline/sandbox.js';

/** Says that all pairs of groups are of one person, or none, or half. */
const odds = (intercept: number) => ({ intercept, weights: new Array<number>(8).fill(0) });
const [always, never, half] = [odds(50), odds(-50), odds(0)];

async function evidenceOf(features: Features, labels: Labels) {
  const compute = await createCompute({ engine: 'plain', device: 'cpu', threads: 1 }, quietRun().log);
  const k = Math.min(80, features.n - 1);
  const { ids: targets, similarities } = await exactNeighbours(features, k, { compute });
  const links: DecidingLinks = { n: features.n, offsets: evenOffsets(features.n, k), targets, similarities, scores: similarities }; // prettier-ignore
  return qualityEvidence(features, labels, links, await analyseClusters(features, labels, links, { compute }));
}

describe('an estimate of quality without labels', () => {
  const random = createRandom(8);
  const seven = normalise(Features.from(Array.from({ length: 7 * 5 }, () => random.normal()), 5)); // prettier-ignore
  const labels = toLabels([0, 0, 0, 0, 1, 1, 2]);

  it('knows every pair of a cluster by the join that made it, and pairs of clusters', async () => {
    const { made, missed, sizes, scale } = (await evidenceOf(seven, labels))!;
    expect([...sizes]).to.deep.equal([4, 2, 1]);
    expect([...made.clusters[0]]).to.deep.equal([0, 0, 0, 1]);
    const pairs = [0, 0];
    const sums = [0, 0];
    made.across.forEach((across, at) => {
      const product = made.sizes[0][at] * made.sizes[1][at];
      pairs[made.clusters[0][at]] += product;
      sums[made.clusters[0][at]] += product * across;
    });
    expect(pairs).to.deep.equal([6, 1]);
    let all = 0;
    for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) all += seven.dot(i, j);
    expect(sums[0]).closeTo(all, 1e-5);
    expect(sums[1]).closeTo(seven.dot(4, 5), 1e-6);
    const key = (at: number): string => `${missed.clusters[0][at]} ${missed.clusters[1][at]}`;
    expect(Array.from(missed.best.keys(), key).sort()).to.deep.equal(['0 1', '0 2', '1 2']);
    for (const at of missed.best.keys()) {
      const members = [0, 1].map((side) => [...labels.values.keys()].filter((i) => labels.values[i] === missed.clusters[side][at])); // prettier-ignore
      const cosines = members[0].flatMap((i) => members[1].map((j) => seven.dot(i, j)));
      expect(missed.best[at]).closeTo(Math.max(...cosines), 1e-6);
      expect(missed.across[at]).closeTo(cosines.reduce((sum, value) => sum + value, 0) / cosines.length, 1e-5);
    }
    const own = [0, 0, 0, 0, 1, 1].map((cluster) => (cluster === 0 ? all / 6 : seven.dot(4, 5)));
    expect(scale.inside).closeTo(own.reduce((sum, value) => sum + value, 0) / 6, 1e-5);
  });

  it('adds up to the metrics where it knows each pair', async () => {
    const evidence = (await evidenceOf(seven, labels))!;
    const perfect = { bcubedPrecision: 1, bcubedRecall: 1, pairwisePrecision: 1, pairwiseRecall: 1 };
    const close = (found: object, wanted: Record<string, number>): void => {
      for (const [name, value] of Object.entries(wanted)) expect(found, name).property(name).closeTo(value, 1e-9);
    };
    close(estimatesBy(evidence, always, never), perfect);
    const strangers = Int32Array.from({ length: 7 }, (_, i) => i);
    close(estimatesBy(evidence, never, never), {
      bcubedPrecision: bcubed(strangers, labels.values).precision,
      bcubedRecall: 1,
      pairwisePrecision: 0,
    });
    // half of the other three, and of the other one
    close(estimatesBy(evidence, half, never), { bcubedPrecision: (4 * (2.5 / 4) + 2 * (1.5 / 2) + 1) / 7, pairwisePrecision: 0.5 }); // prettier-ignore
    const { recall } = pairwise(new Int32Array(7), labels.values);
    close(estimatesBy(evidence, always, always), { pairwisePrecision: 1, pairwiseRecall: recall });
  });

  for (const difficulty of [0.1, 0.4]) {
    it(`is near the truth on faces of difficulty ${difficulty}, and sees clusters of two people and halves of people`, async () => {
      const { features, labels: truth } = syntheticFaces({ n: 900, dim: 64, difficulty, seed: 4321 });
      const people = 1 + truth.reduce((most, label) => Math.max(most, label), 0);
      const estimated = async (given: Int32Array) =>
        estimateQuality((await evidenceOf(features, toLabels(given)))!)!.bcubed;
      const right = await estimated(truth);
      expect(right.precision.value).within(0.965, 1);
      expect(right.recall.value).within(0.965, 1);
      const merged = truth.map((person) => (person < 12 ? person >> 1 : person));
      const found = bcubed(truth, merged).precision;
      expect(found).below(0.95);
      expect((await estimated(merged)).precision.value).closeTo(found, 0.03);
      const split = truth.map((person, i) => (person < people / 6 && i % 3 === 0 ? people + person : person));
      expect((await estimated(split)).recall.value).below(right.recall.value - 0.01);
    });
  }

  it('is not given where nothing tells people from strangers, or faces are few', async () => {
    const { features } = syntheticFaces({ n: 400, dim: 64, difficulty: 1, seed: 3 });
    const blocks = toLabels(Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 8)));
    const evidence = (await evidenceOf(features, blocks))!;
    expect(estimateQuality(evidence)).to.equal(undefined);
    expect(gapDoubt(400, evidence.scale)).to.match(/^nothing tells people from strangers: .* mean cosine of -?0\.\d\d/);
    const few = (await evidenceOf(seven, labels))!;
    expect(estimateQuality(few)).to.equal(undefined);
    expect(gapDoubt(7, few.scale)).to.equal(undefined);
    expect(await evidenceOf(seven, toLabels(new Int32Array(7)))).to.equal(undefined);
    expect(await evidenceOf(seven, toLabels([0, 1, 2, 3, 4, 5, 6]))).to.equal(undefined);
  });
});
