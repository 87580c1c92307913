import {
  linkProfileColumns,
  rowsOf,
  SimilarityProfiles,
  vertexProfileColumns,
  type Features,
  type KnnGraph,
} from '@l2c/core';
import type { ClusterBatch } from './cluster-graphs.js';

/** As far as profiles of similarities reach: a graph of larger k gives the same ones. */
const reach = 64;
/** A member is described by how many of its so many nearest neighbours are members, too. */
const [near, middle] = [8, 20];

/** Size; shares of neighbours and of members; similarities within and without; share of those that list it. */
const membershipColumns = 9;
export const memberProfileColumns = vertexProfileColumns + membershipColumns;
/** With a seed vertex, the profile of the link from it to the member is part of the row. */
export const seededProfileColumns = memberProfileColumns + linkProfileColumns;

/**
 * What a kNN graph says of the members of a cluster, whatever way the features are turned and however many dimensions they
 * have: the profile of each as an instance, and how it belongs. Of a whole identity without strangers, each member finds the
 * others among its nearest neighbours, they are most of those that list it, and the first neighbour outside is far.
 */
export class MemberProfiles {
  private readonly profiles: SimilarityProfiles;
  private readonly vertices: Features;
  private readonly lists: number;
  /** (n) instances that list each. */
  private readonly inLinks: Int32Array;
  /** (n) number of the graph an instance was last seen in, and how many of it list the instance. */
  private readonly graphOf: Int32Array;
  private readonly insideLinks: Int32Array;
  private graph = 0;

  /** O(n) time and memory. */
  constructor(private readonly knn: KnnGraph) {
    const { n, k, ids } = knn;
    this.profiles = new SimilarityProfiles(knn);
    this.vertices = this.profiles.vertices();
    this.lists = Math.min(reach, k);
    this.inLinks = new Int32Array(n);
    this.graphOf = new Int32Array(n);
    this.insideLinks = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      for (let e = i * k; e < i * k + this.lists && ids[e] !== -1; e++) this.inLinks[ids[e]]++;
    }
  }

  /**
   * (rows x {@link memberProfileColumns}) float32, or with seeds, a place among its members for each graph, x
   * {@link seededProfileColumns}. O(64) a row.
   */
  rows({ members, graph: { graphs } }: ClusterBatch, seeds?: Int32Array): Features {
    const columns = seeds === undefined ? memberProfileColumns : seededProfileColumns;
    const rows = new Float32Array(members.length * columns);
    for (let g = 0; g + 1 < graphs.length; g++) {
      const [first, last] = [graphs[g], graphs[g + 1]];
      this.enter(members.subarray(first, last));
      for (let r = first; r < last; r++) {
        rows.set(this.vertices.row(members[r]), r * columns);
        const from = r * columns + vertexProfileColumns;
        this.writeMembership(members[r], last - first, rows.subarray(from, from + membershipColumns));
      }
      if (seeds === undefined) continue;
      const nodes = members.subarray(first, last);
      const links = this.profiles.links(new Int32Array(nodes.length).fill(nodes[seeds[g]]), nodes);
      for (let r = first; r < last; r++) {
        const from = (r - first) * linkProfileColumns;
        rows.set(links.subarray(from, from + linkProfileColumns), r * columns + memberProfileColumns);
      }
    }
    return rowsOf(rows, columns);
  }

  /** Makes these the members that membership is about. */
  private enter(members: Int32Array): void {
    const { graphOf, insideLinks, lists } = this;
    const { k, ids } = this.knn;
    const graph = ++this.graph;
    for (const i of members) {
      graphOf[i] = graph;
      insideLinks[i] = 0;
    }
    for (const i of members) {
      for (let e = i * k; e < i * k + lists && ids[e] !== -1; e++) if (graphOf[ids[e]] === graph) insideLinks[ids[e]]++;
    }
  }

  private writeMembership(i: number, size: number, target: Float32Array): void {
    const { graphOf, graph, lists } = this;
    const { k, ids, similarities } = this.knn;
    let [nearby, midway, inside, listed, sum] = [0, 0, 0, 0, 0];
    let [bestInside, bestOutside] = [-1, -1];
    for (let p = 0; p < lists && ids[i * k + p] !== -1; p++, listed++) {
      const similarity = similarities[i * k + p];
      if (graphOf[ids[i * k + p]] !== graph) {
        bestOutside = Math.max(bestOutside, similarity);
        continue;
      }
      if (p < near) nearby++;
      if (p < middle) midway++;
      inside++;
      sum += similarity;
      bestInside = Math.max(bestInside, similarity);
    }
    target[0] = Math.log2(size);
    target[1] = nearby / Math.max(1, Math.min(near, listed));
    target[2] = midway / Math.max(1, Math.min(middle, listed));
    target[3] = inside / Math.max(1, listed);
    target[4] = size > 1 ? inside / Math.min(size - 1, lists) : 1;
    target[5] = inside > 0 ? sum / inside : 0;
    target[6] = bestOutside;
    target[7] = bestInside - bestOutside;
    target[8] = this.insideLinks[i] / Math.max(1, this.inLinks[i]);
  }
}
