import { expect } from 'chai';
import { chanceDoubt } from '../../src/cluster/chance-links.js';
import type { DecidingLinks } from '../../src/cluster/deciding-links.js';
import { mixedModels as mixedModelsOf, mixtureDoubt, type MixedModels } from '../../src/cluster/mixed-models.js';
import { strangerPairs } from '../../src/cluster/stranger-pairs.js';
import { createCompute } from '../../src/compute/create-compute.js';
import { exactNeighbours } from '../../src/compute/neighbours/exact-neighbours.js';
import { Features, normalise, selectRows } from '../../src/data/features.js';
import { toLabels } from '../../src/data/labels.js';
import { evenOffsets } from '../../src/graph/csr.js';
import { createRandom } from '../../src/stages/random.js';
import { syntheticFaces } from '../../src/synth/synthetic-faces.js';
import { quietRun } from '../pipeline/sandbox.js';

/** n faces, `size` of each person, in directions of any kind alike; no person is like another. */
function facesOf(n: number, dim: number, size: number, spread: number): { features: Features; labels: Int32Array } {
  const random = createRandom(n + dim);
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor(i / size));
  const centres = Array.from({ length: Math.ceil(n / size) }, () => Array.from({ length: dim }, () => random.normal()));
  const rows = [...labels].flatMap((person) => centres[person].map((value) => value + spread * random.normal()));
  return { features: normalise(Features.from(rows, dim)), labels };
}

async function linksOf(features: Features): Promise<DecidingLinks> {
  const compute = await createCompute({ engine: 'plain', device: 'cpu', threads: 1 }, quietRun().log);
  const k = Math.min(20, features.n - 1);
  const { ids: targets, similarities } = await exactNeighbours(features, k, { compute });
  return { n: features.n, offsets: evenOffsets(features.n, k), targets, similarities, scores: similarities };
}

/** Of all rows of a file. */
const mixedModels = (features: Features, labels: Int32Array): MixedModels | undefined =>
  mixedModelsOf(features, labels, Int32Array.from(labels.keys()));

describe('pairs of strangers', () => {
  it('are all there are where faces are few, and a share of many', () => {
    const { features, labels } = facesOf(61, 4, 3, 0.1);
    const pairs = new Set<string>();
    strangerPairs(features, labels, (i, j, cosine) => {
      pairs.add([i, j].sort((a, b) => a - b).join());
      expect(cosine).closeTo(features.dot(i, j), 1e-9);
      expect(labels[i]).not.equal(labels[j]);
    });
    expect(pairs.size).to.equal((61 * 60) / 2 - 20 * 3);
    const many = facesOf(4000, 2, 4, 0.1);
    let [count, behind] = [0, 0];
    strangerPairs(many.features, many.labels, (i, j) => {
      count++;
      behind += Number(Math.floor(i / 2000) !== Math.floor(j / 2000));
    });
    expect(count).within(100_000, 200_000);
    expect(behind / count).closeTo(0.5, 0.02);
  });

  it('are far and near ones, and of odd and even rows alike, however many faces there are', () => {
    for (const n of [2000, 9001, 40_000, 200_001]) {
      const { features, labels } = facesOf(n, 2, 4, 0.1);
      const [parities, quarters] = [
        [0, 0, 0],
        [0, 0],
      ];
      let count = 0;
      strangerPairs(features, labels, (i, j) => {
        count++;
        parities[(i & 1) + (j & 1)]++;
        const apart = Math.abs(i - j);
        quarters[Number(Math.min(apart, n - apart) > n / 4)]++;
      });
      expect(count, `${n}`).within(100_000, 200_000);
      expect(parities.map((pairs) => pairs / count).map((share) => Math.round(10 * share) / 10)).to.satisfy(
        ([even, across, odd]: number[]) => Math.abs(even - 0.25) < 0.06 && Math.abs(across - 0.5) < 0.11 && Math.abs(odd - 0.25) < 0.06, // prettier-ignore
        `${n}: ${parities.join()}`,
      );
      expect(quarters[1] / count, `${n}`).closeTo(0.5, 0.06);
    }
  });
});

