import type { KnnGraph } from '../data/knn-graph.js';
import { evenOffsets, type Csr } from '../graph/csr.js';
import type { RoundState } from '../pipeline/run.js';

/** The links that a pipeline decided by, and what it thought of them. */
export interface DecidingLinks extends Csr {
  /** (m) float32 what the scorers gave, or the similarity. */
  readonly scores: Float32Array;
  /** (m) float32 cosine similarities; the same array where nothing scored. */
  readonly similarities: Float32Array;
}

/** The proposed links of the last round, else those of its kNN graph; undefined where there is neither. */
export function decidingLinks({ proposals, scores, knn }: RoundState): DecidingLinks | undefined {
  if (proposals.kind === 'edges') {
    const { n, offsets, targets, similarities } = proposals;
    return { n, offsets, targets, similarities, scores: scores.proposals };
  }
  return knn && linksOfGraph(knn);
}

/** All links of a kNN graph, as they are. */
export function linksOfGraph({ n, k, ids, similarities }: KnnGraph): DecidingLinks {
  return { n, offsets: evenOffsets(n, k), targets: ids, similarities, scores: similarities };
}
