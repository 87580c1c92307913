import type { JSONSchemaType } from 'ajv';
import { toLabels } from '../../src/data/labels.js';
import type { EdgeProposals } from '../../src/data/proposals.js';
import { defineStage, type StageDefinition, type StageSpec } from '../../src/stages/define-stage.js';
import type { StageKind, Tensor, TrainingExample } from '../../src/stages/interfaces.js';
import { bruteForceKnn, toEdgeProposals } from '../../src/testing/index.js';

export interface KOptions {
  k: number;
}
export const kOptions: JSONSchemaType<KOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: { k: { type: 'integer', minimum: 1, default: 4, description: 'Neighbours per instance.' } },
  required: ['k'],
};
const none: JSONSchemaType<Record<string, never>> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/** Stages that keep the contract, one of each kind, as specs that tests spoil. */
export const knnSpec: StageSpec<'knnBuilder', KOptions> = {
  kind: 'knnBuilder',
  type: 'sound-knn',
  summary: 'Compares all pairs.',
  options: kOptions,
  create: ({ k }) => ({ k, build: (features) => bruteForceKnn(features, k) }),
};

export const proposeSpec: StageSpec<'proposalGenerator', Record<string, never>> = {
  kind: 'proposalGenerator',
  type: 'sound-proposals',
  summary: 'Proposes every link of the graph.',
  proposals: 'edges',
  knn: true,
  options: none,
  create: () => ({
    propose(features, knn) {
      const links: [number, number, number][] = [];
      for (let e = 0; e < knn!.ids.length; e++) {
        if (knn!.ids[e] >= 0) links.push([Math.floor(e / knn!.k), knn!.ids[e], knn!.similarities[e]]);
      }
      return toEdgeProposals(features.n, links);
    },
  }),
};

export const scoreSpec: StageSpec<'scorer', Record<string, never>> = {
  kind: 'scorer',
  type: 'sound-scores',
  summary: 'Halves the scores and gives each instance a confidence.',
  proposals: 'either',
  gives: ['vertices'],
  options: none,
  create: () => ({
    score: (proposals, context, previous) => ({
      ...previous,
      proposals: previous.proposals.map((score) => score / 2),
      vertices: new Float32Array(context.features.n).fill(1),
    }),
  }),
};

export const trainSpec: StageSpec<'scorer', { weights: string }> = {
  kind: 'scorer',
  type: 'sound-training',
  summary: 'Learns the mean similarity.',
  proposals: 'edges',
  trainable: true,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      weights: { type: 'string', default: 'mean.safetensors', format: 'weights', description: 'Learned mean.' },
    },
    required: ['weights'],
  },
  create: () => ({
    score: (_proposals, _context, previous) => previous,
    async train(examples: readonly TrainingExample[]) {
      const values = examples.flatMap(({ proposals }) => [...(proposals as EdgeProposals).similarities]);
      const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
      const weights = new Map<string, Tensor>([['mean', { shape: [1], values: Float32Array.of(mean) }]]);
      return { weights, record: { epochs: 1, losses: [mean] } };
    },
  }),
};

export const deoverlapSpec: StageSpec<'deoverlapper', Record<string, never>> = {
  kind: 'deoverlapper',
  type: 'sound-labels',
  summary: 'Puts two neighbours in id order into one cluster.',
  proposals: 'either',
  options: none,
  create: () => ({
    deoverlap: ({ n }) => toLabels(Int32Array.from({ length: n }, (_, i) => i >> 1)),
  }),
};

export const evaluateSpec: StageSpec<'evaluator', Record<string, never>> = {
  kind: 'evaluator',
  type: 'sound-metric',
  summary: 'The share of pairs that truth and prediction agree on.',
  options: none,
  create: () => ({
    evaluate(truth, predicted) {
      let agreed = 0;
      for (let i = 0; i < truth.length; i++) {
        for (let j = 0; j < i; j++) {
          if ((truth[i] === truth[j]) === (predicted[i] === predicted[j])) agreed++;
        }
      }
      return { rand: agreed / Math.max(1, (truth.length * (truth.length - 1)) / 2) };
    },
  }),
};

export const soundStages: readonly StageDefinition[] = [
  defineStage(knnSpec),
  defineStage(proposeSpec),
  defineStage(scoreSpec),
  defineStage(trainSpec),
  defineStage(deoverlapSpec),
  defineStage(evaluateSpec),
];

/** A spec with parts replaced, as a definition. The types are those of the spec, so a spoiled stage still compiles. */
export function spoil<Kind extends StageKind, Options>(
  spec: StageSpec<Kind, Options>,
  parts: Partial<StageSpec<Kind, Options>>,
): StageDefinition<Kind> {
  return defineStage({ ...spec, ...parts });
}
