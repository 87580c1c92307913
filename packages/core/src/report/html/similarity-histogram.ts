import type { Cohesion } from '../../cluster/cluster-cohesion.js';
import type { ClusterNeighbours } from '../../cluster/cluster-neighbours.js';
import type { Features } from '../../data/features.js';
import type { SimilaritiesData } from './report-data.js';

const bins = 60;

/**
 * How alike faces are inside clusters and to the nearest other cluster, face by face; of clusters of two or more that were compared. The
 * mean cosine of unit rows with those of a cluster is the inner product with their mean. O(n dim).
 */
export function similarityHistogram(
  features: Features,
  labels: Int32Array,
  { sizes, fits, similarities, centres }: Cohesion,
  neighbours: ClusterNeighbours,
): SimilaritiesData {
  const nearest = new Int32Array(sizes.length).fill(-1);
  neighbours.clusters.forEach(
    (cluster, i) => (nearest[cluster] = neighbours.k === 0 ? -1 : neighbours.ids[i * neighbours.k]),
  );
  const span = (cluster: number): number =>
    Math.sqrt(Math.max(0, (1 + (sizes[cluster] - 1) * similarities[cluster]) / sizes[cluster]));
  const own = new Float32Array(features.n);
  const other = new Float32Array(features.n).fill(NaN);
  let [faces, astray] = [0, 0];
  let [low, high] = [1, -1];
  for (let i = 0; i < features.n; i++) {
    const cluster = labels[i];
    const size = sizes[cluster];
    if (size < 2) {
      own[i] = NaN;
      continue;
    }
    // the sum of its cluster holds the face itself
    own[i] = (fits[i] * span(cluster) * size - 1) / (size - 1);
    faces++;
    const near = nearest[cluster];
    if (near !== -1) {
      other[i] = dot(features.row(i), centres.row(near)) * span(near);
      if (other[i] > own[i]) astray++;
    }
    low = Math.min(low, own[i], near === -1 ? 1 : other[i]);
    high = Math.max(high, own[i], near === -1 ? -1 : other[i]);
  }
  if (low >= high) [low, high] = [Math.max(-1, low - 0.5), Math.min(1, high + 0.5)];
  const shares = (values: Float32Array): number[] => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)))]++;
    }
    return counts.map((count) => (faces === 0 ? 0 : count / faces));
  };
  return { low, high, own: shares(own), other: shares(other), astray: faces === 0 ? 0 : astray / faces };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c] * b[c];
  return sum;
}
