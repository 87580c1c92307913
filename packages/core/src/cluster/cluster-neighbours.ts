import { exactNeighbours, type SearchServices } from '../compute/neighbours/exact-neighbours.js';
import { selectRows } from '../data/features.js';
import { descendingOrder } from '../graph/descending-order.js';
import type { Cohesion } from './cluster-cohesion.js';

/** Clusters of two faces or more, and those most like each. */
export interface ClusterNeighbours {
  /** (clusters compared) ascending. */
  readonly clusters: Int32Array;
  /** Neighbours of each; 0 where fewer than two were compared. */
  readonly k: number;
  /** (clusters compared x k) clusters, most alike first. */
  readonly ids: Int32Array;
  /** (clusters compared x k) mean cosine of the faces of the one with those of the other. */
  readonly similarities: Float32Array;
}

const neighbours = 4;
/** All pairs of more would take longer than the clustering: the largest are compared. */
const mostCompared = 50_000;

/** The nearest clusters of each. O(clusters² dim), of at most 50,000 clusters. */
export async function clusterNeighbours(cohesion: Cohesion, services: SearchServices): Promise<ClusterNeighbours> {
  const clusters = compared(cohesion.sizes);
  const k = Math.min(neighbours, clusters.length - 1);
  if (k < 1) return { clusters, k: 0, ids: new Int32Array(0), similarities: new Float32Array(0) };
  const knn = await exactNeighbours(selectRows(cohesion.centres, clusters), k, services);
  const ids = new Int32Array(knn.ids.length).fill(-1);
  const similarities = new Float32Array(knn.ids.length).fill(-Infinity);
  const row = new Float32Array(k);
  for (let i = 0; i < clusters.length; i++) {
    const at = i * k;
    const own = spanOf(cohesion, clusters[i]);
    for (let e = 0; e < k; e++) {
      const j = knn.ids[at + e];
      row[e] = j === -1 ? -Infinity : knn.similarities[at + e] * own * spanOf(cohesion, clusters[j]);
    }
    // by means of faces the order may differ from that by centres
    descendingOrder(row).forEach((from, to) => {
      const j = knn.ids[at + from];
      if (j === -1) return;
      ids[at + to] = clusters[j];
      similarities[at + to] = row[from];
    });
  }
  return { clusters, k, ids, similarities };
}

function compared(sizes: Int32Array): Int32Array {
  const joined = Int32Array.from(sizes.keys()).filter((cluster) => sizes[cluster] > 1);
  if (joined.length <= mostCompared) return joined;
  const order = descendingOrder(Float32Array.from(joined, (cluster) => sizes[cluster]));
  return order
    .subarray(0, mostCompared)
    .map((at) => joined[at])
    .sort();
}

/** Length of the mean of a cluster's faces: 1 where they are all the same. */
export function spanOf({ sizes, similarities }: Cohesion, cluster: number): number {
  const size = sizes[cluster];
  return Math.sqrt(Math.max(0, (1 + (size - 1) * similarities[cluster]) / size));
}
