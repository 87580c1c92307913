import { definePlugin, type Plugin, type StageDefinition } from '@l2c/core';
import { chineseWhispersStage } from './chinese-whispers.js';
import { committeeVoteStage } from './committee-vote.js';
import { dbscanStage } from './dbscan.js';
import { kmeansStage } from './kmeans.js';
import { mediatorStage } from './mediator.js';
import { miniBatchKmeansStage } from './mini-batch-kmeans.js';
import { hacStage } from './hac.js';
import { hdbscanStage } from './hdbscan.js';
import { meanShiftStage } from './mean-shift.js';
import { presets } from './presets.js';
import { radiusEdgesStage } from './radius-edges.js';
import { rankOrderStage } from './rank-order.js';
import { spectralStage } from './spectral.js';

/** Every baseline, in the order of a pipeline. */
export const stages: readonly StageDefinition[] = [
  radiusEdgesStage,
  hacStage,
  hdbscanStage,
  meanShiftStage,
  kmeansStage,
  miniBatchKmeansStage,
  spectralStage,
  rankOrderStage,
  committeeVoteStage,
  mediatorStage,
  chineseWhispersStage,
  dbscanStage,
];

const plugin: Plugin = definePlugin({ name: 'baselines', version: '0.1.0', stages, presets });
export default plugin;
