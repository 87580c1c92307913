import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { builtinStages } from '../../src/builtin/index.js';
import { autoStage } from '../../src/builtin/auto.js';
import { bcubedStage } from '../../src/builtin/bcubed.js';
import { confidenceTreeStage } from '../../src/builtin/confidence-tree.js';
import { connectedComponentsStage } from '../../src/builtin/connected-components.js';
import { cosineStage } from '../../src/builtin/cosine.js';
import { exactStage } from '../../src/builtin/exact.js';
import { groundTruthStage } from '../../src/builtin/ground-truth.js';
import { ivfStage } from '../../src/builtin/ivf.js';
import { knnEdgesStage } from '../../src/builtin/knn-edges.js';
import { nmiStage } from '../../src/builtin/nmi.js';
import { nmsStage } from '../../src/builtin/nms.js';
import { pairwiseStage } from '../../src/builtin/pairwise.js';
import { partitionStage } from '../../src/builtin/partition.js';
import { precomputedStage } from '../../src/builtin/precomputed.js';
import { propagationStage } from '../../src/builtin/propagation.js';
import { writeKnn } from '../../src/formats/knn-npz.js';
import { describeStage } from '../../src/testing/describe-stage.js';
import { tinyFaces } from '../../src/testing/tiny-faces.js';

const folder = mkdtempSync(join(tmpdir(), 'l2c-contract-'));
const knnFile = join(folder, 'knn.npz');
await writeKnn(knnFile, tinyFaces().knn);

describe("core's stages keep the contract", () => {
  describeStage(autoStage, [{ options: { k: 4 } }]);
  describeStage(exactStage, [{ options: { k: 4 } }]);
  describeStage(ivfStage, [{ options: { k: 4 } }, { options: { k: 3, cells: 5, probes: 2 } }]);
  describeStage(precomputedStage, [{ options: { path: knnFile } }, { options: { path: knnFile, k: 3 } }]);
  describeStage(knnEdgesStage, [{}, { options: { minSimilarity: 0.3 } }, { options: { mutual: true, k: 3 } }]);
  describeStage(cosineStage);
  describeStage(groundTruthStage, [{}, { options: { target: 'iop', members: true } }]);
  describeStage(connectedComponentsStage, [{}, { options: { threshold: 0.5 } }, { options: { threshold: 'auto' } }]);
  describeStage(propagationStage, [
    {},
    { options: { pool: 'avg', maxSize: 4 } },
    { options: { pool: 'max', threshold: 0.4 } },
    { options: { threshold: 'auto' } },
  ]);
  describeStage(confidenceTreeStage, [{}, { options: { minSimilarity: 0.2, maxConnections: 3 } }]);
  describeStage(nmsStage, [{}, { options: { maxIou: 0.4, outliers: 'own' } }]);
  describeStage(partitionStage, [{ input: { proposals: tinyFaces().identities } }]);
  describeStage(pairwiseStage);
  describeStage(bcubedStage);
  describeStage(nmiStage, [{}, { options: { average: 'geometric' } }]);

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('and are listed once, each with its cost', () => {
    const types = builtinStages.map(({ kind, type }) => `${kind} ${type}`);
    expect(new Set(types).size).to.equal(types.length);
    expect(builtinStages.filter(({ cost }) => cost === undefined)).to.deep.equal([]);
  });
});
