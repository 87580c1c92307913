import { expect } from 'chai';
import { bcubed, bcubedStage } from '../../src/builtin/bcubed.js';
import { nmi, nmiStage } from '../../src/builtin/nmi.js';
import { pairwise, pairwiseStage } from '../../src/builtin/pairwise.js';
import { createRandom } from '../../src/stages/random.js';
import { testServices } from '../../src/testing/test-services.js';
import { golden, goldenJson, goldenMeta } from '../golden.js';

interface Triple {
  readonly pre: number | 'NaN';
  readonly rec: number | 'NaN';
  readonly fscore: number | 'NaN';
}

interface GoldenMetrics {
  readonly pairwise: Triple;
  readonly bcubed: Triple;
  readonly nmi: number;
  readonly nmi_geometric: number;
}

const arithmetic = { average: 'arithmetic' } as const;
const geometric = { average: 'geometric' } as const;

/** Every number, in the order of the golden files. */
function all(truth: ArrayLike<number>, predicted: ArrayLike<number>): number[] {
  const p = pairwise(truth, predicted);
  const b = bcubed(truth, predicted);
  return [
    p.precision,
    p.recall,
    p.f,
    b.precision,
    b.recall,
    b.f,
    nmi(truth, predicted, arithmetic),
    nmi(truth, predicted, geometric),
  ];
}

function expectNumbers(found: readonly number[], wanted: readonly (number | 'NaN')[], name: string): void {
  found.forEach((value, at) => {
    const number = Number(wanted[at]);
    const equal = Number.isNaN(number) ? Number.isNaN(value) : Math.abs(value - number) <= 1e-12 * Math.abs(number);
    expect(equal, `${name}, number ${at}: ${value} instead of ${wanted[at]}`).to.equal(true);
  });
}

describe('metrics', () => {
  const truth = [0, 0, 0, 1, 1, 2, 2];
  const whole = new Array<number>(7).fill(4);

  it('seven instances by hand', () => {
    const predicted = [0, 0, 1, 1, 1, 2, 3];
    // Pairs together: 1 + 3 predicted, 3 + 1 + 1 true, 1 + 1 both.
    expect(pairwise(truth, predicted)).to.deep.include({ precision: 2 / 4, recall: 2 / 5 });
    expect(pairwise(truth, predicted).f).to.be.closeTo(4 / 9, 1e-15);
    const { precision, recall } = bcubed(truth, predicted);
    expect(precision).to.be.closeTo((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1 + 1) / 7, 1e-15);
    expect(recall).to.be.closeTo((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1 / 2 + 1 / 2) / 7, 1e-15);
  });

  it('halves of four: one bit over one bit and a half', () => {
    expect(nmi([0, 0, 1, 1], [0, 0, 1, 2], arithmetic)).to.be.closeTo(1 / 1.25, 1e-15);
    expect(nmi([0, 0, 1, 1], [0, 0, 1, 2], geometric)).to.be.closeTo(1 / Math.sqrt(1.5), 1e-15);
  });

  it('independent partitions tell nothing of each other', () => {
    const cells = Array.from({ length: 3 * 7 * 11 }, (_, i) => i);
    for (const options of [arithmetic, geometric]) {
      expect(nmi(cells.map((i) => i % 3), cells.map((i) => i % 7), options)).to.equal(0); // prettier-ignore
      expect(nmi(truth, whole, options)).to.equal(0);
    }
  });

  it('one cluster for all: perfect recall, nothing learnt', () => {
    expect(pairwise(truth, whole)).to.deep.include({ precision: 5 / 21, recall: 1 });
    expect(bcubed(truth, whole).recall).to.equal(1);
    expect(nmi(truth, whole, arithmetic)).to.equal(0);
  });

  it('all singletons: pairwise precision is 0 / 0', () => {
    const { precision, recall, f } = pairwise(truth, [0, 1, 2, 3, 4, 5, 6]);
    expect([precision, recall, f]).to.deep.equal([NaN, 0, NaN]);
    expect(bcubed(truth, [0, 1, 2, 3, 4, 5, 6]).precision).to.equal(1);
  });

  it('no instance, and one', () => {
    expect(all([], [])).to.deep.equal([NaN, NaN, NaN, NaN, NaN, NaN, 1, 1]);
    expect(all([3], [5])).to.deep.equal([NaN, NaN, NaN, 1, 1, 1, 1, 1]);
  });

  it('are 1 for equal partitions, swap precision and recall with their arguments, and ignore names and order', () => {
    const random = createRandom(6);
    const labels = (clusters: number): number[] => Array.from({ length: 500 }, () => random.integer(clusters));
    const [a, b] = [labels(40), labels(25)];
    expectNumbers(all(a, a.map((label) => 1e9 - label * 7)), new Array<number>(8).fill(1), 'equal'); // prettier-ignore
    const [pp, pr, pf, bp, br, bf, na, ng] = all(a, b);
    expectNumbers(all(b, a), [pr, pp, pf, br, bp, bf, na, ng], 'swapped');
    const order = [...random.shuffle(Int32Array.from({ length: 500 }, (_, i) => i))];
    expectNumbers(all(order.map((i) => -a[i]), order.map((i) => b[i])), all(a, b), 'shuffled'); // prettier-ignore
  });

  it('name their numbers', async () => {
    const labels = [Int32Array.of(0, 0, 1), Int32Array.of(0, 1, 1)] as const;
    const names = async (stage: typeof pairwiseStage, options: Record<string, unknown>): Promise<string[]> =>
      Object.keys(await stage.create(options, testServices()).evaluate(...labels));
    expect(await names(pairwiseStage, {})).to.deep.equal(['pairwise precision', 'pairwise recall', 'pairwise f']);
    expect(await names(bcubedStage, {})).to.deep.equal(['bcubed precision', 'bcubed recall', 'bcubed f']);
    expect(await names(nmiStage, arithmetic)).to.deep.equal(['nmi']);
    expect(await names(nmiStage, geometric)).to.deep.equal(['nmi geometric']);
  });

  it('golden: seventeen pairs of labellings, to 1e-12', async () => {
    const labels = await golden('metrics/labels.npz');
    const wanted = await goldenJson<Record<string, GoldenMetrics>>('metrics/metrics.json');
    expect(Object.keys(wanted)).to.have.length(17);
    for (const [name, { pairwise: p, bcubed: b, ...rest }] of Object.entries(wanted)) {
      expectNumbers(
        all(labels.get(`${name}_gt`).data, labels.get(`${name}_pred`).data),
        [p.pre, p.rec, p.fscore, b.pre, b.rec, b.fscore, rest.nmi, rest.nmi_geometric],
        name,
      );
    }
  });

  it('golden: the labellings of the de-overlap', async () => {
    const truth2k = await goldenMeta('data/synth2k.meta');
    const labels = await golden('dsgcn/deoverlap_labels.npz');
    const wanted = await goldenJson<Record<string, GoldenMetrics>>('dsgcn/deoverlap_metrics.json');
    for (const name of labels.names) {
      const { pairwise: p, bcubed: b, nmi: information } = wanted[name];
      const found = all(truth2k, labels.get(name).data).slice(0, 7);
      expectNumbers(found, [p.pre, p.rec, p.fscore, b.pre, b.rec, b.fscore, information], name);
    }
  });
});
