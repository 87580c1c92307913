import { exactNeighbours, type SearchServices } from '../compute/neighbours/exact-neighbours.js';
import { selectRows } from '../data/features.js';
import type { Cohesion } from './cluster-cohesion.js';

/** What a person should look at first, the most doubtful first. */
export interface Review {
  /** Clusters whose faces are least alike: they may be several people. */
  readonly loose: readonly { readonly cluster: number; readonly size: number; readonly similarity: number }[];
  /** Pairs of clusters whose faces are most alike: they may be one person. */
  readonly close: readonly {
    readonly clusters: readonly [number, number];
    readonly sizes: readonly [number, number];
    /** Mean cosine of the faces of one with those of the other. */
    readonly similarity: number;
  }[];
}

const mostListed = 5;
/** Neighbours of a cluster that are looked at. */
const neighbours = 4;

/** The loosest clusters and the closest pairs, of clusters of two faces or more. O(clusters² dim). */
export async function reviewOf(cohesion: Cohesion, services: SearchServices): Promise<Review> {
  const { sizes, similarities, centres } = cohesion;
  const joined = [...sizes.keys()].filter((cluster) => sizes[cluster] > 1);
  const loose = [...joined]
    .sort((a, b) => similarities[a] - similarities[b] || a - b)
    .slice(0, mostListed)
    .map((cluster) => ({ cluster, size: sizes[cluster], similarity: rounded(similarities[cluster]) }));
  if (joined.length < 2) return { loose, close: [] };
  const knn = await exactNeighbours(selectRows(centres, joined), Math.min(neighbours, joined.length - 1), services);
  const pairs: { clusters: [number, number]; sizes: [number, number]; similarity: number }[] = [];
  for (let i = 0; i < joined.length; i++) {
    for (let e = i * knn.k; e < (i + 1) * knn.k; e++) {
      const j = knn.ids[e];
      if (j === -1 || (j < i && lists(knn, j, i))) continue;
      const [a, b] = [joined[Math.min(i, j)], joined[Math.max(i, j)]];
      const similarity = knn.similarities[e] * spanOf(cohesion, a) * spanOf(cohesion, b);
      pairs.push({ clusters: [a, b], sizes: [sizes[a], sizes[b]], similarity: rounded(similarity) });
    }
  }
  pairs.sort((p, q) => q.similarity - p.similarity || p.clusters[0] - q.clusters[0] || p.clusters[1] - q.clusters[1]);
  return { loose, close: pairs.slice(0, mostListed) };
}

/** Length of the mean of a cluster's faces: 1 where they are all the same. */
function spanOf({ sizes, similarities }: Cohesion, cluster: number): number {
  const size = sizes[cluster];
  return Math.sqrt(Math.max(0, (1 + (size - 1) * similarities[cluster]) / size));
}

function lists({ k, ids }: { readonly k: number; readonly ids: Int32Array }, i: number, j: number): boolean {
  return ids.subarray(i * k, (i + 1) * k).includes(j);
}

function rounded(similarity: number): number {
  return Number(similarity.toFixed(4));
}
