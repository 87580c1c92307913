/** The kit of plugin authors, published as `@l2c/core/testing`. Works in any runner with mocha's describe and it. */
export { bruteForceKnn } from './brute-force-knn.js';
export { describeStage } from './describe-stage.js';
export { expectLabels } from './expect-labels.js';
export { stageChecks, type StageCheck } from './stage-checks.js';
export type { StageCase, StageInput } from './stage-input.js';
export {
  generatedWeights,
  knnOfTable,
  largestDifference,
  largestOf,
  recordings,
  type Recordings,
  type WeightSpec,
} from './recordings.js';
export { memoryCheckpoints, testServices } from './test-services.js';
export { tinyFaces, toClusterProposals, toEdgeProposals, type TinyFaces, type TinyFacesOptions } from './tiny-faces.js';
