import { Features, normalise } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { ClusterProposals, EdgeProposals } from '../data/proposals.js';
import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import { createRandom } from '../stages/random.js';
import { bruteForceKnn } from './brute-force-knn.js';

export interface TinyFacesOptions {
  /** Instances of each identity. Default: [6, 5, 4, 3, 1, 1], which has both a large identity and singletons. */
  readonly sizes?: readonly number[];
  /** Default 16. */
  readonly dim?: number;
  /** Neighbours per instance in `knn`. Default 7: more than any identity offers, so that some edges are wrong. */
  readonly k?: number;
  /** Length of the noise beside the unit length of an identity's centre. Default 0.5: separable, not trivially. */
  readonly noise?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A labelled data set small enough to print, and everything a stage of any kind takes. */
export interface TinyFaces {
  readonly n: number;
  readonly dim: number;
  /** (n x dim) unit rows; instances of all identities interleaved. */
  readonly features: Features;
  /** (n) true identities, 0 .. sizes.length - 1. */
  readonly truth: Int32Array;
  /** Exact neighbours, see {@link bruteForceKnn}. */
  readonly knn: KnnGraph;
  /** Every link of `knn`. */
  readonly edges: EdgeProposals;
  /** Overlapping sets: each identity, half of it, it and a stranger, and the first two identities as one. */
  readonly clusters: ClusterProposals;
  /** Disjoint sets that cover every instance: the identities themselves. */
  readonly identities: ClusterProposals;
  /** (n) confidence per instance: the mean similarity to its neighbours. */
  readonly confidence: Float32Array;
}

/** A deterministic data set: the same options give the same bytes on every machine. */
export function tinyFaces(options: TinyFacesOptions = {}): TinyFaces {
  const { sizes = [6, 5, 4, 3, 1, 1], dim = 16, k = 7, noise = 0.5, seed = 1 } = options;
  const random = createRandom(seed);
  const truth = Int32Array.from(
    random.shuffle(sizes.flatMap((size, identity) => new Array<number>(size).fill(identity))),
  );
  const centres = sizes.map(() => direction(dim, () => random.normal()));
  const values: number[] = [];
  for (const identity of truth) {
    const away = direction(dim, () => random.normal());
    values.push(...centres[identity].map((value, c) => value + noise * away[c]));
  }
  const features = normalise(Features.from(values, dim));
  const knn = bruteForceKnn(features, k);
  const members = sizes.map((_, identity) => [...truth.keys()].filter((i) => truth[i] === identity));
  return {
    n: truth.length,
    dim,
    features,
    truth: sharedInt32(truth.length)
      .fill(0)
      .map((_, i) => truth[i]),
    knn,
    edges: edgesOf(knn),
    clusters: toClusterProposals(truth.length, overlapping(members, truth.length)),
    identities: toClusterProposals(truth.length, members),
    confidence: meanSimilarity(knn),
  };
}

/** Cluster proposals of plain lists of members, for toys written by hand. */
export function toClusterProposals(n: number, sets: readonly (readonly number[])[]): ClusterProposals {
  const offsets = sharedInt32(sets.length + 1);
  sets.forEach((set, p) => (offsets[p + 1] = offsets[p] + set.length));
  const members = sharedInt32(offsets[sets.length]);
  members.set(sets.flat());
  return { kind: 'clusters', n, offsets, members };
}

/** Edge proposals of `[source, target, similarity]` in any order, for toys written by hand. Nothing is mirrored. */
export function toEdgeProposals(n: number, links: readonly (readonly [number, number, number])[]): EdgeProposals {
  const sorted = [...links].sort((a, b) => a[0] - b[0] || b[2] - a[2] || a[1] - b[1]);
  const offsets = sharedInt32(n + 1);
  for (const [source] of sorted) offsets[source + 1]++;
  for (let i = 0; i < n; i++) offsets[i + 1] += offsets[i];
  const targets = sharedInt32(sorted.length);
  const similarities = sharedFloat32(sorted.length);
  sorted.forEach(([, target, similarity], e) => {
    targets[e] = target;
    similarities[e] = similarity;
  });
  return { kind: 'edges', n, offsets, targets, similarities };
}

function edgesOf(knn: KnnGraph): EdgeProposals {
  const links: [number, number, number][] = [];
  for (let i = 0; i < knn.n; i++) {
    for (let e = i * knn.k; e < (i + 1) * knn.k; e++) {
      if (knn.ids[e] >= 0) links.push([i, knn.ids[e], knn.similarities[e]]);
    }
  }
  return toEdgeProposals(knn.n, links);
}

function overlapping(identities: readonly (readonly number[])[], n: number): number[][] {
  const sets: number[][] = [];
  for (const members of identities.filter((list) => list.length > 1)) {
    sets.push([...members], members.slice(0, Math.ceil(members.length / 2)));
    const stranger = Array.from({ length: n }, (_, i) => i).find((i) => !members.includes(i));
    if (stranger !== undefined) sets.push([...members, stranger].sort((a, b) => a - b));
  }
  if (identities.length > 1) sets.push([...identities[0], ...identities[1]].sort((a, b) => a - b));
  return sets;
}

function meanSimilarity(knn: KnnGraph): Float32Array {
  const result = sharedFloat32(knn.n);
  for (let i = 0; i < knn.n; i++) {
    const row = knn.similarities.subarray(i * knn.k, (i + 1) * knn.k).filter((similarity) => similarity > -Infinity);
    result[i] = row.length === 0 ? 0 : row.reduce((sum, similarity) => sum + similarity, 0) / row.length;
  }
  return result;
}

function direction(dim: number, normal: () => number): number[] {
  const values = Array.from({ length: dim }, normal);
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}
