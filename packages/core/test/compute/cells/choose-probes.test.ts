import { expect } from 'chai';
import { chooseProbes } from '../../../src/compute/cells/choose-probes.js';
import type { ExactSample } from '../../../src/compute/neighbours/sampled-recall.js';

/** Two queries of two neighbours, of which the second query only judges. */
const sample: ExactSample = {
  k: 2,
  instances: Int32Array.of(0, 3),
  ids: Int32Array.of(1, 2, 4, 5),
  similarities: Float32Array.of(0.9, 0.5, 0.8, 0.7),
};
/** Cells that instances 0, 1 and 2 look at, their own first. */
const looks = [
  [0, 1, 2, 3],
  [2, 3, 1, 0], // 0 finds it as the third of its cells; it would find 0 as the last
  [3, 0, 1, 2], // 0 finds it as the last; it finds 0 as the second
];

function choose(targetRecall: number, most = 4, from = sample): Promise<number> {
  return chooseProbes(from, targetRecall, most, async (instances, count) => {
    expect([...instances].every((i) => i <= 2)).to.equal(true);
    return Int32Array.from([...instances].flatMap((i) => looks[i].slice(0, count)));
  });
}

describe('chooseProbes', () => {
  it('takes as many as the target needs, each pair from the side that finds it first', async () => {
    expect(await choose(0.4)).to.equal(2);
    expect(await choose(0.6)).to.equal(3);
    expect(await choose(1)).to.equal(3);
  });

  it('takes the most where they are not enough', async () => {
    expect(await choose(1, 2)).to.equal(2);
    expect(await choose(1, 1)).to.equal(1);
  });

  it('takes more than a few where it must', async () => {
    const [few, more] = [16, 30];
    const far = Array.from({ length: more }, (_, cell) => cell);
    const asked: number[] = [];
    const probes = await chooseProbes(
      { ...sample, ids: Int32Array.of(1, 1, 4, 5) },
      1,
      more,
      async (instances, count) => {
        asked.push(count);
        const rows = [...instances].map((i) =>
          i === 1 ? [20, ...far.filter((cell) => cell !== 20 && cell !== 0)] : far,
        );
        return Int32Array.from(rows.flatMap((row) => row.slice(0, count)));
      },
    );
    expect(asked).to.deep.equal([few, more]);
    expect(probes).to.equal(21);
  });

  it('looks at near neighbours alone, or at all where none is near', async () => {
    const far = (similarities: number[]): ExactSample => ({ ...sample, similarities: Float32Array.from(similarities) });
    expect(await choose(1, 4, far([0.9, 0.39, 0.8, 0.7]))).to.equal(3);
    expect(await choose(0.4, 4, far([0.39, 0.9, 0.8, 0.7]))).to.equal(2);
    expect(await choose(1, 4, far([0.3, 0.2, 0.8, 0.7]))).to.equal(3);
  });

  it('misses a little less than it may', async () => {
    // of 100 pairs one is found by two cells only: 99 % would do with one, were a sample not a sample
    const ids = Int32Array.from({ length: 100 }, (_, e) => (e === 99 ? 2 : 1));
    const many = { k: 100, instances: Int32Array.of(0), ids, similarities: new Float32Array(100).fill(0.5) };
    const near = [
      [0, 1],
      [0, 1],
      [1, 0],
    ];
    const look = async (instances: Int32Array) => Int32Array.from([...instances].flatMap((i) => near[i]));
    expect(await chooseProbes(many, 0.99, 2, look)).to.equal(2);
    expect(await chooseProbes(many, 0.98, 2, look)).to.equal(1);
  });
});
