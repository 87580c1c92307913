import { countsToOffsets, type Csr } from './csr.js';
import { UnionFind } from './union-find.js';

/** From this cosine on two instances are one picture twice: what is missing to 1 is rounding. */
export const copySimilarity = 1 - 1e-6;

/** Instances, those that are copies of each other taken as one node. */
export interface Copies {
  /** (n) int32 nodes, 0 .. count - 1 by first appearance: the nodes of the first instances come first. */
  readonly nodeOf: Int32Array;
  /** (count) int32 the first instance of each node. */
  readonly firsts: Int32Array;
  readonly count: number;
}

/**
 * Which of the n points of a kNN graph, or of links made of it, are copies of others; undefined where none is. `groups` ((m) int32, m <= n)
 * keeps points apart that are of different groups, and what is a copy of both goes with the one that is met first. O(m).
 */
export function findCopies(
  { n, offsets, targets }: Csr,
  similarities: Float32Array,
  groups: Int32Array = new Int32Array(0),
): Copies | undefined {
  if (!similarities.some((similarity, e) => similarity >= copySimilarity && targets[e] >= 0)) return undefined;
  const sets = new UnionFind(n);
  // of a set its group, by root; -1 where nothing in it has one
  const groupOf = new Int32Array(n).fill(-1);
  groupOf.set(groups);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (!(similarities[e] >= copySimilarity) || targets[e] < 0) continue;
      const [a, b] = [groupOf[sets.find(i)], groupOf[sets.find(targets[e])]];
      if (a === -1 || b === -1 || a === b) groupOf[sets.union(i, targets[e])] = Math.max(a, b);
    }
  }
  const nodeOf = new Int32Array(n);
  const nodes = new Int32Array(n).fill(-1);
  const firsts = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const root = sets.find(i);
    if (nodes[root] === -1) {
      firsts[count] = i;
      nodes[root] = count++;
    }
    nodeOf[i] = nodes[root];
  }
  return count === n ? undefined : { nodeOf, firsts: firsts.slice(0, count), count };
}

/** How many nodes the first `instances` are. O(log count). */
export function nodesAmong({ firsts, count }: Copies, instances: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firsts[middle] < instances) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Links with their scores. */
export interface ScoredLinks extends Csr {
  /** (m) float32. */
  readonly scores: Float32Array;
}

/**
 * What an automatic threshold of links is looked for in: the links of all instances, copies of each other taken as one node. Copies are bound
 * to each other at every threshold, so that they would be stable wherever one cuts. The links as given where no instance is a copy, and
 * where all are copies of one. O(n + m) time, 8 bytes a link.
 */
export function distinctLinks(links: Csr & { readonly similarities: Float32Array }, scores: Float32Array): ScoredLinks {
  const copies = findCopies(links, links.similarities);
  const distinct = copies && linksOfNodes(links, scores, copies);
  return distinct === undefined || distinct.scores.length === 0 ? { ...links, scores } : distinct;
}

/**
 * The links of nodes: of all that lead from the copies of one to those of another the best scored. Rows are in no order. Links between
 * copies are none. O(n + m) time, 8 bytes a link.
 */
export function linksOfNodes(links: Csr, scores: Float32Array, { nodeOf, count }: Copies): ScoredLinks {
  const { n, offsets, targets } = links;
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < n; i++) starts[nodeOf[i] + 1]++;
  countsToOffsets(starts);
  const cursor = starts.slice(0, count);
  const members = new Int32Array(n);
  for (let i = 0; i < n; i++) members[cursor[nodeOf[i]]++] = i;
  const rows = new Int32Array(count + 1);
  const ends = new Int32Array(offsets[n]);
  const best = new Float32Array(offsets[n]);
  const places = new Int32Array(count).fill(-1);
  let to = 0;
  for (let node = 0; node < count; node++) {
    for (let m = starts[node]; m < starts[node + 1]; m++) {
      for (let e = offsets[members[m]]; e < offsets[members[m] + 1]; e++) {
        const other = targets[e] < 0 ? node : nodeOf[targets[e]];
        if (other === node) continue;
        if (places[other] < rows[node]) {
          places[other] = to;
          ends[to] = other;
          best[to++] = scores[e];
        } else if (scores[e] > best[places[other]] || Number.isNaN(best[places[other]])) {
          best[places[other]] = scores[e];
        }
      }
    }
    rows[node + 1] = to;
  }
  return { n: count, offsets: rows, targets: ends.slice(0, to), scores: best.slice(0, to) };
}
