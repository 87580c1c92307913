/** The stage that `l2c init` writes: small, but one that is used (mutual nearest neighbours). */
export const stageSource = `/** @import { Deoverlapper, EdgeProposals, Labels, OptionsSchema } from '@l2c/core' */
import { defineStage, toLabels } from '@l2c/core';

/**
 * What the schema below describes, once its defaults are filled in.
 * @typedef {{ minScore: number, rank: number }} MutualLinksOptions
 */

/**
 * Closed, and every option described: help, docs and checks are made of it.
 * @type {OptionsSchema<MutualLinksOptions>}
 */
const options = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minScore: {
      type: 'number',
      default: 0.5,
      description: 'Links scoring below are cut. Without a scorer the score of a link is its cosine similarity.',
    },
    rank: {
      type: 'integer',
      minimum: 1,
      default: 5,
      description: 'Each of two instances must be among so many first links of the other.',
    },
  },
  required: ['minScore', 'rank'],
};

/**
 * Joins instances that list each other among their first \`rank\` links of at least \`minScore\`. Pure: no files, no
 * clock, no log; what it is given stays as it is. O(n rank) for n instances. Gowda and Krishna, 1978.
 *
 * @param {EdgeProposals} edges the links of instance i are at offsets[i] .. offsets[i + 1], best first
 * @param {ArrayLike<number>} scores one per link
 * @param {MutualLinksOptions} options
 * @returns {Labels}
 */
export function mutualLinks({ n, offsets, targets }, scores, { minScore, rank }) {
  const lists = Array.from({ length: n }, (_, i) => {
    const links = Array.from({ length: offsets[i + 1] - offsets[i] }, (_, at) => offsets[i] + at);
    const good = links
      .filter((link) => scores[link] >= minScore)
      .sort((a, b) => scores[b] - scores[a] || targets[a] - targets[b]);
    return new Set(good.slice(0, rank).map((link) => targets[link]));
  });
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  /** @param {number} i */
  const rootOf = (i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  lists.forEach((list, i) => {
    for (const j of list) if (lists[j].has(i)) parent[rootOf(i)] = rootOf(j);
  });
  return toLabels(parent.map((_, i) => rootOf(i)));
}

/** @implements {Deoverlapper} */
class MutualLinks {
  /** @param {MutualLinksOptions} options */
  constructor(options) {
    this.options = options;
  }

  /** @type {Deoverlapper['deoverlap']} */
  deoverlap(proposals, scores) {
    // Edges for sure: the definition takes nothing else, and a pipeline that gives it clusters is refused.
    return mutualLinks(/** @type {EdgeProposals} */ (proposals), scores.proposals, this.options);
  }
}

export const mutualLinksStage = defineStage({
  kind: 'deoverlapper',
  type: 'mutual-links',
  proposals: 'edges',
  summary: 'Joins instances that list each other among their best links.',
  cost: 'O(n rank) time and memory',
  reference: 'Gowda and Krishna, Agglomerative clustering using the concept of mutual nearest neighbourhood, 1978',
  options,
  create: (options) => new MutualLinks(options),
});
`;

/** Its tests: the contract, and a toy for paper. */
export const stageTestSource = `import { describeStage, expectLabels, toEdgeProposals } from '@l2c/core/testing';
import { mutualLinks, mutualLinksStage } from '../src/mutual-links.js';

// The contract: what every deoverlapper promises, tested for each set of options.
describeStage(mutualLinksStage, [{}, { options: { minScore: 0.3, rank: 1 } }]);

// What is special about this one, on a graph small enough for paper.
describe('mutualLinks', () => {
  const edges = toEdgeProposals(4, [
    [0, 1, 0.9],
    [0, 2, 0.7],
    [1, 0, 0.9],
    [2, 0, 0.7],
    [3, 0, 0.8],
  ]);
  const cluster = (minScore, rank) => mutualLinks(edges, edges.similarities, { minScore, rank });

  it('joins those that list each other, and leaves one alone whom nobody lists', () => {
    expectLabels(cluster(0.5, 5), [0, 0, 0, 1]);
  });
  it('looks at the first links alone', () => {
    expectLabels(cluster(0.5, 1), [0, 0, 1, 2]);
  });
  it('cuts links that score below minScore, and keeps those that score just as much', () => {
    expectLabels(cluster(0.75, 5), [0, 0, 1, 2]);
    expectLabels(cluster(Math.fround(0.7), 5), [0, 0, 0, 1]);
  });
});
`;
