import { expect } from 'chai';
import { adaptiveCutStage } from '../../src/builtin/adaptive-cut.js';
import { connectedComponentsStage } from '../../src/builtin/connected-components.js';
import { earlyStopStage } from '../../src/builtin/early-stop.js';
import { infomapStage } from '../../src/builtin/infomap.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';
import { propagationStage } from '../../src/builtin/propagation.js';
import { selectRows, type Features } from '../../src/data/features.js';
import type { StageDefinition } from '../../src/stages/define-stage.js';
import { fillOptions } from '../../src/stages/options.js';
import type { ThresholdFact } from '../../src/stages/threshold-option.js';
import { bruteForceKnn } from '../../src/testing/brute-force-knn.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces } from '../../src/testing/tiny-faces.js';

const { features, n } = tinyFaces({ sizes: [9, 8, 7, 6, 2, 1, 1], noise: 0.9 });

function times(copies: number): Features {
  return selectRows(
    features,
    Int32Array.from({ length: copies * n }, (_, i) => i % n),
  );
}

/** What a stage chooses for all links there are. */
async function chosen(definition: StageDefinition, option: string, faces: Features): Promise<ThresholdFact> {
  const facts: Record<string, unknown> = {};
  const services = testServices({ record: (name, fact) => (facts[name] = fact) });
  const stage = definition.create(fillOptions(definition, { [option]: 'auto' }).options, services);
  const knn = bruteForceKnn(faces, faces.n - 1);
  const edges = knnEdges(knn, { k: 0, minSimilarity: -1, mutual: false });
  if ('propose' in stage) await stage.propose(faces, knn);
  if ('deoverlap' in stage) await stage.deoverlap(edges, { proposals: edges.similarities }, { features: faces });
  return facts[option] as ThresholdFact;
}

describe('an automatic threshold of faces with copies', () => {
  const stages = [
    [infomapStage, 'threshold'],
    [connectedComponentsStage, 'threshold'],
    [propagationStage, 'threshold'],
    [earlyStopStage, 'minSimilarity'],
    [adaptiveCutStage, 'minSimilarity'],
  ] as const;
  for (const [definition, option] of stages) {
    it(`is that of the originals: ${definition.type}`, async () => {
      const once = await chosen(definition, option, features);
      for (const copies of [2, 10]) {
        const { chosen: found, stability, plateau } = await chosen(definition, option, times(copies));
        expect({ found, stability, plateau }).to.deep.equal({
          found: once.chosen,
          stability: once.stability,
          plateau: once.plateau,
        });
      }
    });
  }

  it('joins copies where there is nothing else', async () => {
    const same = selectRows(features, new Int32Array(30));
    const { chosen: found } = await chosen(connectedComponentsStage, 'threshold', same);
    expect(found).to.be.below(1);
  });
});
