import { describeStage } from '@l2c/core/testing';
import { expect } from 'chai';
import { inLargerClusters, withoutSingletons, withoutSingletonsStage } from '../src/without-singletons.js';
import { golden, goldenJson, goldenTruth } from './golden.js';

interface Wanted {
  readonly singles: number;
  readonly metrics_without_singles: {
    readonly pairwise: { fscore: number };
    readonly bcubed: { fscore: number };
    readonly nmi: number;
  };
}

describe('without singletons', () => {
  it('golden metrics of twelve partitions', async () => {
    const truth = await goldenTruth();
    const labels = await golden('lgcn/clustering_labels.npz');
    const wanted = await goldenJson<Record<string, Wanted>>('lgcn/without_singletons.json');
    expect(Object.keys(wanted)).to.have.length(12);
    for (const [name, { singles, metrics_without_singles: metrics }] of Object.entries(wanted)) {
      const predicted = Int32Array.from(labels(name).data as Int32Array);
      const found = withoutSingletons(truth, predicted);
      expect(truth.length - inLargerClusters(predicted).length, name).to.equal(singles);
      expect(found['pairwise f without singletons'], name).closeTo(metrics.pairwise.fscore, 1e-9);
      expect(found['bcubed f without singletons'], name).closeTo(metrics.bcubed.fscore, 1e-9);
      expect(found['nmi without singletons'], name).closeTo(metrics.nmi, 1e-9);
      expect(found['share without singletons'], name).closeTo(1 - singles / truth.length, 1e-12);
    }
  });

  it('by hand: an identity whose second half is left alone is perfect without it', () => {
    const found = withoutSingletons(Int32Array.of(0, 0, 0, 0, 1, 1), Int32Array.of(5, 5, 1, 2, 3, 3));
    expect(found).to.deep.equal({
      'pairwise f without singletons': 1,
      'bcubed f without singletons': 1,
      'nmi without singletons': 1,
      'share without singletons': 4 / 6,
    });
    expect(withoutSingletons(Int32Array.of(0, 0), Int32Array.of(1, 0))['bcubed f without singletons']).to.be.NaN;
  });
});

describeStage(withoutSingletonsStage);
