import {
  defineStage,
  problem,
  toLabels,
  type ClusterProposals,
  type Features,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
} from '@l2c/core';
import { Centres } from './centres.js';
import { clustersOf } from './clusters-of.js';
import { CentreSearch } from './nearest-centres.js';
import { squaredLengths } from './row-blocks.js';
import { dominantModes, findModes } from './shift-modes.js';
import { gridSeeds, instanceSeeds, type Points } from './shift-seeds.js';

export interface MeanShiftOptions {
  maxDistance: number;
  seeding: 'instances' | 'grid';
  minSeedSize: number;
  iterations: number;
  assignAll: boolean;
}

const options: OptionsSchema<MeanShiftOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxDistance: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 2,
      default: 0.3,
      description:
        'The bandwidth: means are taken over what is within it, as 1 - cosine; a Euclidean bandwidth b is b²/2.',
    },
    seeding: {
      type: 'string',
      enum: ['instances', 'grid'],
      default: 'instances',
      description: 'Where means start: at every instance, or at the corners of a grid as wide as the bandwidth.',
    },
    minSeedSize: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'With grid: corners with fewer instances next to them are no start.',
    },
    iterations: { type: 'integer', minimum: 0, default: 300, description: 'Times that a mean moves on, at most.' },
    assignAll: {
      type: 'boolean',
      default: true,
      description:
        'Gives every instance to its nearest centre; else those beyond maxDistance of all centres are singletons.',
    },
  },
  required: ['maxDistance', 'seeding', 'minSeedSize', 'iterations', 'assignAll'],
};

export interface MeanShiftResult {
  /** (n) centres, -1 = too far from all. */
  readonly labels: Int32Array;
  readonly centres: Points;
}

/**
 * Moves means uphill to where instances are densest and gives each instance to the nearest place that means came to. The
 * kernel is flat: everything within the bandwidth counts alike. Means leave the unit sphere, so distances are Euclidean.
 * O(iterations seeds n dim) time, less what merges on its way.
 * Comaniciu and Meer, "Mean Shift: A Robust Approach Toward Feature Space Analysis", PAMI 2002; details of scikit-learn.
 */
export async function meanShift(
  features: Features,
  options: MeanShiftOptions,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
): Promise<MeanShiftResult> {
  const { dim } = features;
  const bandwidth = Math.sqrt(2 * options.maxDistance);
  const seeds =
    options.seeding === 'grid' ? gridSeeds(features, bandwidth, options.minSeedSize) : instanceSeeds(features);
  const modes = await findModes(features, seeds, bandwidth, options.iterations, services);
  const centres = await dominantModes(modes, dim, bandwidth, services.compute);
  return { labels: await nearest(features, centres, options.assignAll ? Infinity : bandwidth, services), centres };
}

async function nearest(
  features: Features,
  { values, count }: Points,
  bandwidth: number,
  services: Pick<Services, 'compute' | 'signal'>,
): Promise<Int32Array> {
  const { n, dim } = features;
  const labels = new Int32Array(n).fill(-1);
  if (count === 0) return labels;
  const centres = new Centres(count, dim);
  centres.values.set(values);
  for (let c = 0; c < count; c++) centres.measure(c);
  const scores = new Float64Array(n);
  await new CentreSearch(features, centres, services).all({ labels, scores });
  if (bandwidth === Infinity) return labels;
  const squares = squaredLengths(features);
  for (let i = 0; i < n; i++) if (squares[i] - 2 * scores[i] > bandwidth * bandwidth) labels[i] = -1;
  return labels;
}

class MeanShift implements ProposalGenerator {
  constructor(
    private readonly options: MeanShiftOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features): Promise<ClusterProposals> {
    const { labels, centres } = await meanShift(features, this.options, this.services);
    if (centres.count === 0 && features.n > 0) {
      throw problem(
        'E_STAGE',
        'mean-shift.seeding',
        `no instance lies within maxDistance ${this.options.maxDistance} of a corner of the grid`,
        'start at instances, or raise maxDistance',
      );
    }
    this.services.record('centres', centres.count);
    const names = toLabels(labels.map((label, i) => (label === -1 ? centres.count + i : label)));
    return clustersOf(names.values, names.clusters);
  }
}

export const meanShiftStage = defineStage({
  kind: 'proposalGenerator',
  type: 'mean-shift',
  proposals: 'clusters',
  summary: 'Moves means to where instances are densest, and gives each instance to the nearest of these places.',
  cost: 'O(iterations seeds n dim) time, 8 n dim bytes',
  reference: 'Comaniciu and Meer, Mean Shift: A Robust Approach Toward Feature Space Analysis, PAMI 2002',
  options,
  create: (filled: MeanShiftOptions, services) => new MeanShift(filled, services),
});
