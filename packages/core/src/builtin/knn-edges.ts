import type { KnnGraph } from '../data/knn-graph.js';
import type { EdgeProposals } from '../data/proposals.js';
import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import type { Features } from '../data/features.js';
import { problem } from '../errors.js';
import { countsToOffsets, evenOffsets, transpose } from '../graph/csr.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { ProposalGenerator } from '../stages/interfaces.js';

export interface KnnEdgesOptions {
  k: number;
  minSimilarity: number;
  mutual: boolean;
}

const options: OptionsSchema<KnnEdgesOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Neighbours of each instance to propose, best first; 0 proposes all that the knnBuilder found.',
    },
    minSimilarity: {
      type: 'number',
      minimum: -1,
      maximum: 1,
      default: -1,
      description: 'Links of a lower cosine similarity are left out; -1 keeps all.',
    },
    mutual: {
      type: 'boolean',
      default: false,
      description: 'Keeps a link only where each of both instances lists the other.',
    },
  },
  required: ['k', 'minSimilarity', 'mutual'],
};

/**
 * Proposes a link from each instance to each of its neighbours. Inclusive: a similarity equal to `minSimilarity` stays.
 * Where nothing is left out, targets and similarities are views of the graph's own arrays. Otherwise O(n k) time and
 * 8 bytes a kept link, with `mutual` 8 n k bytes more for a moment.
 */
export function knnEdges(knn: KnnGraph, options: KnnEdgesOptions): EdgeProposals {
  const { n, k } = knn;
  const kept = keptPerRow(knn, options);
  const { offsets } = kept;
  if (!options.mutual && offsets[n] === n * k) {
    return { kind: 'edges', n, offsets, targets: knn.ids, similarities: knn.similarities };
  }
  const targets = sharedInt32(offsets[n]);
  const similarities = sharedFloat32(offsets[n]);
  for (let i = 0; i < n; i++) {
    const count = offsets[i + 1] - offsets[i];
    targets.set(knn.ids.subarray(i * k, i * k + count), offsets[i]);
    similarities.set(knn.similarities.subarray(i * k, i * k + count), offsets[i]);
  }
  const edges: EdgeProposals = { kind: 'edges', n, offsets, targets, similarities };
  return options.mutual ? mutualOnly(edges) : edges;
}

/** Offsets of the rows' kept fronts: rows are sorted, so what is left out lies at their ends. */
function keptPerRow(knn: KnnGraph, options: KnnEdgesOptions): { offsets: Int32Array } {
  const { n, k, ids, similarities } = knn;
  const width = options.k === 0 ? k : Math.min(k, options.k);
  const everything = options.minSimilarity <= -1; // rounding puts some cosines a little below -1
  const offsets = sharedInt32(n + 1);
  for (let i = 0; i < n; i++) {
    let count = width;
    while (count > 0) {
      const e = i * k + count - 1;
      if (ids[e] >= 0 && (everything || similarities[e] >= options.minSimilarity)) break;
      count--;
    }
    offsets[i + 1] = count;
  }
  countsToOffsets(offsets);
  return { offsets: offsets[n] === n * k ? evenOffsets(n, k, offsets) : offsets };
}

function mutualOnly(edges: EdgeProposals): EdgeProposals {
  const { n } = edges;
  const incoming = transpose(edges);
  const listedBy = new Int32Array(n).fill(-1);
  const offsets = sharedInt32(n + 1);
  const keep = new Uint8Array(edges.targets.length);
  for (let i = 0; i < n; i++) {
    for (let e = incoming.offsets[i]; e < incoming.offsets[i + 1]; e++) listedBy[incoming.targets[e]] = i;
    let count = 0;
    for (let e = edges.offsets[i]; e < edges.offsets[i + 1]; e++) {
      if (listedBy[edges.targets[e]] !== i) continue;
      keep[e] = 1;
      count++;
    }
    offsets[i + 1] = count;
  }
  countsToOffsets(offsets);
  const targets = sharedInt32(offsets[n]);
  const similarities = sharedFloat32(offsets[n]);
  for (let e = 0, at = 0; e < keep.length; e++) {
    if (keep[e] === 0) continue;
    targets[at] = edges.targets[e];
    similarities[at++] = edges.similarities[e];
  }
  return { kind: 'edges', n, offsets, targets, similarities };
}

class KnnEdges implements ProposalGenerator {
  constructor(private readonly options: KnnEdgesOptions) {}

  propose(_features: Features, knn: KnnGraph | undefined): EdgeProposals {
    if (knn === undefined) throw new RangeError('knn-edges needs a knn graph');
    if (this.options.k > knn.k) {
      throw problem(
        'E_STAGE',
        'knn-edges.k',
        `${this.options.k} neighbours asked for, the knn graph holds ${knn.k}`,
        'raise k of the knnBuilder, or leave k out to propose all',
      );
    }
    return knnEdges(knn, this.options);
  }
}

export const knnEdgesStage = defineStage({
  kind: 'proposalGenerator',
  type: 'knn-edges',
  proposals: 'edges',
  knn: true,
  summary: 'Proposes a link from each instance to each of its nearest neighbours.',
  cost: 'nothing where all links are kept, else O(n k) time and 8 bytes a kept link',
  options,
  create: (filled: KnnEdgesOptions) => new KnnEdges(filled),
});
