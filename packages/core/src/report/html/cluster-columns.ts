import type { Cohesion } from '../../cluster/cluster-cohesion.js';
import type { ClusterNeighbours } from '../../cluster/cluster-neighbours.js';
import { contingency } from '../../builtin/contingency.js';
import type { Labels } from '../../data/labels.js';
import { packIntegers, packReals } from './pack.js';
import type { ClustersData } from './report-data.js';

/** The list of clusters of two faces or more: size, cohesion, nearest cluster, and purity where identities are known. O(n). */
export function clusterColumns(
  { values: labels, clusters }: Labels,
  { sizes, similarities }: Cohesion,
  neighbours: ClusterNeighbours,
  truth: Int32Array | undefined,
): ClustersData {
  const listed = Int32Array.from({ length: clusters }, (_, cluster) => cluster).filter((cluster) => sizes[cluster] > 1);
  const nearest = new Int32Array(clusters).fill(-1);
  const nearestSimilarities = new Float32Array(clusters);
  neighbours.clusters.forEach((cluster, i) => {
    if (neighbours.k === 0) return;
    nearest[cluster] = neighbours.ids[i * neighbours.k];
    nearestSimilarities[cluster] = neighbours.similarities[i * neighbours.k];
  });
  const known = truth === undefined ? undefined : purities(labels, truth, clusters);
  const column = (values: Int32Array): ClustersData['ids'] => packIntegers(listed.map((cluster) => values[cluster]));
  const reals = (values: Float32Array): ClustersData['ids'] =>
    packReals(
      Float32Array.from(listed, (cluster) => values[cluster]),
      0.001,
    );
  return {
    ids: packIntegers(listed),
    sizes: column(sizes),
    similarities: reals(similarities),
    nearest: column(nearest),
    nearestSimilarities: reals(nearestSimilarities),
    ...(known && {
      identities: column(known.identities),
      purities: reals(known.purities),
      missed: column(known.missed),
    }),
  };
}

interface Purities {
  /** (clusters) identity of most faces, -1 where none is known. */
  readonly identities: Int32Array;
  /** (clusters) its share of the faces whose identity is known. */
  readonly purities: Float32Array;
  /** (clusters) faces of that identity in other clusters. */
  readonly missed: Int32Array;
}

function purities(labels: Int32Array, truth: Int32Array, clusters: number): Purities {
  const table = contingency(labels, truth);
  const names = new Int32Array(table.columns.length);
  let met = 0;
  const seen = new Map<number, number>();
  for (const identity of truth) {
    if (seen.has(identity)) continue;
    seen.set(identity, met);
    names[met++] = identity;
  }
  const identities = new Int32Array(clusters).fill(-1);
  const best = new Int32Array(clusters);
  const known = new Int32Array(clusters);
  const missed = new Int32Array(clusters);
  for (let c = 0; c < table.cells.length; c++) {
    const [cluster, column, count] = [table.cellRows[c], table.cellColumns[c], table.cells[c]];
    if (names[column] === -1) continue;
    known[cluster] = known[cluster] + count;
    if (count <= best[cluster]) continue;
    best[cluster] = count;
    identities[cluster] = names[column];
    missed[cluster] = table.columns[column] - count;
  }
  return {
    identities,
    missed,
    purities: Float32Array.from(best, (count, c) => (known[c] === 0 ? 0 : count / known[c])),
  };
}
