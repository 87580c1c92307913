import { toLabels, type Labels } from '../data/labels.js';
import type { EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { UnionFind } from '../graph/union-find.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import { expectEdges } from './expect-proposals.js';

export interface ConnectedComponentsOptions {
  minScore: number;
}

const options: OptionsSchema<ConnectedComponentsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minScore: {
      type: 'number',
      default: -1,
      description: 'Links scoring below are cut. Without a scorer the score of a link is its cosine similarity.',
    },
  },
  required: ['minScore'],
};

/** Joins what the links of at least `minScore` connect, whichever way they point. O(n + m), 8 n bytes. */
export function connectedComponents(
  edges: EdgeProposals,
  scores: Float32Array,
  options: ConnectedComponentsOptions,
): Labels {
  const { n, offsets, targets } = edges;
  const sets = new UnionFind(n);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (scores[e] >= options.minScore) sets.union(i, targets[e]);
    }
  }
  return toLabels(sets.roots());
}

class ConnectedComponents implements Deoverlapper {
  constructor(private readonly options: ConnectedComponentsOptions) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    return connectedComponents(expectEdges(proposals, 'connected-components'), scores.proposals, this.options);
  }
}

export const connectedComponentsStage = defineStage({
  kind: 'deoverlapper',
  type: 'connected-components',
  proposals: 'edges',
  summary: 'Makes one cluster of all that links of at least minScore connect.',
  cost: 'O(n + m) time, 8 n bytes',
  options,
  create: (filled: ConnectedComponentsOptions) => new ConnectedComponents(filled),
});
