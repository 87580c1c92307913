import { Features, nearestNeighbours, type Csr, type Services } from '@l2c/core';

/** Neighbours among the centres of groups, nearest first. */
export interface CentreLinks extends Csr {
  readonly similarities: Float32Array;
}

/** (groups x dim) the mean of the features of each group, not normalised again. O(n dim). */
export function groupCentres(features: Features, groups: Csr): Features {
  const { dim, blocks, rowsPerBlock } = features;
  const centres = Features.allocate(groups.n, dim);
  const sums = new Float64Array(dim);
  for (let g = 0; g < groups.n; g++) {
    const [start, end] = [groups.offsets[g], groups.offsets[g + 1]];
    sums.fill(0);
    for (let m = start; m < end; m++) {
      const i = groups.targets[m];
      const block = blocks[Math.floor(i / rowsPerBlock)];
      const at = (i % rowsPerBlock) * dim;
      for (let c = 0; c < dim; c++) sums[c] += block[at + c];
    }
    const centre = centres.row(g);
    for (let c = 0; c < dim; c++) centre[c] = sums[c] / (end - start);
  }
  return centres;
}

/** The nearest neighbours of every centre by inner product, from which links of any smaller k are taken. */
export class CentreNeighbours {
  constructor(
    private readonly count: number,
    private readonly width: number,
    /** (groups x width) int32, nearest first; -1 = no more were found. */
    private readonly ids: Int32Array,
    private readonly similarities: Float32Array,
    /** (groups) inner product of each centre with itself. */
    private readonly own: Float32Array,
  ) {}

  /** Finds what links of up to k neighbours need; nearly all of it where centres are many, see {@link nearestNeighbours}. */
  static async find(
    centres: Features,
    k: number,
    { compute, progress, signal, random }: Pick<Services, 'compute' | 'progress' | 'signal' | 'random'>,
  ): Promise<CentreNeighbours> {
    const { n } = centres;
    const width = Math.max(0, Math.min(k + 1, n - 1));
    const own = new Float32Array(n);
    for (let g = 0; g < n; g++) own[g] = centres.dot(g, g);
    if (width === 0) return new CentreNeighbours(n, 0, new Int32Array(0), new Float32Array(0), own);
    const services = { compute, progress, signal, random: random(0) };
    const { ids, similarities } = await nearestNeighbours(centres, width, services);
    return new CentreNeighbours(n, width, ids, similarities, own);
  }

  /**
   * Links of each centre to its k nearest. Centres are no unit vectors: one can be nearer to k + 1 others than to itself, and then
   * links to all of them, as where a search for k + 1 neighbours finds the centre itself among all others.
   */
  links(k: number): CentreLinks {
    const { count, width } = this;
    const wide = Math.min(k + 1, width);
    const offsets = new Int32Array(count + 1);
    const targets = new Int32Array(count * wide);
    const similarities = new Float32Array(count * wide);
    let at = 0;
    for (let g = 0; g < count; g++) {
      for (let c = 0; c < wide; c++) {
        const e = g * width + c;
        if (this.ids[e] === -1 || (c === k && !(this.similarities[e] > this.own[g]))) break;
        targets[at] = this.ids[e];
        similarities[at++] = this.similarities[e];
      }
      offsets[g + 1] = at;
    }
    return { n: count, offsets, targets: targets.subarray(0, at), similarities: similarities.subarray(0, at) };
  }
}
