import {
  ForwardModel,
  gatherRows,
  sharedFloat32,
  type ClusterProposals,
  type Features,
  type RowSource,
  type Services,
  type Weights,
} from '@l2c/core';
import { ClusterGraphs, type ClusterBatch } from './cluster-graphs.js';
import { gcnSModelOf, seededInputsOf } from './gcn-s-model.js';
import { memberRows, type MemberRows } from './member-rows.js';
import type { ClusterContext } from './score-clusters.js';
import { hashedSeeds, strongestSeeds, type SeedChoice } from './seed-vertices.js';
import { usedInstances } from './used-instances.js';

/** Members of proposals that go through the model together. */
const batchRows = 1024;

export interface MemberRating {
  readonly edgeWeights: boolean;
  readonly seedVertex: SeedChoice;
  /** Random seed vertices that are tried for each proposal. */
  readonly tries: number;
  readonly seed: number;
}

/** Rates the members of some proposals at a time, given their seeds. */
type Rate = (numbers: Int32Array, seeds: Int32Array | undefined) => Promise<Float32Array>;

/**
 * (members) float32: how surely each member of the proposals `isWanted` belongs to the identity of its proposal, or of the seed
 * vertex; members of others are rated 1. Of several tries that which finds most members to belong counts, the first of
 * equal ones. O(u dim hidden + tries (links + members hidden) hidden) time for u instances. Yang et al., CVPR 2019, sec. 3.4.
 *
 * @param place where the weights are from, for messages
 * @throws L2cError E_WEIGHTS where weights don't fit the features
 */
export async function rateMembers(
  proposals: ClusterProposals,
  { features, knn }: ClusterContext,
  weights: Weights,
  options: MemberRating,
  isWanted: (proposal: number) => boolean,
  { compute, progress, signal }: Pick<Services, 'compute' | 'progress' | 'signal'>,
  place = '',
): Promise<Float32Array> {
  const { offsets } = proposals;
  const ratings = sharedFloat32(proposals.members.length).fill(1);
  const wanted = Int32Array.from({ length: offsets.length - 1 }, (_, p) => p).filter(isWanted);
  const { inputs, seeded } = seededInputsOf(weights, features.dim);
  const shared = inputs === 'features';
  const model = await ForwardModel.open(gcnSModelOf(weights, features.dim), weights, compute, {
    place,
    shared,
    signal,
  });
  try {
    if (wanted.length === 0) return ratings;
    const graphs = new ClusterGraphs(proposals, knn, options.edgeWeights);
    const rate = shared
      ? await sharedRate(model, graphs, features, proposals, isWanted, seeded)
      : plainRate(model, graphs, memberRows(inputs, { features, knn }));
    for (let first = 0; first < wanted.length;) {
      signal.throwIfAborted();
      let [last, rows] = [first, 0];
      do rows += offsets[wanted[last] + 1] - offsets[wanted[last++]];
      while (last < wanted.length && rows + offsets[wanted[last] + 1] - offsets[wanted[last]] <= batchRows);
      const numbers = wanted.subarray(first, last);
      const best = await bestOfTries(proposals, graphs, numbers, options, seeded, rate);
      for (let at = 0, p = 0; p < numbers.length; p++) {
        const size = offsets[numbers[p] + 1] - offsets[numbers[p]];
        ratings.set(best.subarray(at, at + size), offsets[numbers[p]]);
        at += size;
      }
      first = last;
      progress.update(first, wanted.length, 'proposals');
    }
    return ratings;
  } finally {
    await model.dispose();
  }
}

/** Of each proposal the ratings of the try with the most members rated above one half. */
async function bestOfTries(
  proposals: ClusterProposals,
  graphs: ClusterGraphs,
  numbers: Int32Array,
  { seedVertex, tries, seed }: MemberRating,
  seeded: boolean,
  rate: Rate,
): Promise<Float32Array> {
  if (!seeded) return rate(numbers, undefined);
  if (seedVertex === 'max-degree') return rate(numbers, strongestSeeds(graphs, numbers));
  const best = await rate(numbers, hashedSeeds(proposals, numbers, seed, 0));
  for (let attempt = 1; attempt < tries; attempt++) {
    const found = await rate(numbers, hashedSeeds(proposals, numbers, seed, attempt));
    let at = 0;
    for (const p of numbers) {
      const end = at + proposals.offsets[p + 1] - proposals.offsets[p];
      const better = found.subarray(at, end);
      if (belonging(better) > belonging(best.subarray(at, end))) best.set(better, at);
      at = end;
    }
  }
  return best;
}

function belonging(ratings: Float32Array): number {
  let count = 0;
  for (const rating of ratings) if (rating > 0.5) count++;
  return count;
}

/** By the features, whose first product is made once; the seed is a row of its own there, see {@link ClusterGraphs.batch}. */
async function sharedRate(
  model: ForwardModel,
  graphs: ClusterGraphs,
  features: Features,
  proposals: ClusterProposals,
  isWanted: (proposal: number) => boolean,
  seeded: boolean,
): Promise<Rate> {
  const { instances, places } = usedInstances(proposals, isWanted);
  const seedRow = instances.length;
  const table = gatherRows(features, { members: instances }, undefined);
  const projected = await model.project(seeded ? withSeedRow(table) : table);
  return async (numbers, seeds) => {
    const batch = graphs.batch(numbers, seeds);
    const members = batch.members.map((i) => (i === -1 ? seedRow : places[i]));
    const output = await model.run(model.gather(projected, { members }), batch.graph);
    return probabilities(output, batch);
  };
}

function plainRate(model: ForwardModel, graphs: ClusterGraphs, rows: MemberRows): Rate {
  return async (numbers, seeds) => {
    const batch = graphs.batch(numbers);
    return probabilities(await model.run(rows(batch, seeds), batch.graph), batch);
  };
}

/** A last column of 0, and a last row that has a 1 there and is 0 else. */
function withSeedRow(table: RowSource): RowSource {
  const { n, dim } = table;
  return {
    n: n + 1,
    dim: dim + 1,
    copyRows(start, end, target) {
      const plain = new Float32Array((Math.min(end, n) - start) * dim);
      table.copyRows(start, Math.min(end, n), plain);
      for (let r = start; r < end; r++) {
        const to = (r - start) * (dim + 1);
        if (r < n) target.set(plain.subarray((r - start) * dim, (r - start + 1) * dim), to);
        else target.fill(0, to, to + dim);
        target[to + dim] = r < n ? 0 : 1;
      }
    },
  };
}

/** (members) the probability to belong, without the rows of seeds. */
function probabilities(logProbabilities: Float32Array, { members }: ClusterBatch): Float32Array {
  const result = new Float32Array(members.length);
  let at = 0;
  for (let r = 0; r < members.length; r++) {
    if (members[r] !== -1) result[at++] = Math.exp(logProbabilities[2 * r + 1]);
  }
  return result.subarray(0, at);
}
