import { toLabels, type Labels } from '../data/labels.js';
import type { Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { problem } from '../errors.js';
import type { Csr } from '../graph/csr.js';
import { UnionFind } from '../graph/union-find.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { tiedAlone, type SimilarLinks } from './confidence-ties.js';
import { expectEdges } from './expect-proposals.js';

export interface ConfidenceTreeOptions {
  minSimilarity: number;
  maxConnections: number;
}

const options: OptionsSchema<ConfidenceTreeOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minSimilarity: {
      type: 'number',
      minimum: -1,
      maximum: 1,
      default: 0.8,
      description: 'Connections of this cosine similarity or less are cut.',
    },
    maxConnections: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'How many more confident neighbours an instance connects to.',
    },
  },
  required: ['minSimilarity', 'maxConnections'],
};

/**
 * (n x maxConnections) int32: of each instance the links to its best scoring neighbours of strictly larger confidence,
 * best first, -1 where there are no more. Among equal scores the link listed first wins; a score of -Infinity or NaN
 * makes a link no candidate. O(n + m maxConnections).
 */
export function moreConfidentLinks(
  links: Csr,
  scores: ArrayLike<number>,
  confidences: ArrayLike<number>,
  maxConnections: number,
): Int32Array {
  const { n, offsets, targets } = links;
  const chosen = new Int32Array(n * maxConnections).fill(-1);
  for (let i = 0; i < n; i++) {
    const first = i * maxConnections;
    let count = 0;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (!(confidences[targets[e]] > confidences[i]) || !(scores[e] > -Infinity)) continue;
      let at = first + count;
      while (at > first && scores[e] > scores[chosen[at - 1]]) at--;
      if (at === first + maxConnections) continue;
      if (count < maxConnections) count++;
      chosen.copyWithin(at + 1, at, first + count - 1);
      chosen[at] = e;
    }
  }
  return chosen;
}

/**
 * Connects each instance to its best scoring neighbours of larger confidence (never of an equal one, as in the paper), cuts connections by similarity and makes a
 * cluster of each tree (with `maxConnections` > 1: of each connected group). A connection is cut where
 * 1 - similarity >= 1 - minSimilarity. `confidences` holds n numbers. O(n + m maxConnections).
 * Yang et al., "Learning to Cluster Faces via Confidence and Connectivity Estimation", CVPR 2020, sec. 3.2 and 3.4.
 */
export function confidenceTree(
  links: SimilarLinks,
  scores: ArrayLike<number>,
  confidences: ArrayLike<number>,
  options: ConfidenceTreeOptions,
): Labels {
  const { minSimilarity } = options;
  const maxConnections = Math.min(options.maxConnections, largestDegree(links));
  const chosen = moreConfidentLinks(links, scores, confidences, maxConnections);
  const trees = new UnionFind(links.n);
  const maxDistance = 1 - minSimilarity; // compared as distances, as the paper's code does: the last bit decides
  for (let c = 0; c < chosen.length; c++) {
    const e = chosen[c];
    if (e === -1 || 1 - links.similarities[e] >= maxDistance) continue;
    trees.union(Math.floor(c / maxConnections), links.targets[e]);
  }
  return toLabels(trees.roots());
}

function largestDegree({ n, offsets }: Csr): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, offsets[i + 1] - offsets[i]);
  return largest;
}

/** Ties of so few of the instances are the common lot of copies. */
const commonTies = 0.01;

class ConfidenceTree implements Deoverlapper {
  constructor(
    private readonly options: ConfidenceTreeOptions,
    private readonly services: Services,
  ) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    if (scores.vertices === undefined) {
      throw problem(
        'E_STAGE',
        'confidence-tree',
        'no scorer gave a confidence per instance',
        'add a scorer that does, for example gcn-v or density',
      );
    }
    const edges = expectEdges(proposals, 'confidence-tree');
    const labels = confidenceTree(edges, scores.proposals, scores.vertices, this.options);
    this.tellTies(tiedAlone(edges, scores.vertices, labels, this.options.minSimilarity), edges.n);
    return labels;
  }

  private tellTies(tied: number, n: number): void {
    if (tied > 0) this.services.record('tied', tied);
    if (tied <= commonTies * n) return;
    const fact = `confidence-tree: ${tied} of ${n} instances stay alone beside a neighbour of equal confidence, for a connection needs a larger one`;
    const wayOut =
      'leave out copies of faces, take a confidence that tells instances apart (density with measure: similarity), or cluster with connected-components';
    this.services.log.warn(`${fact}; ${wayOut}`);
  }
}

export const confidenceTreeStage = defineStage({
  kind: 'deoverlapper',
  type: 'confidence-tree',
  proposals: 'edges',
  vertices: true,
  summary: 'Connects each instance to its best neighbour of larger confidence; each tree is a cluster.',
  cost: 'O(n + m maxConnections) time, (12 + 4 maxConnections) n bytes',
  reference: 'Yang et al., Learning to Cluster Faces via Confidence and Connectivity Estimation, CVPR 2020, sec. 3.2',
  options,
  create: (filled: ConfidenceTreeOptions, services) => new ConfidenceTree(filled, services),
});
