import { definePlugin, type Plugin } from '../plugins/plugin.js';
import type { StageDefinition } from '../stages/define-stage.js';
import { version } from '../version.js';
import { adaptiveCutStage } from './adaptive-cut.js';
import { autoStage } from './auto.js';
import { bcubedStage } from './bcubed.js';
import { confidenceTreeStage } from './confidence-tree.js';
import { connectedComponentsStage } from './connected-components.js';
import { cosineStage } from './cosine.js';
import { densityStage } from './density.js';
import { earlyStopStage } from './early-stop.js';
import { edgeProbabilityStage } from './edge-probability.js';
import { exactStage } from './exact.js';
import { faissStage } from './faiss.js';
import { groundTruthStage } from './ground-truth.js';
import { hnswStage } from './hnsw.js';
import { infomapStage } from './infomap.js';
import { ivfStage } from './ivf.js';
import { knnEdgesStage } from './knn-edges.js';
import { nmiStage } from './nmi.js';
import { nmsStage } from './nms.js';
import { pairwiseStage } from './pairwise.js';
import { partitionStage } from './partition.js';
import { precomputedStage } from './precomputed.js';
import { builtinPresets } from './presets.js';
import { propagationStage } from './propagation.js';

/** Core's own stages, in the order of a pipeline. They enter through the same door as those of any plugin. */
export const builtinStages: readonly StageDefinition[] = [
  autoStage,
  exactStage,
  ivfStage,
  faissStage,
  hnswStage,
  precomputedStage,
  knnEdgesStage,
  earlyStopStage,
  adaptiveCutStage,
  cosineStage,
  edgeProbabilityStage,
  densityStage,
  groundTruthStage,
  connectedComponentsStage,
  infomapStage,
  propagationStage,
  confidenceTreeStage,
  nmsStage,
  partitionStage,
  pairwiseStage,
  bcubedStage,
  nmiStage,
];

export const builtinPlugin: Plugin = definePlugin({
  name: 'core',
  version,
  stages: builtinStages,
  presets: builtinPresets,
});
