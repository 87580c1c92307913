import { expect } from 'chai';
import * as tf from '@tensorflow/tfjs';
import { allocateKnnGraph } from '../../src/data/knn-graph.js';
import { problem } from '../../src/errors.js';
import type { StageDefinition } from '../../src/stages/define-stage.js';
import { stageChecks, testServices, type StageCase } from '../../src/testing/index.js';
import type { kOptions } from './sound-stages.js';
import {
  deoverlapSpec,
  evaluateSpec,
  knnSpec,
  proposeSpec,
  scoreSpec,
  soundStages,
  spoil,
  trainSpec,
} from './sound-stages.js';

/** Every broken promise, as `title: fact`. */
async function findings(definition: StageDefinition, stageCase: StageCase = {}): Promise<string[]> {
  const found: string[] = [];
  for (const check of stageChecks.filter(({ applies }) => applies(definition))) {
    const problems = await check
      .problems(definition, stageCase, testServices())
      .catch((error: unknown) => [String(error)]);
    found.push(...problems.map((fact) => `${check.title}: ${fact}`));
  }
  return found;
}

const described = { type: 'integer', default: 4, description: 'Neighbours per instance.' };
const schema = (properties: object, more: object = {}): typeof kOptions =>
  ({ type: 'object', additionalProperties: false, properties, required: ['k'], ...more }) as unknown as typeof kOptions;

let calls = 0;
const spoiled: readonly [string, StageDefinition, RegExp][] = [
  [
    'a type in camelCase',
    spoil(knnSpec, { type: 'soundKnn' }),
    /declares what it is: type "soundKnn" is not kebab-case/,
  ],
  ['a summary that is no sentence', spoil(knnSpec, { summary: 'knn' }), /declares what it is: summary/],
  [
    'a generator of unknown proposals',
    spoil({ ...proposeSpec, proposals: undefined } as never, {}),
    /says which proposals it gives/,
  ],
  ['a builder with proposals', spoil(knnSpec, { proposals: 'edges' }), /nothing to do with proposals/],
  ['a deoverlapper that trains', spoil(deoverlapSpec, { trainable: true }), /only a scorer is trained/],
  ['version 0', spoil(knnSpec, { version: 0 }), /version is not a positive integer/],
  [
    'an open schema',
    spoil(knnSpec, { options: schema({ k: described }, { additionalProperties: true }) }),
    /options: not closed/,
  ],
  [
    'an option without description',
    spoil(knnSpec, { options: schema({ k: { type: 'integer', default: 4 } }) }),
    /options\.k: has no description/,
  ],
  [
    'an option that is neither required nor defaulted',
    spoil(knnSpec, { options: schema({ k: described, core: { type: 'integer', description: 'Least neighbours.' } }) }),
    /options\.core: neither required nor defaulted/,
  ],
  [
    'an open schema inside a list',
    spoil(knnSpec, {
      options: schema({
        k: described,
        list: { type: 'array', default: [], description: 'A list.', items: { type: 'object', properties: {} } },
      }),
    }),
    /options\.list\[\]: not closed/,
  ],
  [
    'a required option nobody gives',
    spoil(knnSpec, { options: schema({ k: { type: 'integer', description: 'Neighbours.' } }) }),
    /accepts its options and builds: "k" is missing/,
  ],
  [
    'a check that finds fault',
    spoil(knnSpec, { check: () => [{ option: 'k', fact: 'is odd' }] }),
    /accepts its options and builds: k: is odd/,
  ],
  ['no method', spoil(knnSpec, { create: () => ({ k: 4 }) as never }), /what it builds has no method build/],
  [
    'a trainable scorer that does not train',
    spoil(scoreSpec, { trainable: true }),
    /is trainable without a method train/,
  ],
  [
    'neighbours out of range',
    spoil(knnSpec, {
      create: ({ k }) => ({ k, build: ({ n }) => ({ ...allocateKnnGraph(n, k), ids: new Int32Array(n * k).fill(n) }) }),
    }),
    /keeps the promises of its kind: knn row 0: neighbour 20 is out of range/,
  ],
  [
    'distances for similarities',
    spoil(knnSpec, { create: (options, services) => distances(knnSpec.create(options, services)) }),
    /their cosine is/,
  ],
  [
    'another k than announced',
    spoil(knnSpec, { create: (options, services) => ({ ...knnSpec.create(options, services), k: 5 }) }),
    /says k is 5, and gives 4/,
  ],
  [
    'clusters where edges were announced',
    spoil(proposeSpec, {
      create: () => ({
        propose: ({ n }) => ({ kind: 'clusters', n, offsets: Int32Array.of(0), members: new Int32Array(0) }),
      }),
    }),
    /gives clusters, announced edges/,
  ],
  [
    'links that are not sorted',
    spoil(proposeSpec, { create: (options, services) => unsorted(proposeSpec.create(options, services)) }),
    /not sorted, best first/,
  ],
  [
    'a kNN graph used without asking',
    spoil(proposeSpec, { knn: false }),
    /does without a kNN graph it does not ask for: TypeError/,
  ],
  [
    'the truth read without asking',
    spoil(scoreSpec, {
      create: () => ({ score: (_, { truth }, previous) => ({ ...previous, vertices: Float32Array.from(truth!) }) }),
    }),
    /keeps the promises of its kind: TypeError/,
  ],
  [
    'confidences announced and not given',
    spoil(scoreSpec, { create: () => ({ score: (_p, _c, previous) => previous }) }),
    /announces vertices and does not give them/,
  ],
  ['confidences given and not announced', spoil(scoreSpec, { gives: [] }), /gives vertices without announcing/],
  [
    'a score that is NaN',
    spoil(scoreSpec, {
      create: () => ({
        score: ({ n }, _c, { proposals }) => ({ proposals: proposals.map(() => NaN), vertices: new Float32Array(n) }),
      }),
    }),
    /score 0 of proposals is NaN/,
  ],
  [
    'labels with -1',
    spoil(deoverlapSpec, {
      create: () => ({ deoverlap: ({ n }) => ({ values: new Int32Array(n).fill(-1), clusters: 0 }) }),
    }),
    /keeps the promises of its kind: label -1/,
  ],
  [
    'a metric that is not finite',
    spoil(evaluateSpec, { create: () => ({ evaluate: () => ({ rand: NaN }) }) }),
    /metric rand is NaN/,
  ],
  [
    'a metric that reads names',
    spoil(evaluateSpec, { create: () => ({ evaluate: (_t, predicted) => ({ first: predicted[0] ?? 0 }) }) }),
    /first is \d+, and \d+ once clusters are renamed/,
  ],
  [
    'output that changes by the call',
    spoil(deoverlapSpec, {
      create: () => ({
        deoverlap: ({ n }) => ({ values: new Int32Array(n), clusters: Math.min(n, 1), at: calls++ }) as never,
      }),
    }),
    /at changes when the same stage is called again/,
  ],
  [
    'state shared between stages',
    spoil(evaluateSpec, { create: () => ((at) => ({ evaluate: () => ({ at }) }))(calls++) }),
    /at differs between two stages built alike/,
  ],
  [
    'input written to',
    spoil(scoreSpec, {
      create: () => ({
        score: ({ n }, _c, { proposals }) => ({ proposals: proposals.fill(1), vertices: new Float32Array(n) }),
      }),
    }),
    /leaves its input untouched: writes to scores\.proposals/,
  ],
  [
    'no instance refused',
    spoil(deoverlapSpec, {
      create: (options, services) => ({
        deoverlap: (proposals, scores, context) =>
          proposals.n === 0 ? refuse() : deoverlapSpec.create(options, services).deoverlap(proposals, scores, context),
      }),
    }),
    /takes no instance, and a single one: 0 instances: throws L2cError/,
  ],
  [
    'a tensor left behind',
    spoil(scoreSpec, {
      create: (options, services) => ({
        score: (proposals, context, previous) => (
          tf.scalar(1),
          scoreSpec.create(options, services).score(proposals, context, previous)
        ),
      }),
    }),
    /leaves no tensor behind: 1 more tensors after a call/,
  ],
  [
    'weights of another shape',
    spoil(trainSpec, {
      create: () => ({
        score: (_p, _c, previous) => previous,
        train: async () => ({ weights: new Map([['mean', { shape: [2], values: new Float32Array(1) }]]), record: {} }),
      }),
    }),
    /weight mean: 1 values for shape \[2\]/,
  ],
  [
    'training without a seed',
    spoil(trainSpec, {
      create: () => ({
        score: (_p, _c, previous) => previous,
        train: async () => ({
          weights: new Map([['mean', { shape: [1], values: Float32Array.of(Math.random()) }]]),
          record: {},
        }),
      }),
    }),
    /weight mean\.values differs between two trainings/,
  ],
  [
    'a record that JSON loses',
    spoil(trainSpec, {
      create: () => ({
        score: (_p, _c, previous) => previous,
        train: async () => ({
          weights: new Map([['mean', { shape: [], values: new Float32Array(1) }]]),
          record: { loss: NaN },
        }),
      }),
    }),
    /record loss can't be written as JSON/,
  ],
];

