/** @import { Deoverlapper, EdgeProposals, Labels, OptionsSchema } from '@l2c/core' */
import { defineStage, toLabels } from '@l2c/core';

/**
 * What `options` below describes, once the defaults are filled in.
 * @typedef {{ minScore: number, core: number }} KCoreOptions
 */

/** @type {OptionsSchema<KCoreOptions>} */
const options = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minScore: {
      type: 'number',
      default: 0.5,
      description: 'Links scoring below are cut. Without a scorer the score of a link is its cosine similarity.',
    },
    core: {
      type: 'integer',
      minimum: 1,
      default: 2,
      description: 'Links that an instance of a core keeps within it. 1 gives connected components.',
    },
  },
  required: ['minScore', 'core'],
};

/**
 * Connected components that thin bridges don't hold together. Instances with fewer than `core` links are peeled off, again
 * and again, until those left have `core` links among themselves (Seidman, 1983). Those left are joined along all their
 * links; each peeled instance only along its best one, so that it follows one side and does not connect two. Links count
 * once, whichever end proposes them, with the better score of the two; ties go to the lower instance.
 * O(m log m) for m links.
 *
 * @param {EdgeProposals} edges
 * @param {ArrayLike<number>} scores one per link
 * @param {KCoreOptions} options
 * @returns {Labels}
 */
export function kCore(edges, scores, { minScore, core }) {
  const neighbours = mutualise(edges, scores, minScore);
  const isCore = peel(neighbours, core);
  const parent = Int32Array.from({ length: edges.n }, (_, i) => i);
  neighbours.forEach((links, i) => {
    const used = isCore[i] ? [...links.keys()].filter((j) => isCore[j]) : best(links);
    for (const j of used) join(parent, i, j);
  });
  return toLabels(parent.map((_, i) => rootOf(parent, i)));
}

/**
 * Links both ways: for each instance, the score of every other one it is linked to.
 * @param {EdgeProposals} edges
 * @param {ArrayLike<number>} scores
 * @param {number} minScore
 * @returns {Map<number, number>[]}
 */
function mutualise({ n, offsets, targets }, scores, minScore) {
  /** @type {Map<number, number>[]} */
  const neighbours = Array.from({ length: n }, () => new Map());
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (!(scores[e] >= minScore)) continue;
      const score = Math.max(scores[e], neighbours[i].get(targets[e]) ?? -Infinity);
      neighbours[i].set(targets[e], score);
      neighbours[targets[e]].set(i, score);
    }
  }
  return neighbours;
}

/**
 * 1 for each instance that keeps `core` links once those with fewer are gone. O(m).
 * @param {Map<number, number>[]} neighbours
 * @param {number} core
 */
function peel(neighbours, core) {
  const isCore = new Uint8Array(neighbours.length).fill(1);
  const degrees = neighbours.map((links) => links.size);
  const queue = [...degrees.keys()].filter((i) => degrees[i] < core);
  for (const i of queue) isCore[i] = 0;
  // The queue grows while it is walked.
  for (const i of queue) {
    for (const j of neighbours[i].keys()) {
      if (isCore[j] && --degrees[j] < core) {
        isCore[j] = 0;
        queue.push(j);
      }
    }
  }
  return isCore;
}

/**
 * The best link, as a list of at most one instance.
 * @param {Map<number, number>} links
 */
function best(links) {
  let found = -1;
  for (const [j, score] of links) {
    const lead = score - (links.get(found) ?? -Infinity);
    if (lead > 0 || (lead === 0 && j < found)) found = j;
  }
  return found < 0 ? [] : [found];
}

/**
 * @param {Int32Array} parent
 * @param {number} i
 */
function rootOf(parent, i) {
  while (parent[i] !== i) i = parent[i] = parent[parent[i]];
  return i;
}

/**
 * @param {Int32Array} parent
 * @param {number} i
 * @param {number} j
 */
function join(parent, i, j) {
  parent[rootOf(parent, i)] = rootOf(parent, j);
}

/** @implements {Deoverlapper} */
class KCore {
  /** @param {KCoreOptions} options */
  constructor(options) {
    this.options = options;
  }

  /** @type {Deoverlapper['deoverlap']} */
  deoverlap(proposals, scores) {
    // The pipeline has seen to it: the definition takes edges alone.
    return kCore(/** @type {EdgeProposals} */ (proposals), scores.proposals, this.options);
  }
}

export const kCoreStage = defineStage({
  kind: 'deoverlapper',
  type: 'k-core',
  proposals: 'edges',
  summary: 'Joins instances that keep enough links among themselves; others only follow their best link.',
  cost: 'O(m log m) time and O(m) memory for m links',
  reference: 'Seidman, Network structure and minimum degree, Social Networks 5, 1983',
  options,
  create: (options) => new KCore(options),
});
