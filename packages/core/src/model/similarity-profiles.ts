import { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';

/** Profiles look at so many neighbours of an instance, at most: a graph of larger k gives the same ones. */
const reach = 64;
/** Neighbours whose similarity an instance is described by, counted from 1. */
const landmarks = [1, 2, 4, 8, 16, 32, 64];
/** Two instances are compared by how many of their first neighbours they share. */
const [near, middle] = [8, 20];
const leastSpread = 1e-3;
const mostDeviations = 10;

const summaryColumns = landmarks.length + 2;
const overlapColumns = 4;
/** Similarity, both ranks, overlaps, both deviations, and both instances' landmarks. */
export const linkProfileColumns = 5 + overlapColumns + 2 * landmarks.length;
/** Landmarks, mean, spread, in-links, and means over the nearest neighbours: rank back and overlaps. */
export const vertexProfileColumns = summaryColumns + 2 + overlapColumns;

/**
 * What a kNN graph says of its instances and links whatever way the features are turned and however many dimensions they
 * have: similarities, ranks, shared neighbours. A model that reads these can't memorise positions, so it learns from few
 * identities what holds for others. Ranks both ways are those of Rank-Order clustering (Zhu et al., CVPR 2011), shared
 * neighbours those of Jarvis & Patrick (IEEE Trans. Computers, 1973), deviations from the local mean a local scaling
 * (Zelnik-Manor & Perona, NIPS 2004).
 *
 * One reader at a time: it keeps the list of the current pivot.
 */
export class SimilarityProfiles {
  private readonly lists: number;
  /** (n x summaryColumns) landmarks, mean and spread of the first similarities. */
  private readonly summaries: Float32Array;
  /** (n) length of the list of squared similarities, the instance itself among them with 1. */
  private readonly norms: Float32Array;
  /** (n) 1 + the place of an instance in the list of the current pivot, itself at 1; 0 = not in it. */
  private readonly places: Int32Array;
  private pivot = -1;
  private readonly overlap: Overlap = { rank: 0, near: 0, middle: 0, all: 0, weighted: 0 };

  /** O(n) time and memory. */
  constructor(private readonly knn: KnnGraph) {
    const { n, k } = knn;
    this.lists = Math.min(reach, k);
    this.summaries = new Float32Array(n * summaryColumns);
    this.norms = new Float32Array(n);
    this.places = new Int32Array(n);
    for (let i = 0; i < n; i++) this.summarise(i);
  }

  /**
   * (rows x {@link linkProfileColumns}) float32: the profile of the link from pivots[r] to members[r], which may be the same
   * instance. Fast where rows of one pivot follow each other: O(64) a row.
   */
  links(pivots: Int32Array, members: Int32Array): Float32Array {
    const rows = new Float32Array(members.length * linkProfileColumns);
    for (let r = 0; r < members.length; r++) this.writeLink(pivots[r], members[r], rows, r * linkProfileColumns);
    return rows;
  }

  /** (n x {@link vertexProfileColumns}) a profile per instance. O(n) time and memory. */
  vertices(): Features {
    const { n, k, ids } = this.knn;
    const result = Features.allocate(n, vertexProfileColumns);
    const inLinks = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      for (let e = i * k; e < i * k + this.lists && ids[e] !== -1; e++) inLinks[ids[e]]++;
    }
    for (let i = 0; i < n; i++) {
      const row = result.row(i);
      row.set(this.summaries.subarray(i * summaryColumns, (i + 1) * summaryColumns));
      row[summaryColumns] = Math.log2(1 + inLinks[i]) / Math.log2(1 + reach);
      this.writeNeighbourhood(i, row.subarray(summaryColumns + 1));
    }
    return result;
  }

  private summarise(i: number): void {
    const { k, ids, similarities } = this.knn;
    const start = i * k;
    let [count, sum, squares, norm] = [0, 0, 0, 1];
    for (let e = start; e < start + this.lists && ids[e] !== -1; e++) {
      const similarity = similarities[e];
      sum += similarity;
      squares += similarity * similarity;
      norm += weightOf(similarity) ** 2;
      count++;
    }
    const at = i * summaryColumns;
    landmarks.forEach((landmark, column) => {
      if (count > 0) this.summaries[at + column] = similarities[start + Math.min(landmark, count) - 1];
    });
    const mean = count > 0 ? sum / count : 0;
    this.summaries[at + landmarks.length] = mean;
    this.summaries[at + landmarks.length + 1] = count > 0 ? Math.sqrt(Math.max(0, squares / count - mean * mean)) : 0;
    this.norms[i] = Math.sqrt(norm);
  }

  private writeLink(i: number, j: number, rows: Float32Array, at: number): void {
    this.turnTo(i);
    const overlap = this.compare(j);
    const place = this.places[j];
    const similarity = this.similarity(i, j, place);
    rows[at] = similarity;
    rows[at + 1] = rankValue(place === 0 ? reach + 1 : place - 1);
    rows[at + 2] = rankValue(overlap.rank);
    rows[at + 3] = overlap.near;
    rows[at + 4] = overlap.middle;
    rows[at + 5] = overlap.all;
    rows[at + 6] = overlap.weighted;
    rows[at + 7] = this.deviation(similarity, i);
    rows[at + 8] = this.deviation(similarity, j);
    for (let l = 0; l < landmarks.length; l++) {
      rows[at + 9 + l] = this.summaries[i * summaryColumns + l];
      rows[at + 9 + landmarks.length + l] = this.summaries[j * summaryColumns + l];
    }
  }

  /** The means over the nearest neighbours of an instance. */
  private writeNeighbourhood(i: number, target: Float32Array): void {
    const { k, ids } = this.knn;
    this.turnTo(i);
    let count = 0;
    for (let e = i * k; e < i * k + Math.min(near, this.lists) && ids[e] !== -1; e++) {
      const overlap = this.compare(ids[e]);
      target[0] += rankValue(overlap.rank);
      target[1] += overlap.near;
      target[2] += overlap.middle;
      target[3] += overlap.all;
      target[4] += overlap.weighted;
      count++;
    }
    if (count > 0) for (let c = 0; c <= overlapColumns; c++) target[c] /= count;
  }

  private deviation(similarity: number, i: number): number {
    const at = i * summaryColumns + landmarks.length;
    const deviation = (similarity - this.summaries[at]) / Math.max(leastSpread, this.summaries[at + 1]);
    return Math.max(-mostDeviations, Math.min(mostDeviations, deviation));
  }

  /** Of two neighbours; the least that the list of the pivot has where one is beyond it. */
  private similarity(i: number, j: number, place: number): number {
    if (i === j) return 1;
    const { k, similarities, ids } = this.knn;
    if (place > 0) return similarities[i * k + place - 2];
    for (let e = i * k + this.lists; e < (i + 1) * k && ids[e] !== -1; e++) if (ids[e] === j) return similarities[e];
    return this.summaries[i * summaryColumns + landmarks.length - 1];
  }

  private turnTo(i: number): void {
    if (i === this.pivot) return;
    if (this.pivot >= 0) this.mark(this.pivot, false);
    this.mark(i, true);
    this.pivot = i;
  }

  private mark(i: number, present: boolean): void {
    const { k, ids } = this.knn;
    this.places[i] = present ? 1 : 0;
    for (let p = 0; p < this.lists; p++) {
      const j = ids[i * k + p];
      if (j === -1) break;
      this.places[j] = present ? p + 2 : 0;
    }
  }

  /** What the lists of the pivot and of j share, each with its owner in front. Valid until the next call. */
  private compare(j: number): Overlap {
    const { knn, lists, places, overlap, pivot: i } = this;
    const { k, ids, similarities } = knn;
    let [nearby, midway, all, weighted] = [0, 0, 0, 0];
    overlap.rank = i === j ? 0 : reach + 1;
    for (let p = 0; p <= lists; p++) {
      const x = p === 0 ? j : ids[j * k + p - 1];
      if (x === -1) break;
      if (x === i) overlap.rank = p;
      const place = places[x];
      if (place === 0) continue;
      const farther = Math.max(place - 1, p);
      if (farther <= near) nearby++;
      if (farther <= middle) midway++;
      all++;
      const own = place === 1 ? 1 : weightOf(similarities[i * k + place - 2]);
      weighted += own * (p === 0 ? 1 : weightOf(similarities[j * k + p - 1]));
    }
    overlap.near = nearby / (1 + Math.min(near, lists));
    overlap.middle = midway / (1 + Math.min(middle, lists));
    overlap.all = all / (1 + lists);
    overlap.weighted = weighted / (this.norms[i] * this.norms[j]);
    return overlap;
  }
}

/** Shares of two lists of neighbours. */
interface Overlap {
  /** Place of the pivot in the other's list; beyond the reach where it isn't there. */
  rank: number;
  near: number;
  middle: number;
  all: number;
  /** Cosine of the lists as vectors of squared similarities. */
  weighted: number;
}

function weightOf(similarity: number): number {
  return similarity > 0 ? similarity * similarity : 0;
}

/** 0 for the instance itself, 1 for a rank beyond the reach. */
function rankValue(rank: number): number {
  return Math.log2(1 + rank) / Math.log2(2 + reach);
}