function distances(builder: ReturnType<typeof knnSpec.create>): ReturnType<typeof knnSpec.create> {
  return {
    k: builder.k,
    async build(features) {
      const knn = await builder.build(features);
      const similarities = knn.similarities.map((similarity) => 1 - similarity);
      for (let i = 0; i < knn.n; i++)
        similarities
          .subarray(i * knn.k, (i + 1) * knn.k)
          .sort()
          .reverse();
      return { ...knn, similarities };
    },
  };
}

function unsorted(generator: ReturnType<typeof proposeSpec.create>): ReturnType<typeof proposeSpec.create> {
  return {
    async propose(features, knn) {
      const edges = await generator.propose(features, knn);
      return edges.kind === 'edges' ? { ...edges, similarities: edges.similarities.slice().reverse() } : edges;
    },
  };
}

function refuse(): never {
  throw problem('E_DATA', 'features', 'there are none');
}

describe('stageChecks', () => {
  for (const definition of soundStages) {
    it(`finds nothing wrong with ${definition.type}`, async () => {
      expect(await findings(definition)).to.deep.equal([]);
    });
  }
  for (const [title, definition, fact] of spoiled) {
    it(`finds ${title}`, async () => {
      const found = await findings(definition);
      expect(
        found.filter((line) => fact.test(line)),
        found.join('\n'),
      ).to.have.length.at.least(1);
    });
  }
  it('lets builders and generators refuse few instances by an error for users', async () => {
    const picky = spoil(knnSpec, {
      create: (options, services) => ({
        k: options.k,
        build: (features) => (features.n < 2 ? refuse() : knnSpec.create(options, services).build(features)),
      }),
    });
    expect(await findings(picky)).to.deep.equal([]);
  });
  it('tries a stage that takes either kind on both', async () => {
    const kinds = new Set<string>();
    await findings(
      spoil(deoverlapSpec, {
        create: (options, services) => ({
          deoverlap(proposals, scores, context) {
            kinds.add(proposals.kind);
            return deoverlapSpec.create(options, services).deoverlap(proposals, scores, context);
          },
        }),
      }),
    );
    expect([...kinds]).to.have.members(['edges', 'clusters']);
  });
});
