import type { ClusterProposals, Random, RowSource } from '@l2c/core';
import type { ClusterBatch, ClusterGraphs } from './cluster-graphs.js';

/** How the vertex is chosen whose identity decides who belongs. */
export const seedChoices = ['random', 'max-degree', 'none'] as const;
export type SeedChoice = (typeof seedChoices)[number];

/**
 * (numbers) a place among the members of each proposal, as good as random: by the smallest hash of instance, seed and try, so it
 * depends neither on the order of members nor on other proposals.
 */
export function hashedSeeds(
  { offsets, members }: ClusterProposals,
  numbers: Int32Array,
  seed: number,
  attempt: number,
): Int32Array {
  return numbers.map((p) => {
    let [best, lowest] = [0, Infinity];
    for (let m = offsets[p]; m < offsets[p + 1]; m++) {
      const hash = hashOf(members[m], seed, attempt);
      if (hash < lowest) [best, lowest] = [m - offsets[p], hash];
    }
    return best;
  });
}

/** (numbers) the place of a member of each proposal that `isWanted`, drawn at random; 0 where there is none. */
export function drawnSeeds(
  { offsets, members }: ClusterProposals,
  numbers: Int32Array,
  random: Random,
  isWanted: (instance: number) => boolean,
): Int32Array {
  return numbers.map((p) => {
    const places = Int32Array.from({ length: offsets[p + 1] - offsets[p] }, (_, m) => m);
    const wanted = places.filter((m) => isWanted(members[offsets[p] + m]));
    return wanted.length === 0 ? 0 : wanted[random.integer(wanted.length)];
  });
}

/** (numbers) the place of the member of each proposal whose links, of those that `isWanted`, weigh most; the first of equal ones. */
export function strongestSeeds(
  graphs: ClusterGraphs,
  numbers: Int32Array,
  isWanted: (instance: number) => boolean = () => true,
): Int32Array {
  const { graph, members } = graphs.batch(numbers);
  const { offsets, weights } = graph.adjacency;
  return numbers.map((_, g) => {
    let [best, least] = [0, Infinity];
    for (let r = graph.graphs[g]; r < graph.graphs[g + 1]; r++) {
      // its loop, first in the row, is 1 divided by the sum of the row
      if (weights[offsets[r]] >= least || !isWanted(members[r])) continue;
      [best, least] = [r - graph.graphs[g], weights[offsets[r]]];
    }
    return best;
  });
}

/** Rows with a last column that is 1 for the seed of each graph, else 0. */
export function seededRows(rows: RowSource, { graph }: ClusterBatch, seeds: Int32Array): RowSource {
  const { n, dim } = rows;
  const isSeed = new Uint8Array(n);
  seeds.forEach((seed, g) => (isSeed[graph.graphs[g] + seed] = 1));
  return {
    n,
    dim: dim + 1,
    copyRows(start, end, target) {
      const plain = new Float32Array((end - start) * dim);
      rows.copyRows(start, end, plain);
      for (let r = 0; r < end - start; r++) {
        target.set(plain.subarray(r * dim, (r + 1) * dim), r * (dim + 1));
        target[r * (dim + 1) + dim] = isSeed[start + r];
      }
    },
  };
}

function hashOf(instance: number, seed: number, attempt: number): number {
  let hash = Math.imul(instance + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(attempt + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