describe('links as good as chance makes', () => {
  for (const [n, dim] of [
    [30, 32],
    [50, 32],
    [100, 32],
    [300, 32],
    [100, 128],
  ] as const) {
    it(`are a doubt where ${n} strangers of ${dim} dimensions were joined`, async () => {
      const { features } = facesOf(n, dim, 1, 0);
      const links = await linksOf(features);
      // everybody with the nearest
      const joined = Int32Array.from({ length: n }, (_, i) => Math.min(i, links.targets[links.offsets[i]]));
      expect(chanceDoubt(features, toLabels(joined), links)).to.match(
        new RegExp(`^the links that join faces, .* are no better than strangers make by chance .* among ${n} faces`),
      );
    });
    it(`are none where ${n} faces of ${dim} dimensions are of people`, async () => {
      const { features, labels } = facesOf(n, dim, 5, 0.5);
      expect(chanceDoubt(features, toLabels(labels), await linksOf(features))).to.equal(undefined);
    });
  }

  it('are none where people differ so much that a normal variable would reach a cosine of 0.8 or more', async () => {
    const { features, labels } = syntheticFaces({ n: 1000, dim: 32, difficulty: 0.5, seed: 1 });
    expect(chanceDoubt(features, { values: labels, clusters: 1000 }, await linksOf(features))).to.equal(undefined);
  });

  it('are not looked for where nothing was joined, or nobody is a stranger', async () => {
    const { features } = facesOf(40, 32, 1, 0);
    const links = await linksOf(features);
    expect(chanceDoubt(features, toLabels(Int32Array.from({ length: 40 }, (_, i) => i)), links)).to.equal(undefined);
    expect(chanceDoubt(features, toLabels(new Int32Array(40)), links)).to.equal(undefined);
    // no dimension is left for strangers to be strange in
    const poles = Features.from(Array.from({ length: 40 }, (_, i) => [i % 4 < 2 ? 1 : -1, 0]).flat(), 2);
    const pairs = toLabels(Int32Array.from({ length: 40 }, (_, i) => i >> 1));
    expect(chanceDoubt(poles, pairs, await linksOf(poles))).to.equal(undefined);
  });
});

describe('a file of two models', () => {
  const join = (parts: readonly Features[]): Features =>
    Features.from(
      parts.flatMap((part) => Array.from({ length: part.n }, (_, i) => [...part.row(i)]).flat()),
      parts[0].dim,
    );
  const faces = syntheticFaces({ n: 1200, dim: 64, difficulty: 0.3, seed: 2 });
  const half = (from: number, to: number): Features =>
    Features.from(Array.from({ length: to - from }, (_, i) => [...faces.features.row(from + i)]).flat(), 64);
  /** What another network makes of the same faces: other directions. */
  const turned = (part: Features): Features =>
    Features.from(Array.from({ length: part.n }, (_, i) => [...part.row(i)].reverse()).flat(), 64);

  it('is noticed, and where the second begins', () => {
    for (const from of [600, 300, 900]) {
      const labels = faces.labels.map((person, i) => (i < from ? person : person + 10_000));
      const mixed = mixedModels(join([half(0, from), turned(half(from, 1200))]), labels)!;
      expect(mixed.from!).closeTo(from, 75);
      expect(mixed.share).below(0.8);
      const rows = Int32Array.from({ length: 1200 }, (_, i) => 2 * i);
      expect(mixtureDoubt(mixed, rows)).to.match(new RegExp(`^the rows from about ${rows[mixed.from!]} on look like embeddings of another model`)); // prettier-ignore
    }
  });

  it('is noticed where their rows take turns, by the rows of the file', () => {
    const [first, second] = [half(0, 600), turned(half(600, 1200))];
    const order = Array.from({ length: 1200 }, (_, i) => (i >> 1) + 600 * (i & 1));
    const mixed = selectRows(join([first, second]), Int32Array.from(order));
    const labels = Int32Array.from(order, (i) => faces.labels[i] + (i < 600 ? 0 : 10_000));
    const found = mixedModels(mixed, labels)!;
    expect(found.from).to.equal(undefined);
    expect(found.share).below(0.8);
    expect(mixtureDoubt(found, Int32Array.from(labels.keys()))).to.match(/^every second row looks like an embedding of another model than the rows between: /); // prettier-ignore
    // a row that is left out turns even ones into odd ones behind it
    const kept = Int32Array.from([...labels.keys()].filter((row) => row !== 500));
    const some = [selectRows(mixed, kept), kept.map((row) => labels[row])] as const;
    expect(mixedModelsOf(...some, kept)!.from).to.equal(undefined);
  });

  it('is not taken for one where one model made all, whatever their order', () => {
    expect(mixedModels(faces.features, faces.labels)).to.equal(undefined);
    const sorted = [...faces.labels.keys()].sort((a, b) => faces.labels[a] - faces.labels[b]);
    const byPerson = Features.from(sorted.flatMap((i) => [...faces.features.row(i)]), 64); // prettier-ignore
    expect(
      mixedModels(
        byPerson,
        Int32Array.from(sorted, (i) => faces.labels[i]),
      ),
    ).to.equal(undefined);
    expect(mixtureDoubt(undefined, new Int32Array(0))).to.equal(undefined);
  });

  it('is not taken for one where people in their order lie in several clusters each', () => {
    const sorted = [...faces.labels.keys()].sort((a, b) => faces.labels[a] - faces.labels[b]);
    const byPerson = Features.from(sorted.flatMap((i) => [...faces.features.row(i)]), 64); // prettier-ignore
    for (const size of [1, 2]) {
      const torn = Int32Array.from(sorted, (_, at) => Math.floor(at / size));
      expect(mixedModels(byPerson, torn), `${size}`).to.equal(undefined);
    }
  });

  it('is not looked for among a few people', () => {
    const labels = Int32Array.from({ length: 1200 }, (_, i) => Math.floor(i / 40));
    expect(mixedModels(join([half(0, 600), turned(half(600, 1200))]), labels)).to.equal(undefined);
    expect(mixedModels(half(0, 1), new Int32Array(1))).to.equal(undefined);
  });
});
