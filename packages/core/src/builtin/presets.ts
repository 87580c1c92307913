import type { Preset } from '../plugins/plugin.js';

/** Core's presets: its own choice, and those in the parameters that papers give for MS1M; k as l2c counts, the instance itself not among them. */
export const builtinPresets: Readonly<Record<string, Preset>> = {
  auto: {
    summary: 'The best answer without labels or options: Infomap at the threshold its clusters depend on least.',
    pipeline: {
      knnBuilder: { type: 'auto', k: 80 },
      proposalGenerator: { type: 'knn-edges' },
      deoverlapper: { type: 'infomap', threshold: 'auto' },
    },
  },
  'fc-es': {
    summary: 'FC-ES as run on MS1M (2024): neighbours up to the first improbable one, directed Infomap.',
    pipeline: {
      knnBuilder: { type: 'exact', k: 79 },
      proposalGenerator: { type: 'early-stop', minProbability: 0.22, temperature: 0.5 },
      scorer: { type: 'edge-probability', of: 'neighbourhood', temperature: 0.5 },
      deoverlapper: { type: 'infomap', threshold: 0, directed: true, weight: 'score' },
    },
  },
  facemap: {
    summary: 'FaceMap as run on MS1M (Yu et al. 2022): neighbours before the bend of their similarities, Infomap.',
    pipeline: {
      knnBuilder: { type: 'exact', k: 256 },
      proposalGenerator: { type: 'adaptive-cut', window: 20 },
      scorer: { type: 'edge-probability', of: 'step' },
      deoverlapper: { type: 'infomap', threshold: 0, weight: 'score', pool: 'sum' },
    },
  },
};
