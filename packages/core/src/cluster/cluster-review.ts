import type { ClusterAnalysis } from './cluster-analysis.js';
import type { Cohesion } from './cluster-cohesion.js';
import type { ClusterNeighbours } from './cluster-neighbours.js';
import type { Split } from './cluster-splits.js';

/** What a person should look at first, the most doubtful first. */
export interface Review {
  /** Clusters that fall apart in two unlike parts where one link is cut: they may be two people. Links are rows of the file. */
  readonly splits: readonly Split[];
  /** Pairs of clusters whose faces are most alike: they may be one person. */
  readonly close: readonly ClosePair[];
}

export interface ClosePair {
  readonly clusters: readonly [number, number];
  readonly sizes: readonly [number, number];
  /** Mean cosine of the faces of one with those of the other. */
  readonly similarity: number;
}

const mostListed = 5;

/** The most doubtful clusters; `rows` are those of the file. */
export function reviewOf({ cohesion, neighbours, splits }: ClusterAnalysis, rows: Int32Array): Review {
  const listed = splits.slice(0, mostListed).map(({ link: [a, b], score, inside, across, ...split }) => ({
    ...split,
    link: [rows[a], rows[b]] as const,
    score: rounded(score),
    inside: rounded(inside),
    across: rounded(across),
  }));
  return { splits: listed, close: closePairs(cohesion, neighbours, mostListed) };
}

/**
 * The pairs of clusters whose faces are most alike, at most `most`: by their similarity as a share of that inside the looser cluster, since
 * faces of a person who is hard to recognise are not very alike anywhere.
 */
export function closePairs(
  { sizes, similarities: own }: Cohesion,
  neighbours: ClusterNeighbours,
  most: number,
): ClosePair[] {
  const { clusters, k, ids, similarities } = neighbours;
  const rows = new Map([...clusters].map((cluster, i) => [cluster, i]));
  const pairs: ClosePair[] = [];
  for (let i = 0; i < clusters.length; i++) {
    for (let e = i * k; e < (i + 1) * k; e++) {
      const [from, to] = [clusters[i], ids[e]];
      if (to === -1 || (to < from && lists(neighbours, rows.get(to)!, from))) continue;
      const pair: [number, number] = [Math.min(from, to), Math.max(from, to)];
      pairs.push({ clusters: pair, sizes: [sizes[pair[0]], sizes[pair[1]]], similarity: rounded(similarities[e]) });
    }
  }
  const likeness = ({ clusters: [a, b], similarity }: ClosePair): number =>
    similarity / Math.max(0.01, Math.min(own[a], own[b]));
  pairs.sort((p, q) => likeness(q) - likeness(p) || p.clusters[0] - q.clusters[0] || p.clusters[1] - q.clusters[1]);
  return pairs.slice(0, most);
}

function lists({ k, ids }: ClusterNeighbours, row: number, cluster: number): boolean {
  return ids.subarray(row * k, (row + 1) * k).includes(cluster);
}

function rounded(similarity: number): number {
  return Number(similarity.toFixed(4));
}
