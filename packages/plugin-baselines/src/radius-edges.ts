import {
  defineStage,
  type EdgeProposals,
  type Features,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
} from '@l2c/core';
import { radiusLinks } from './radius-links.js';

export interface RadiusEdgesOptions {
  maxDistance: number;
}

const options: OptionsSchema<RadiusEdgesOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxDistance: {
      type: 'number',
      minimum: 0,
      maximum: 2,
      default: 0.25,
      description: 'Instances of at most this distance are linked, as 1 - cosine similarity; a Euclidean e is e²/2.',
    },
  },
  required: ['maxDistance'],
};

class RadiusEdges implements ProposalGenerator {
  constructor(
    private readonly options: RadiusEdgesOptions,
    private readonly services: Services,
  ) {}

  propose(features: Features): Promise<EdgeProposals> {
    return radiusLinks(features, this.options.maxDistance, this.services);
  }
}

export const radiusEdgesStage = defineStage({
  kind: 'proposalGenerator',
  type: 'radius-edges',
  proposals: 'edges',
  version: 2,
  summary: 'Links all instances within a distance of each other, exactly.',
  cost: 'O(n^2 dim / 2) time, 28 bytes a pair within the distance',
  reference: 'Ester et al., A Density-Based Algorithm for Discovering Clusters in Large Spatial Databases, KDD 1996',
  options,
  create: (filled: RadiusEdgesOptions, services) => new RadiusEdges(filled, services),
});
